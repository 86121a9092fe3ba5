// Puts the content of a request into a file.
#pragma once

#include "server/client_channel.h"
#include "server/upload_exchange.h"

namespace sluice {

// By transfer(): what is still in the socket is spliced into the file. REQUIRES: on the thread of a
// TransferContext.
class UploadReceiver final : public UploadExchange {
 public:
  // `client` outlives this.
  explicit UploadReceiver(ClientChannel& client) noexcept : client_(client) {}

  std::optional<uint64_t> content_length() const noexcept override { return client_.length(); }
  Task<Result<void>> send_interim(std::string_view head) noexcept override {
    return client_.send_interim(head);
  }
  Task<Received> receive(int fd, uint64_t offset, uint64_t limit_bytes) noexcept override;
  int socket_fd() const noexcept override { return client_.socket_fd(); }

 private:
  ClientChannel& client_;
};

}  // namespace sluice
