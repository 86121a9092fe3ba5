// Ends the request that is at work on an upload, for the sake of a newer one.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "files/upload_name.h"

namespace sluice {

// Thread-safe. A client whose connection was lost comes back by another one before anybody here
// knows of the loss (draft-ietf-httpbis-resumable-upload-12, "Concurrency").
class UploadInterrupter {
 public:
  // As long as this lives the request on `socket_fd` can be interrupted. The socket stays open that
  // long.
  class Registration {
   public:
    Registration(UploadInterrupter& interrupter, const UploadToken& token, int socket_fd);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    friend class UploadInterrupter;

    UploadInterrupter& interrupter_;
    const UploadToken token_;
    const int socket_fd_;
  };

  // Shuts down the socket of the request that is registered for `token`, if there is one
  // (shutdown(2)): it ends soon.
  void interrupt(const UploadToken& token) noexcept;

 private:
  std::mutex mutex_;
  std::vector<const Registration*> registrations_;
};

}  // namespace sluice
