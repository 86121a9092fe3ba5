#include "http/basic_credentials.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "http/characters.h"

namespace sluice::http {

namespace {

constexpr uint8_t kNoDigit = 0xff;

consteval std::array<uint8_t, 256> make_base64_values() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  }
  return values;
}

constexpr auto kBase64Values = make_base64_values();

// The bytes written to `out`. Nothing if `text` is malformed or does not fit.
std::optional<size_t> decode_base64(std::string_view text, std::span<char> out) noexcept {
  if (text.size() % 4 != 0) {
    return std::nullopt;
  }
  size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  // Four digits make three bytes, and a digit more than whole bytes need has bits left over.
  const size_t size = text.size() * 6 / 8;
  if (size > out.size()) {
    return std::nullopt;
  }
  uint32_t bits = 0;
  unsigned bit_count = 0;
  auto to = out.begin();
  for (const char c : text) {
    const uint8_t digit = kBase64Values[static_cast<uint8_t>(c)];
    if (digit == kNoDigit) {
      return std::nullopt;
    }
    bits = bits << 6 | digit;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      *to++ = static_cast<char>(bits >> bit_count & 0xff);
    }
    bits &= (1U << bit_count) - 1;
  }
  return bits == 0 ? std::optional(size) : std::nullopt;
}

}  // namespace

std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization,
                                                        std::span<char> out) noexcept {
  constexpr std::string_view kScheme = "Basic ";
  const std::string_view value = trim_blanks(authorization);
  if (!equal_ignoring_case(value.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  std::string_view encoded = value.substr(kScheme.size());
  encoded.remove_prefix(std::min(encoded.find_first_not_of(' '), encoded.size()));
  const auto size = decode_base64(encoded, out.first(std::min(out.size(), kMaxCredentialBytes)));
  if (!size) {
    return std::nullopt;
  }
  const std::string_view decoded(out.data(), *size);
  const size_t colon = decoded.find(':');
  if (colon == std::string_view::npos || std::ranges::any_of(decoded, is_control_byte)) {
    return std::nullopt;
  }
  return BasicCredentials{decoded.substr(0, colon), decoded.substr(colon + 1)};
}

}  // namespace sluice::http
