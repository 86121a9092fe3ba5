#include "files/password_file.h"

#include <crypt.h>
#include <fcntl.h>
#include <nettle/memops.h>
#include <sys/random.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include <sluice/unique_fd.h>

#include "files/read_piece.h"
#include "http/characters.h"

namespace sluice {

namespace {

// How many characters follow the last '$' of a hash that is not cut short, as crypt(5) has it.
struct DigestLength {
  std::string_view prefix;
  size_t count;
};
constexpr DigestLength kDigestLengths[] = {{"$2a$", 53}, {"$2b$", 53}, {"$2y$", 53}, {"$1$", 22},
                                           {"$5$", 43},  {"$6$", 86},  {"$y$", 43},  {"$7$", 43}};

bool is_cut_short(std::string_view hash) noexcept {
  const size_t count = hash.size() - hash.rfind('$') - 1;
  for (const DigestLength& length : kDigestLengths) {
    if (hash.starts_with(length.prefix)) return count != length.count;
  }
  return count == 0;
}

// A cost that crypt(3) takes (4 to 31), and that takes a worker seconds and not hours.
bool has_usable_cost(std::string_view hash) noexcept {
  if (!hash.starts_with("$2")) return true;
  const std::string_view cost = hash.substr(4, 3);
  return cost.ends_with('$') && cost >= "04$" && cost <= "16$";
}

// What is wrong with a hash, or "". Says nothing of the hash itself.
std::string problem_of_hash(const std::string& hash) {
  if (hash.starts_with("$apr1$")) return "is hashed with Apache's MD5 ($apr1$)";
  if (hash.starts_with("{SHA}") || hash.starts_with("{SSHA}")) return "is hashed with SHA-1";
  if (!hash.starts_with('$')) return "is in plain text, or hashed with DES";
  const int known = crypt_checksalt(hash.c_str());
  if (known != CRYPT_SALT_OK && known != CRYPT_SALT_METHOD_LEGACY) {
    return "is hashed in a way that crypt(3) does not know";
  }
  if (is_cut_short(hash)) return "has a hash that is not complete";
  return has_usable_cost(hash) ? "" : "has a cost that is not from 04 to 16";
}

// The content of a regular file.
Result<std::string> read_file(int fd, const FileState& state) {
  std::string content(state.size_bytes, '\0');
  const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(content.data()), content.size());
  if (const Result<void> read = read_piece(fd, bytes, 0); !read) {
    return std::unexpected(read.error());
  }
  return content;
}

}  // namespace

std::expected<PasswordFile, std::string> PasswordFile::read(const std::string& path) {
  std::string quoted = "'" + path + "'";
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return std::unexpected(quoted + ": " + strerrordesc_np(errno));
  const Result<FileState> state = state_of(fd.get());
  if (!state) return std::unexpected(quoted + ": " + to_string(state.error()));
  if (!state->regular()) return std::unexpected(quoted + " is not a regular file");
  if (state->size_bytes > kMostBytes) {
    return std::unexpected(quoted + " is larger than 16 MiB");
  }
  const Result<std::string> content = read_file(fd.get(), *state);
  if (!content && content.error().code == ErrorCode::kChanged) {
    return std::unexpected(quoted + " has become shorter while it was read");
  }
  if (!content) return std::unexpected(quoted + ": " + to_string(content.error()));

  PasswordFile passwords;
  passwords.state_ = *state;
  if (getrandom(&passwords.decoy_seed_, sizeof passwords.decoy_seed_, 0) < 0) {
    return std::unexpected(std::string("getrandom: ") + strerrordesc_np(errno));
  }
  size_t number = 1;
  for (std::string_view rest = *content; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    if (const std::string problem = passwords.add_line(rest.substr(0, end)); !problem.empty()) {
      return std::unexpected(quoted.append(", line ") + std::to_string(number) + ": " + problem);
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return passwords;
}

std::string PasswordFile::add_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || line.starts_with('#')) return "";
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "there is no ':' between a name and a hash";
  std::string name(line.substr(0, colon));
  if (name.empty()) return "there is no name";
  if (std::ranges::any_of(line, http::is_control_byte)) return "there is a control character";
  std::string hash(line.substr(colon + 1));
  if (std::string problem = problem_of_hash(hash); !problem.empty()) {
    return "the password of '" + name + "' " + problem + "; use bcrypt (htpasswd -B)";
  }
  if (by_name_.contains(name)) return "there is a '" + name + "' already";
  by_name_.emplace(std::move(name), hashes_.size());
  hashes_.push_back(std::move(hash));
  return "";
}

bool PasswordFile::verify(std::string_view name, std::string_view password) const noexcept {
  if (hashes_.empty() || password.contains('\0')) return false;
  const auto found = by_name_.find(name);
  const bool known = found != by_name_.end();
  const std::string& expected = known ? hashes_[found->second] : decoy(name);

  std::string phrase(password);
  const auto data = std::make_unique<crypt_data>();  // too large for a worker's stack
  const char* const hash = crypt_rn(phrase.c_str(), expected.c_str(), data.get(), sizeof(*data));
  const bool equal = hash != nullptr && std::strlen(hash) == expected.size() &&
                     nettle_memeql_sec(hash, expected.data(), expected.size()) != 0;
  explicit_bzero(data.get(), sizeof(*data));
  explicit_bzero(phrase.data(), phrase.size());
  return known && equal;
}

// One that is as slow as those of the others: where they differ, names that are there and names
// that are not differ in the same way.
const std::string& PasswordFile::decoy(std::string_view name) const noexcept {
  return hashes_[XXH3_64bits_withSeed(name.data(), name.size(), decoy_seed_) % hashes_.size()];
}

std::string problem_of_password_file(const std::string& path) {
  const auto passwords = PasswordFile::read(path);
  return passwords ? "" : passwords.error();
}

}  // namespace sluice
