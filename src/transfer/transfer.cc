#include "transfer/transfer.h"

#include <sys/socket.h>

#include "transfer/send_all.h"
#include "transfer/splice_route.h"

namespace sluice {

namespace {

Task<Result<void>> send_memory(TransferContext& context, Readiness& sink, std::string_view head,
                               std::string_view body) noexcept {
  // MSG_MORE: the head waits in the kernel for the body, and both leave in one segment.
  Task<Result<void>> head_sent = send_all(context, sink, head, body.empty() ? 0 : MSG_MORE);
  const Result<void> sent = co_await head_sent;
  if (!sent || body.empty()) co_return sent;
  Task<Result<void>> body_sent = send_all(context, sink, body, 0);
  co_return co_await body_sent;
}

// The head leaves with the first part, what is between two parts with the second of them.
Task<Result<void>> send_parts(TransferContext& context, Readiness& sink, std::string_view head,
                              FileParts body) noexcept {
  Task<Result<void>> head_sent = send_all(context, sink, head, MSG_MORE);
  Result<void> sent = co_await head_sent;
  for (const FileParts::Part& part : body.parts) {
    if (!sent) co_return sent;
    constexpr bool kMoreFollows = true;
    Task<Result<void>> part_sent =
        splice_file(context, sink, part.before, part.range, kMoreFollows);
    sent = co_await part_sent;
  }
  if (!sent) co_return sent;
  Task<Result<void>> rest_sent = send_all(context, sink, body.after, 0);
  co_return co_await rest_sent;
}

}  // namespace

Task<Result<void>> send_response(TransferContext& context, Readiness& sink, std::string_view head,
                                 BodySource body, [[maybe_unused]] SendOptions options) noexcept {
  if (const auto* file = std::get_if<FileRange>(&body); file != nullptr && file->length_bytes > 0) {
    return splice_file(context, sink, head, *file);
  }
  if (const auto* parts = std::get_if<FileParts>(&body))
    return send_parts(context, sink, head, *parts);
  const auto* memory = std::get_if<MemoryBody>(&body);
  return send_memory(context, sink, head, memory == nullptr ? std::string_view() : memory->bytes);
}

}  // namespace sluice
