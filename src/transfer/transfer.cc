#include "transfer/transfer.h"

#include <sys/socket.h>

#include "transfer/splice_route.h"

namespace sluice {

namespace {

Task<Result<void>> send_memory(TransferContext context, std::string_view head,
                               std::string_view body) noexcept {
  const uint64_t progress_ms = context.limits.send_progress_timeout_ms;
  // MSG_MORE: the head waits in the kernel for the body, and both leave in one segment.
  Task<Result<void>> head_sent =
      context.socket.send_all(head, body.empty() ? 0 : MSG_MORE, progress_ms);
  const Result<void> sent = co_await head_sent;
  if (!sent || body.empty()) co_return sent;
  Task<Result<void>> body_sent = context.socket.send_all(body, 0, progress_ms);
  co_return co_await body_sent;
}

}  // namespace

Task<Result<void>> send_response(TransferContext context, std::string_view head,
                                 BodySource body) noexcept {
  if (const auto* file = std::get_if<FileRange>(&body); file != nullptr && file->length_bytes > 0) {
    return splice_file(context, head, *file);
  }
  const auto* memory = std::get_if<MemoryBody>(&body);
  return send_memory(context, head, memory == nullptr ? std::string_view() : memory->bytes);
}

}  // namespace sluice
