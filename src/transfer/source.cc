#include <utility>

#include <sluice/transfer.h>

namespace sluice {

// Where GCC 12 sees into these it takes what the variant does not hold for uninitialised.
Source::Source(const Source& other) = default;
Source::Source(Source&& other) noexcept = default;
Source& Source::operator=(const Source& other) = default;
Source& Source::operator=(Source&& other) noexcept = default;
Source::~Source() = default;

Source Source::file(int fd) noexcept { return Source(File{fd}); }

Source Source::socket(int fd) noexcept { return Source(Socket{fd}); }

Source Source::pipe(int fd) noexcept { return Source(Pipe{fd}); }

Source Source::memory(std::string_view bytes) noexcept { return Source(bytes); }

Source Source::owned(std::string bytes) {
  return Source(std::make_shared<const std::string>(std::move(bytes)));
}

Source Source::memory(SharedMemory bytes) noexcept { return Source(std::move(bytes)); }

Source Source::content(RequestContent& content) noexcept { return Source(Content{&content}); }

Source Source::list(std::vector<Source> parts) {
  return Source(List{std::make_shared<const std::vector<Source>>(std::move(parts))});
}

}  // namespace sluice
