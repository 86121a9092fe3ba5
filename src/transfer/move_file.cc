#include "transfer/move_file.h"

#include <algorithm>

#include "transfer/copy_pump.h"
#include "transfer/file_to_file.h"
#include "transfer/narrowed_readiness.h"
#include "transfer/send_file.h"
#include "transfer/source_end.h"
#include "transfer/splice_pump.h"

namespace sluice {

namespace {

// How much is sent between two calls of TransferOptions::progress.
constexpr uint64_t kProgressBytes = 1024 * 1024;

uint64_t step_bytes(const Passage& passage) noexcept {
  if (passage.tells_progress()) return kProgressBytes;
  return passage.one_time() ? DropBehind::kStepBytes : UINT64_MAX;
}

Route choose_for_socket(Passage& passage, OutgoingFile& file) noexcept {
  if (passage.route() == Route::kCopyFileRange) passage.unsuitable(file.left.length_bytes);
  const Route route = choose_route(file, passage.route());
  passage.begins_by(route);
  return route;
}

// All of `length`. `SinkReadiness` says whether it was the sink that failed.
template <class SinkReadiness>
Task<Outcome<void>> send(Passage& passage, FileSource& source, SinkReadiness& sink,
                         uint64_t length) {
  OutgoingFile file{.context = passage.context(),
                    .sink = sink,
                    .head = {},
                    .left = {source.fd(), source.offset(), length}};
  Route route = choose_for_socket(passage, file);
  while (length > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return may;
    const uint64_t step = std::min(length, step_bytes(passage));
    file.left.length_bytes = step;
    file.turn_bytes = 0;  // go_on() sees to turns
    file.more_follows = step < length;
    Task<Result<Route>> sending = send_file(file, route);
    const Result<Route> sent = co_await sending;
    const uint64_t moved = step - file.left.length_bytes;
    passage.reached_sink(moved);
    if (!sent) {
      co_return passage.failure(sent.error(),
                                sink.failed() ? TransferEnd::kSink : TransferEnd::kSource);
    }
    route = *sent;
    length -= moved;
    Task<void> taking = source.took(moved);
    co_await taking;
  }
  co_return Outcome<void>();
}

// As a piece of the body, which the socket takes by reference.
Task<Outcome<void>> send_piece(Passage& passage, FileSource& source, StreamWriter& writer,
                               uint64_t length) {
  if (length == 0) co_return Outcome<void>();
  Task<Result<void>> beginning = writer.begin_piece(length);
  if (const Result<void> begun = co_await beginning; !begun) {
    co_return passage.failure(begun.error(), TransferEnd::kSink);
  }
  NarrowedReadiness readiness(passage.bounds(), writer.socket());
  Task<Outcome<void>> sending = send(passage, source, readiness, length);
  if (const Outcome<void> sent = co_await sending; !sent) co_return sent;
  Task<Result<void>> ending = writer.end_piece();
  if (const Result<void> ended = co_await ending; !ended) {
    co_return passage.failure(ended.error(), TransferEnd::kSink);
  }
  co_return Outcome<void>();
}

Task<Outcome<void>> fill_pipe(Passage& passage, FileSource& source, StreamSink& sink,
                              uint64_t length) {
  Route route = passage.route();
  if (route != Route::kCopy && route != Route::kRingSplice) {
    if (route != Route::kAuto && route != Route::kSplice) passage.unsuitable(length);
    route = Route::kSplice;
  }
  passage.begins_by(route);
  if (route != Route::kCopy) {
    Task<Outcome<PumpEnd>> splicing = splice_file_to_pipe(source, sink, length, route);
    const Outcome<PumpEnd> end = co_await splicing;
    if (!end) co_return std::unexpected(end.error());
    if (*end == PumpEnd::kDone) co_return Outcome<void>();
    passage.context().counters.fell_back(Fallback::kNotSpliceable);
  }
  Task<Outcome<void>> copying = copy_bytes(passage, source, sink, length);
  co_return co_await copying;
}

// The copy counts its bytes itself, and keeps to the bounds.
Task<Outcome<void>> copy_to_file(Passage& passage, FileSource& source, FileSink& sink,
                                 uint64_t length) {
  const Route wanted = passage.route();
  const bool for_sockets =
      wanted == Route::kSendfile || wanted == Route::kMapped || wanted == Route::kZeroCopySend;
  if (for_sockets) passage.unsuitable(length);
  Route route = route_between_files(wanted);
  passage.begins_by(route);
  while (length > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return may;
    const uint64_t before = passage.moved();
    auto tell = [&passage, before](uint64_t bytes) {
      passage.reached_sink(bytes - (passage.moved() - before));
    };
    TransferOptions options = passage.options_of_part();
    if (passage.tells_progress()) options.progress = tell;
    const uint64_t step = passage.one_time() ? std::min(length, DropBehind::kStepBytes) : length;
    Task<TransferResult> copying = copy_file(passage.context(), source.fd(), source.offset(),
                                             sink.fd(), sink.offset(), step, route, options);
    const TransferResult copied = co_await copying;
    const uint64_t moved = copied ? *copied : copied.error().moved;
    tell(moved);
    Task<void> taking = source.took(moved);
    co_await taking;
    Task<void> noting = sink.advance(moved);
    co_await noting;
    if (!copied) {
      co_return std::unexpected(EndFailure{copied.error().error, copied.error().end});
    }
    if (moved < step) break;
    length -= moved;
  }
  co_return Outcome<void>();
}

Task<Outcome<void>> move_to(Passage& passage, FileSource& source, OpenSink& sink, uint64_t length) {
  if (auto* stream = std::get_if<StreamSink>(&sink)) {
    return stream->is_pipe() ? fill_pipe(passage, source, *stream, length)
                             : send(passage, source, stream->readiness(), length);
  }
  if (auto* response = std::get_if<ResponseSink>(&sink)) {
    return send_piece(passage, source, response->writer(), length);
  }
  if (auto* file = std::get_if<FileSink>(&sink))
    return copy_to_file(passage, source, *file, length);
  if (passage.route() != Route::kAuto && passage.route() != Route::kCopy) {
    passage.unsuitable(length);
  }
  passage.begins_by(Route::kCopy);
  return copy_bytes(passage, source, end_of(sink), length);
}

}  // namespace

Task<Outcome<void>> move_file(Passage& passage, int fd, uint64_t offset, OpenSink& sink,
                              uint64_t length) {
  const Result<uint64_t> size = size_of_file(fd);
  if (!size) co_return passage.failure(size.error(), TransferEnd::kSource);
  if (const Result<void> checked = check_access(fd, Access::kRead); !checked) {
    co_return passage.failure(checked.error(), TransferEnd::kSource);
  }
  if (offset > INT64_MAX) {
    co_return passage.failure(Error{ErrorCode::kUnsupported, 0, "offset"}, TransferEnd::kSource);
  }
  // Some files say that they are empty (proc(5)): what they have comes out when they are read.
  const bool says_nothing = *size == 0;
  if (!says_nothing) length = std::min(length, *size - std::min(offset, *size));
  FileSource source(passage, fd, offset, length);
  Outcome<void> moved;
  if (says_nothing) {
    passage.begins_by(Route::kCopy);
    const uint64_t before = passage.moved();
    Task<Outcome<void>> copying = copy_bytes(passage, source, end_of(sink), length);
    moved = co_await copying;
    const bool copies = passage.route() == Route::kAuto || passage.route() == Route::kCopy;
    if (!copies) passage.unsuitable(passage.moved() - before);
  } else {
    Task<Outcome<void>> moving = move_to(passage, source, sink, length);
    moved = co_await moving;
  }
  Task<void> finishing = source.finish();
  co_await finishing;
  co_return moved;
}

}  // namespace sluice
