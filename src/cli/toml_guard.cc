#include "cli/toml_guard.h"

#include <algorithm>
#include <string>

namespace sluice::cli {

namespace {

constexpr size_t kMostDots = 8;

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

Position position_at(std::string_view text, size_t index) {
  const std::string_view before = text.substr(0, index);
  const size_t line_begin = before.rfind('\n') + 1;  // 0 without one
  const auto lines = std::ranges::count(before, '\n');
  const auto columns = std::ranges::count_if(before.substr(line_begin), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  });
  return {.line = static_cast<uint32_t>(lines + 1), .column = static_cast<uint32_t>(columns + 1)};
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::optional<Mistake> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);  // a byte order mark
    while (index_ < text_.size() && !mistake_) step();
    return mistake_;
  }

 private:
  void step() {
    constexpr std::string_view kBeforeKeys = "\n=,{[";
    const char c = text_[index_];
    if (c == '#') {
      index_ = std::min(text_.find('\n', index_), text_.size());
    } else if (c == '"' || c == '\'') {
      skip_string(c);
    } else if (!is_ascii(c)) {
      refuse(index_, "only strings and comments may have characters other than ASCII");
    } else {
      if (kBeforeKeys.contains(c)) dots_ = 0;
      if (c == '.' && ++dots_ > kMostDots) refuse(index_, "a key has too many parts");
      ++index_;
    }
  }

  void skip_string(char quote) {
    const std::string three(3, quote);
    if (text_.substr(index_, 3) == three) {
      index_ += 3;
      skip_lines(three);
      return;
    }
    for (++index_; index_ < text_.size() && text_[index_] != '\n'; ++index_) {
      if (text_[index_] == quote) {
        ++index_;
        return;
      }
      if (quote == '"' && text_[index_] == '\\') ++index_;
    }
  }

  // The rest of a string that ends with three quotes.
  void skip_lines(std::string_view three) {
    for (; index_ < text_.size() && !mistake_; ++index_) {
      if (text_[index_] == '\\' && three[0] == '"') {
        const size_t next = text_.find_first_not_of(" \t\r\n", index_ + 1);
        if (next < text_.size() && !is_ascii(text_[next])) {
          refuse(next, "the first character behind a line that ends in '\\' must be ASCII");
        }
        ++index_;
      } else if (text_.substr(index_, 3) == three) {
        // Two more quotes may end what is inside.
        const size_t behind = text_.find_first_not_of(three[0], index_);
        index_ = std::min({behind, index_ + 5, text_.size()});
        return;
      }
    }
  }

  void refuse(size_t index, const char* message) {
    mistake_ = Mistake{.position = position_at(text_, index), .message = message};
  }

  std::string_view text_;
  size_t index_ = 0;
  size_t dots_ = 0;  // of the key at hand
  std::optional<Mistake> mistake_;
};

}  // namespace

std::optional<Mistake> find_unsafe(std::string_view text) { return Scan(text).run(); }

}  // namespace sluice::cli
