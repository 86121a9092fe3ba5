#include "http/response_head.h"

#include <algorithm>
#include <charconv>

#include "http/characters.h"
#include "http/status.h"

namespace sluice::http {

namespace {

[[maybe_unused]] bool is_one_line(std::string_view text) noexcept {
  return text.find_first_of("\r\n") == std::string_view::npos;
}

[[maybe_unused]] bool is_field_name(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

char* append(char* to, std::string_view text) noexcept {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// Takes a line off the front of `rest`, with its CRLF.
std::string_view take_line(std::string_view& rest) noexcept {
  const size_t newline = rest.find('\n');
  const std::string_view line =
      rest.substr(0, newline == std::string_view::npos ? newline : newline + 1);
  rest.remove_prefix(line.size());
  return line;
}

// A status line is no field of any name: it has a '/' before its first colon, if it has one.
bool is_field(std::string_view line, std::string_view name) noexcept {
  return line.size() > name.size() && line[name.size()] == ':' &&
         equal_ignoring_case(line.substr(0, name.size()), name);
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

HeadWriter& HeadWriter::erase(std::string_view name) noexcept {
  SLUICE_ASSERT(is_field_name(name));
  std::string_view rest = view();
  char* to = begin_;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (is_field(line, name)) {
      continue;
    }
    if (to != line.data()) {
      std::memmove(to, line.data(), line.size());
    }
    to += line.size();
  }
  position_ = to;
  return *this;
}

}  // namespace sluice::http
