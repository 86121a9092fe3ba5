// HeadWriter against a list of lines. Input: bytes of room (0: enough); steps, one a line: "200"
// (a status line), "+Name: value", "#Name: 12", "!Name: value" (as raw), "-Name".
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/characters.h"
#include "http/response_head.h"
#include "http/status.h"

namespace sluice::fuzz {
namespace {

struct Line {
  std::string name;  // empty: a status line
  std::string text;
};

// What a HeadWriter with that much room is to hold.
class SlowHead {
 public:
  explicit SlowHead(size_t room) : room_(room) {}

  void add(std::string_view name, const std::string& text) {
    ok_ = ok_ && text.size() + 2 <= room_ - view().size();
    if (ok_) lines_.push_back({std::string(name), text});
  }

  void erase(std::string_view name) {
    std::erase_if(lines_, [name](const Line& line) { return is_named(line, name); });
  }

  bool ok() const noexcept { return ok_; }

  std::string view() const {
    std::string text;
    for (const Line& line : lines_) text.append(line.text).append("\r\n");
    return text;
  }

 private:
  static bool is_named(const Line& line, std::string_view name) {
    return !line.name.empty() && http::equal_ignoring_case(line.name, name);
  }

  std::vector<Line> lines_;
  size_t room_;
  bool ok_ = true;
};

class HeadSteps {
 public:
  explicit HeadSteps(size_t room) : memory_(room), writer_(memory_), slow_(room) {}

  void take(std::string_view step) {
    if (step.empty()) return;
    if (http::is_digit(step.front())) {
      write_status(step);
    } else {
      take_field(step.front(), step.substr(1));
    }
    SLUICE_CHECK(writer_.view() == slow_.view());
    SLUICE_CHECK(writer_.ok() == slow_.ok());
  }

 private:
  void write_status(std::string_view step) {
    int status = 0;
    std::from_chars(step.data(), step.data() + step.size(), status);
    if (status < 100 || status > 999) return;
    writer_.status_line(status);
    slow_.add(
        "", "HTTP/1.1 " + std::to_string(status) + ' ' + std::string(http::reason_phrase(status)));
  }

  void take_field(char what, std::string_view field) {
    const std::string_view name = field.substr(0, field.find(':'));
    if (name.empty() || !std::ranges::all_of(name, http::is_token_char)) return;
    std::string value(http::trim_blanks(field.substr(std::min(field.size(), name.size() + 1))));
    std::erase_if(value, [](char c) { return c == '\r' || c == '\0'; });
    const std::string line = std::string(name) + ": ";
    switch (what) {
      case '+':
        writer_.field(name, value);
        slow_.add(name, line + value);
        break;
      case '!':
        writer_.raw(line + value + "\r\n");
        slow_.add(name, line + value);
        break;
      case '#':
        writer_.field(name, uint64_t{value.size()} << (value.size() % 64));
        slow_.add(name, line + std::to_string(uint64_t{value.size()} << (value.size() % 64)));
        break;
      case '-':
        writer_.erase(name);
        slow_.erase(name);
        break;
      default:
        break;
    }
  }

  std::vector<char> memory_;
  http::HeadWriter writer_;
  SlowHead slow_;
};

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  constexpr size_t kMostSteps = 64;
  constexpr size_t kMostRoom = 4096;
  fuzz::FuzzInput input(data, size);
  const size_t room = input.number<size_t>();
  fuzz::HeadSteps steps(room == 0 ? kMostRoom : std::min(room, kMostRoom));
  for (size_t i = 0; i < kMostSteps && !input.empty(); ++i) steps.take(input.line());
  return 0;
}
