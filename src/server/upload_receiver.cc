#include "server/upload_receiver.h"

#include <sluice/request.h>
#include <sluice/transfer.h>

#include "server/limited_content.h"

namespace sluice {

Task<UploadExchange::Received> UploadReceiver::receive(int fd, uint64_t offset,
                                                       uint64_t limit_bytes) noexcept {
  LimitedContent limited(client_, limit_bytes);
  RequestContent content(limited);
  Task<TransferResult> moving = transfer(Source::content(content), Sink::file(fd, offset));
  const TransferResult moved = co_await moving;
  Received received;
  if (moved) {
    received.bytes = *moved;
    received.end = Received::End::kWhole;
    co_return received;
  }
  const TransferError& failure = moved.error();
  received.bytes = failure.moved;
  received.error = failure.error;
  if (limited.exceeded()) {
    received.end = Received::End::kTooLong;
  } else if (failure.end == TransferEnd::kSource) {
    received.end = Received::End::kInterrupted;
  } else {
    received.end = Received::End::kNotWritten;
  }
  co_return received;
}

}  // namespace sluice
