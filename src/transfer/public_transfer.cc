// transfer(), as programs call it.
#include <algorithm>
#include <string>

#include <sluice/request.h>
#include <sluice/transfer.h>

#include "transfer/copy_pump.h"
#include "transfer/move_file.h"
#include "transfer/move_stream.h"
#include "transfer/open_sink.h"
#include "transfer/passage.h"
#include "transfer/source_end.h"

namespace sluice {

namespace {

// Each of these moves at most `length` bytes.

Task<Outcome<void>> move_memory(Passage& passage, std::string_view bytes, OpenSink& sink,
                                uint64_t length) {
  if (passage.route() != Route::kAuto && passage.route() != Route::kCopy) {
    passage.unsuitable(std::min<uint64_t>(length, bytes.size()));
  }
  passage.begins_by(Route::kCopy);
  MemorySource source(bytes);
  passage.set_in_memory(true);
  Task<Outcome<void>> copying = copy_bytes(passage, source, end_of(sink), length);
  const Outcome<void> copied = co_await copying;
  passage.set_in_memory(false);
  co_return copied;
}

Task<Outcome<void>> move_from(Passage& passage, int fd, StreamSource::Kind kind, OpenSink& sink,
                              uint64_t length) {
  const Result<void> checked =
      kind == StreamSource::Kind::kSocket ? check_socket(fd) : check_pipe(fd, Access::kRead);
  if (!checked) co_return passage.failure(checked.error(), TransferEnd::kSource);
  BoundedReadiness readiness(passage.bounds(), fd);
  StreamSource source(passage, readiness, kind);
  Task<Outcome<void>> moving = move_stream(passage, source, sink, length);
  co_return co_await moving;
}

Task<Outcome<void>> move_list(Passage& passage, const std::vector<Source>& parts, OpenSink& sink,
                              uint64_t length);

// REQUIRES: `offset` is 0 unless the source has one.
Task<Outcome<void>> move_source(Passage& passage, const Source& source, uint64_t offset,
                                OpenSink& sink, uint64_t length) {
  const Source::Kind& kind = source.kind();
  const auto part = [offset](std::string_view bytes) {
    return bytes.substr(std::min<uint64_t>(offset, bytes.size()));
  };
  if (const auto* borrowed = std::get_if<std::string_view>(&kind)) {
    return move_memory(passage, part(*borrowed), sink, length);
  }
  if (const auto* owned = std::get_if<std::shared_ptr<const std::string>>(&kind)) {
    return move_memory(passage, part(**owned), sink, length);
  }
  if (const auto* shared = std::get_if<SharedMemory>(&kind)) {
    if (shared->fd() < 0) return move_memory(passage, {}, sink, 0);
    return move_file(passage, shared->fd(), offset, sink, length);
  }
  if (const auto* file = std::get_if<Source::File>(&kind)) {
    return move_file(passage, file->fd, offset, sink, length);
  }
  if (const auto* socket = std::get_if<Source::Socket>(&kind)) {
    return move_from(passage, socket->fd, StreamSource::Kind::kSocket, sink, length);
  }
  if (const auto* pipe = std::get_if<Source::Pipe>(&kind)) {
    return move_from(passage, pipe->fd, StreamSource::Kind::kPipe, sink, length);
  }
  if (const auto* content = std::get_if<Source::Content>(&kind)) {
    return move_content(passage, content->content->reader(), sink, length);
  }
  return move_list(passage, *std::get_if<Source::List>(&kind)->parts, sink, length);
}

Task<Outcome<void>> move_list(Passage& passage, const std::vector<Source>& parts, OpenSink& sink,
                              uint64_t length) {
  const uint64_t before = passage.moved();
  for (const Source& part : parts) {
    const uint64_t moved = passage.moved() - before;
    if (moved == length) break;
    passage.next_part();
    Task<Outcome<void>> moving = move_source(passage, part, 0, sink, length - moved);
    if (const Outcome<void> done = co_await moving; !done) co_return done;
  }
  co_return Outcome<void>();
}

bool has_offset(const Source& source) noexcept {
  const Source::Kind& kind = source.kind();
  return !std::holds_alternative<Source::Socket>(kind) &&
         !std::holds_alternative<Source::Pipe>(kind) &&
         !std::holds_alternative<Source::Content>(kind) &&
         !std::holds_alternative<Source::List>(kind);
}

Task<Outcome<void>> move_all(Passage& passage, const Source& source, const Sink& sink,
                             const TransferOptions& options) {
  if (const Result<void> checked = passage.bounds().check(); !checked) {
    co_return passage.failure(checked.error(), TransferEnd::kNeither);
  }
  if (options.offset > 0 && !has_offset(source)) {
    co_return passage.failure(Error{ErrorCode::kUnsupported, 0, "offset"}, TransferEnd::kSource);
  }
  OpenSink open;
  if (const Outcome<void> opened = open_sink(passage, sink, open); !opened) co_return opened;
  Task<Outcome<void>> moving = move_source(passage, source, options.offset, open, options.length);
  const Outcome<void> moved = co_await moving;
  Task<void> finishing = finish(open);
  co_await finishing;
  if (moved && options.length != kToTheEnd && passage.moved() < options.length) {
    co_return passage.failure(Error{ErrorCode::kChanged, 0, "transfer"}, TransferEnd::kSource);
  }
  co_return moved;
}

}  // namespace

Task<TransferResult> transfer(Source source, Sink sink, TransferOptions options) {
  TransferContext* const context = TransferContext::current();
  if (context == nullptr) {
    constexpr Error kNoLoop{ErrorCode::kUnsupported, 0, "no loop on this thread"};
    co_return std::unexpected(TransferError{kNoLoop, TransferEnd::kNeither});
  }
  const TransferBounds bounds(*context, options.deadline_ms, options.cancellation);
  Passage passage(*context, bounds, options);
  Task<Outcome<void>> moving = move_all(passage, source, sink, options);
  const Outcome<void> moved = co_await moving;
  if (!moved) {
    co_return std::unexpected(
        TransferError{moved.error().error, moved.error().end, passage.moved()});
  }
  co_return passage.moved();
}

std::string to_string(const TransferError& error) {
  std::string text = to_string(error.error);
  switch (error.error.code) {
    case ErrorCode::kTimedOut:
      if (error.error.system_errno == 0) text += ": the deadline has passed";
      break;
    case ErrorCode::kCancelled:
      if (error.error.system_errno == 0) text += ": cancelled";
      break;
    case ErrorCode::kChanged:
      text += ": the source has ended early";
      break;
    case ErrorCode::kExhausted:
      if (error.error.system_errno == 0) text += ": the sink takes no more";
      break;
    default:
      break;
  }
  text += " (";
  if (error.end == TransferEnd::kSource) text += "source, ";
  if (error.end == TransferEnd::kSink) text += "sink, ";
  return text + "at byte " + std::to_string(error.moved) + ")";
}

}  // namespace sluice
