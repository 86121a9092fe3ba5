#include "files/live_password_file.h"

#include <utility>

namespace sluice {

LivePasswordFile::LivePasswordFile(std::string path, std::function<void(std::string_view)> log)
    : path_(std::move(path)), log_(std::move(log)) {
  auto passwords = PasswordFile::read(path_);
  if (!passwords) throw StartError(StartError::Kind::kUsage, "auth.htpasswd", passwords.error());
  examined_ = passwords->state();
  last_good_ = std::make_shared<const PasswordFile>(std::move(*passwords));
}

std::optional<FileState> LivePasswordFile::state() const noexcept {
  const Result<FileState> state = state_at(path_.c_str());
  if (!state) return std::nullopt;
  return *state;
}

std::shared_ptr<const PasswordFile> LivePasswordFile::current() noexcept {
  const std::scoped_lock lock(mutex_);
  const std::optional<FileState> now = state();
  if (now == examined_) return last_good_;
  auto passwords = PasswordFile::read(path_);
  if (passwords) {
    examined_ = passwords->state();
    last_good_ = std::make_shared<const PasswordFile>(std::move(*passwords));
  } else {
    examined_ = now;
    if (log_) log_(passwords.error() + "; the passwords read before stay valid");
  }
  return last_good_;
}

}  // namespace sluice
