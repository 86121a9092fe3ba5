// parse_basic_credentials(). Input: bytes of room; the value of Authorization.
#include <algorithm>
#include <string>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/basic_credentials.h"
#include "http/characters.h"

namespace sluice::fuzz {
namespace {

std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8U | (k < group.size() ? static_cast<uint8_t>(group[k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += k <= group.size() ? kDigits[bits >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

bool is_control(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte < 0x20 || byte == 0x7f;
}

// What was understood is what was sent: there is one way only to write it.
void check_credentials(const http::BasicCredentials& found, std::string_view value) {
  SLUICE_CHECK(found.user.find(':') == std::string_view::npos);
  const std::string both = std::string(found.user) + ':' + std::string(found.password);
  SLUICE_CHECK(both.size() <= http::kMaxCredentialBytes);
  SLUICE_CHECK(std::ranges::none_of(both, is_control));
  SLUICE_CHECK(http::equal_ignoring_case(value.substr(0, 6), "basic "));
  SLUICE_CHECK(http::trim_blanks(value.substr(6)) == encode_base64(both));
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const size_t room = std::min<size_t>(input.number(), http::kMaxCredentialBytes);
  const std::string_view value = http::trim_blanks(input.rest());
  std::vector<char> out(http::kMaxCredentialBytes);
  const auto found = http::parse_basic_credentials(value, out);
  if (found) fuzz::check_credentials(*found, value);
  std::vector<char> short_out(room);
  const auto fitted = http::parse_basic_credentials(value, short_out);
  if (!fitted) return 0;
  SLUICE_CHECK(found && fitted->user == found->user && fitted->password == found->password);
  SLUICE_CHECK(fitted->user.size() + 1 + fitted->password.size() <= room);
  return 0;
}
