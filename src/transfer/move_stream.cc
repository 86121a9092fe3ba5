#include "transfer/move_stream.h"

#include <algorithm>

#include "transfer/copy_pump.h"
#include "transfer/narrowed_readiness.h"
#include "transfer/splice_pump.h"

namespace sluice {

namespace {

// The route to begin with.
Route choose(Passage& passage, const OpenSink& sink, uint64_t length) noexcept {
  const bool spliceable =
      std::holds_alternative<StreamSink>(sink) || std::holds_alternative<FileSink>(sink);
  const Route asked = passage.route();
  const bool splices = asked == Route::kSplice || asked == Route::kRingSplice;
  if (asked == Route::kCopy || (splices && spliceable)) return asked;
  if (asked != Route::kAuto) passage.unsuitable(length);
  return spliceable ? Route::kSplice : Route::kCopy;
}

// REQUIRES: the sink is a stream or a file.
Task<Outcome<PumpEnd>> splice(StreamSource& source, OpenSink& sink, uint64_t& left, Route route) {
  if (auto* file = std::get_if<FileSink>(&sink)) {
    return source.is_pipe() ? splice_pipe_to_file(source, *file, left, route)
                            : splice_to_file(source, *file, left, route);
  }
  auto& stream = *std::get_if<StreamSink>(&sink);
  return source.is_pipe() || stream.is_pipe() ? splice_streams(source, stream, left, route)
                                              : splice_to_socket(source, stream, left, route);
}

}  // namespace

Task<Outcome<void>> move_stream(Passage& passage, StreamSource& source, OpenSink& sink,
                                uint64_t length) {
  const Route route = choose(passage, sink, length);
  passage.begins_by(route);
  if (route != Route::kCopy) {
    Task<Outcome<PumpEnd>> splicing = splice(source, sink, length, route);
    const Outcome<PumpEnd> end = co_await splicing;
    if (!end) co_return std::unexpected(end.error());
    if (*end == PumpEnd::kDone) co_return Outcome<void>();
    passage.context().counters.fell_back(*end == PumpEnd::kNoPipe ? Fallback::kNoPipe
                                                                  : Fallback::kNotSpliceable);
  }
  Task<Outcome<void>> copying = copy_bytes(passage, source, end_of(sink), length);
  co_return co_await copying;
}

namespace {

// What lies in the server's buffers.
Task<Outcome<void>> move_arrived(Passage& passage, ContentReader& content, OpenSink& sink,
                                 uint64_t& left) {
  while (left > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return may;
    const Result<std::string_view> arrived = content.read_arrived();
    if (!arrived) co_return passage.failure(arrived.error(), TransferEnd::kSource);
    if (arrived->empty()) break;
    const std::string_view piece = arrived->substr(0, left);
    content.give_back(arrived->size() - piece.size());
    left -= piece.size();
    Task<Outcome<void>> writing = end_of(sink).write(piece);
    if (const Outcome<void> written = co_await writing; !written) co_return written;
  }
  co_return Outcome<void>();
}

// The next piece that the server takes off the socket itself.
Task<Outcome<void>> move_piece(Passage& passage, ContentReader& content, OpenSink& sink,
                               uint64_t& left) {
  Task<Result<std::string_view>> reading = content.read();
  const Result<std::string_view> read = co_await reading;
  if (!read) co_return passage.failure(read.error(), TransferEnd::kSource);
  const std::string_view piece = read->substr(0, left);
  content.give_back(read->size() - piece.size());
  left -= piece.size();
  Task<Outcome<void>> writing = end_of(sink).write(piece);
  co_return co_await writing;
}

}  // namespace

Task<Outcome<void>> move_content(Passage& passage, ContentReader& content, OpenSink& sink,
                                 uint64_t length) {
  bool parsed = false;
  while (true) {
    Task<Outcome<void>> arriving = move_arrived(passage, content, sink, length);
    if (const Outcome<void> arrived = co_await arriving; !arrived) co_return arrived;
    if (length == 0 || content.complete()) break;

    if (!parsed) {
      Task<Result<Readiness*>> asking = content.socket();
      const Result<Readiness*> socket = co_await asking;
      if (!socket) co_return passage.failure(socket.error(), TransferEnd::kSource);
      if (*socket != nullptr) {
        NarrowedReadiness readiness(passage.bounds(), **socket);
        StreamSource source(passage, readiness, StreamSource::Kind::kSocket, &content);
        Task<Outcome<void>> moving = move_stream(passage, source, sink, length);
        co_return co_await moving;
      }
      parsed = !content.length();
      if (parsed) {
        passage.begins_by(Route::kCopy);
        passage.context().counters.fell_back(Fallback::kParsedContent);
      }
    }
    Task<Outcome<void>> moving = move_piece(passage, content, sink, length);
    if (const Outcome<void> moved = co_await moving; !moved) co_return moved;
  }
  // All of it came with the head.
  passage.begins_by(Route::kCopy);
  if (!parsed && !content.length()) passage.context().counters.fell_back(Fallback::kParsedContent);
  co_return Outcome<void>();
}

}  // namespace sluice
