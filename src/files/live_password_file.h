// A password file that is read again when it changes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "files/password_file.h"

namespace sluice {

// Thread-safe: shards share one.
class LivePasswordFile {
 public:
  // `log` is told, by the thread that calls current(), when the file has become unreadable or
  // wrong, once for each state of it. Throws StartError when the file cannot be read or has a
  // mistake.
  LivePasswordFile(std::string path, std::function<void(std::string_view)> log);

  // What the file says now, or, where it cannot be read or has a mistake, what it said last. For a
  // worker: may read the file.
  std::shared_ptr<const PasswordFile> current() noexcept;

  // The state of what is at the path, nothing when that cannot be told. Asks memory only where the
  // directories above are in it.
  std::optional<FileState> state() const noexcept;

 private:
  const std::string path_;
  const std::function<void(std::string_view)> log_;
  std::mutex mutex_;
  std::shared_ptr<const PasswordFile> last_good_;
  std::optional<FileState> examined_;  // the state that was last read, or tried to be
};

}  // namespace sluice
