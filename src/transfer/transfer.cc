#include "transfer/transfer.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "transfer/drop_behind.h"
#include "transfer/outgoing_file.h"
#include "transfer/send_all.h"
#include "transfer/send_file.h"

namespace sluice {

namespace {

Task<Result<void>> send_whole_file(OutgoingFile file, Route route) noexcept {
  Task<Result<Route>> sending = send_file(file, route);
  const Result<Route> sent = co_await sending;
  if (!sent) co_return std::unexpected(sent.error());
  co_return Result<void>();
}

// The same, of which nothing is to stay in the page cache.
Task<Result<void>> send_one_time_file(OutgoingFile file, Route route) noexcept {
  FileRange& left = file.left;
  DropBehind behind(file.context.reactor, left.fd, left.offset_bytes, left.length_bytes);
  Result<void> sent;
  while (sent && !file.done()) {
    OutgoingFile step = file;
    step.left.length_bytes = std::min(left.length_bytes, DropBehind::kStepBytes);
    left.offset_bytes += step.left.length_bytes;
    left.length_bytes -= step.left.length_bytes;
    file.head = {};
    step.more_follows = file.more_follows || !file.done();
    Task<Result<Route>> sending = send_file(step, route);
    const Result<Route> step_sent = co_await sending;
    if (!step_sent) {
      sent = std::unexpected(step_sent.error());
      break;
    }
    route = *step_sent;  // where another did not do, it would not do again
    Task<void> dropping = behind.sent_up_to(left.offset_bytes);
    co_await dropping;
    if (!file.done()) sent = file.look_again();
  }
  Task<void> finishing = behind.finish();
  co_await finishing;
  co_return sent;
}

FileRange range_for(FileRange range, SendOptions options) noexcept {
  // The kernel drops nothing that stays mapped; what is dropped must not be trusted to be there.
  if (options.one_time) range.memory = nullptr;
  return range;
}

Task<Result<void>> send_range(TransferContext& context, Readiness& sink, std::string_view head,
                              const FileRange& range, SendOptions options) noexcept {
  OutgoingFile file{
      .context = context, .sink = sink, .head = head, .left = range_for(range, options)};
  const Route route = choose_route(file, options.route);
  context.counters.of(route).transfers.increment();
  return options.one_time ? send_one_time_file(file, route) : send_whole_file(file, route);
}

// The head leaves with the first part, what is between two parts with the second of them.
Task<Result<void>> send_parts(TransferContext& context, Readiness& sink, std::string_view head,
                              FileParts body, SendOptions options) noexcept {
  Task<Result<void>> head_sent =
      send_both(context, sink, head, body.parts.front().before, MSG_MORE);
  Result<void> sent = co_await head_sent;
  bool first = true;
  for (const FileParts::Part& part : body.parts) {
    if (!sent) co_return sent;
    OutgoingFile file{.context = context,
                      .sink = sink,
                      .head = first ? std::string_view() : part.before,
                      .left = range_for(part.range, options),
                      .more_follows = true};
    const Route route = choose_route(file, options.route);
    if (first) context.counters.of(route).transfers.increment();
    first = false;
    Task<Result<void>> part_sent =
        options.one_time ? send_one_time_file(file, route) : send_whole_file(file, route);
    sent = co_await part_sent;
  }
  if (!sent) co_return sent;
  Task<Result<void>> rest_sent = send_all(context, sink, body.after, 0);
  co_return co_await rest_sent;
}

}  // namespace

Task<Result<void>> send_response(TransferContext& context, Readiness& sink, std::string_view head,
                                 BodySource body, SendOptions options) noexcept {
  if (const auto* file = std::get_if<FileRange>(&body); file != nullptr && file->length_bytes > 0) {
    return send_range(context, sink, head, *file, options);
  }
  if (const auto* parts = std::get_if<FileParts>(&body)) {
    return send_parts(context, sink, head, *parts, options);
  }
  const auto* memory = std::get_if<MemoryBody>(&body);
  return send_both(context, sink, head, memory == nullptr ? std::string_view() : memory->bytes, 0);
}

}  // namespace sluice
