#include <sluice/transfer.h>

namespace sluice {

Sink Sink::file(int fd, uint64_t offset) noexcept { return Sink(File{fd, offset}); }

Sink Sink::socket(int fd) noexcept { return Sink(Socket{fd}); }

Sink Sink::pipe(int fd) noexcept { return Sink(Pipe{fd}); }

Sink Sink::memory(std::span<char> bytes) noexcept { return Sink(bytes); }

Sink Sink::string(std::string& text, uint64_t limit_bytes) noexcept {
  return Sink(String{&text, limit_bytes});
}

Sink Sink::response(ResponseStream& stream) noexcept { return Sink(Stream{&stream}); }

}  // namespace sluice
