#include "http/response_head.h"

#include <charconv>

#include "http/status.h"

namespace sluice::http {

namespace {

[[maybe_unused]] bool is_one_line(std::string_view text) noexcept {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

char* append(char* to, std::string_view text) noexcept {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

HeadWriter& HeadWriter::status_line(int status) noexcept {
  SLUICE_ASSERT(status >= 100 && status <= 999);
  // The line of nearly every response.
  if (status == 200) {
    return raw("HTTP/1.1 200 OK\r\n");
  }
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const std::string_view phrase = reason_phrase(status);
  if (char* to = reserve(kVersion.size() + 4 + phrase.size() + 2)) {
    to = append(to, kVersion);
    *to++ = static_cast<char>('0' + status / 100);
    *to++ = static_cast<char>('0' + status / 10 % 10);
    *to++ = static_cast<char>('0' + status % 10);
    *to++ = ' ';
    to = append(to, phrase);
    append(to, "\r\n");
  }
  return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, std::string_view value) noexcept {
  SLUICE_ASSERT(is_one_line(name) && is_one_line(value));
  if (char* to = reserve(name.size() + 2 + value.size() + 2)) {
    to = append(to, name);
    to = append(to, ": ");
    to = append(to, value);
    append(to, "\r\n");
  }
  return *this;
}

HeadWriter& HeadWriter::field(std::string_view name, uint64_t value) noexcept {
  char digits[20];
  const char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return field(name, std::string_view(digits, static_cast<size_t>(end - digits)));
}

}  // namespace sluice::http
