// Who may come in (htpasswd(1)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_state.h"

namespace sluice {

// Names, and the hashes of their passwords. Does not change; thread-safe.
//
// Lines of NAME:HASH; empty lines and those that begin with '#' say nothing. The hash is bcrypt's
// ($2a$, $2b$, $2y$) or another in the '$' form that this system's crypt(3) knows ($y$, $6$, $5$).
class PasswordFile {
 public:
  static constexpr uint64_t kMostBytes = 16ULL * 1024 * 1024;

  // Reads a regular file. The error is for a person, with the path, and the line where it is about
  // one: never with a hash or a password. Among the errors are hashes that crypt(3) does not know
  // or that are cut short, Apache's own ($apr1$, {SHA}), passwords in plain text, names that are
  // there twice or hold a control character. For a worker, or for the time before the start.
  static std::expected<PasswordFile, std::string> read(const std::string& path);

  // True exactly when there is such a name, and this is its password. Takes long, as the hashes are
  // meant to: for a worker. A name that is not there takes as long as one that is, so that nobody
  // finds out which are.
  bool verify(std::string_view name, std::string_view password) const noexcept;

  // Of the file, when it was read.
  const FileState& state() const noexcept { return state_; }

 private:
  // Returns what is wrong with the line, or "".
  std::string add_line(std::string_view line);
  // The hash to work against for a name that is not there: always the same for a name.
  const std::string& decoy(std::string_view name) const noexcept;

  FileState state_;
  uint64_t decoy_seed_ = 0;
  std::vector<std::string> hashes_;
  std::map<std::string, size_t, std::less<>> by_name_;  // into hashes_
};

// What PasswordFile::read() says is wrong with the file, or "".
std::string problem_of_password_file(const std::string& path);

}  // namespace sluice
