// SIGPIPE, which has no place in a program that looks at its errors.
#pragma once

#include <pthread.h>

#include <csignal>
#include <ctime>

namespace sluice {

// splice(2), sendfile(2) and write(2) raise it where the reader is gone, and have no flag to be
// told not to. While this lives it is blocked for the calling thread, which destroys this too; one
// that was raised meanwhile is taken back.
class BrokenPipeSignalBlocked {
 public:
  BrokenPipeSignalBlocked() noexcept {
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  ~BrokenPipeSignalBlocked() {
    constexpr timespec kAtOnce{};
    if (!was_pending_) sigtimedwait(&only_, nullptr, &kAtOnce);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  BrokenPipeSignalBlocked(const BrokenPipeSignalBlocked&) = delete;
  BrokenPipeSignalBlocked& operator=(const BrokenPipeSignalBlocked&) = delete;

 private:
  sigset_t only_;
  sigset_t before_;
  bool was_pending_;
};

}  // namespace sluice
