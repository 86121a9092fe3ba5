#include "transfer/copy_pump.h"

#include <algorithm>
#include <memory>

namespace sluice {

namespace {

// The most that is read into a sink, or written out of a source, at once.
constexpr uint64_t kPieceBytes = 1024 * 1024;

}  // namespace

Task<Outcome<void>> copy_bytes(Passage& passage, SourceEnd& source, SinkEnd& sink,
                               uint64_t length) {
  std::unique_ptr<char[]> buffer;
  while (length > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return may;

    std::span<char> into;
    if (!source.in_memory()) {
      into = sink.room();
      if (into.empty()) {
        if (!buffer) buffer = std::make_unique_for_overwrite<char[]>(kCopyBufferBytes);
        into = {buffer.get(), kCopyBufferBytes};
      }
    }
    Task<Outcome<std::string_view>> reading = source.read(into, std::min(length, kPieceBytes));
    const Outcome<std::string_view> piece = co_await reading;
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) break;
    length -= piece->size();

    if (!source.in_memory() && into.data() != buffer.get()) {
      sink.filled(piece->size());
      continue;
    }
    Task<Outcome<void>> writing = sink.write(*piece);
    if (const Outcome<void> written = co_await writing; !written) co_return written;
  }
  co_return Outcome<void>();
}

}  // namespace sluice
