#include "files/upload_name.h"

#include <sys/random.h>

#include <cstdint>

#include "http/characters.h"

namespace sluice {

bool is_upload_name(std::string_view segment) noexcept {
  return segment.size() >= kUploadNamePrefix.size() &&
         http::equal_ignoring_case(segment.substr(0, kUploadNamePrefix.size()), kUploadNamePrefix);
}

bool has_upload_name(std::string_view path) noexcept {
  while (!path.empty()) {
    if (is_upload_name(path)) return true;
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
  return false;
}

std::optional<UploadToken> UploadToken::make() noexcept {
  std::array<uint8_t, kLength / 2> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return std::nullopt;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  UploadToken token;
  for (size_t i = 0; i < random.size(); ++i) {
    token.digits_[2 * i] = kDigits[random[i] >> 4U];
    token.digits_[2 * i + 1] = kDigits[random[i] & 15U];
  }
  return token;
}

std::optional<UploadToken> UploadToken::parse(std::string_view text) noexcept {
  if (text.size() != kLength) return std::nullopt;
  UploadToken token;
  for (size_t i = 0; i < kLength; ++i) {
    const char c = text[i];
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return std::nullopt;
    token.digits_[i] = c;
  }
  return token;
}

}  // namespace sluice
