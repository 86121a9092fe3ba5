#include "files/upload_record.h"

#include <array>
#include <charconv>
#include <concepts>

namespace sluice {

namespace {

constexpr std::string_view kFormat = "sluice-upload 1";
// Of UploadCondition::Kind, in its order.
constexpr std::array<std::string_view, 3> kConditionNames = {"any", "nothing", "same"};

void append(std::string& text, std::string_view word) {
  text += word;
  text += ' ';
}

void append(std::string& text, std::integral auto number) { append(text, std::to_string(number)); }

// Words, each ended by a blank or the end of its line.
class WordReader {
 public:
  explicit WordReader(std::string_view text) noexcept : rest_(text) {}

  // What is left of the line, without its end; the next one begins.
  std::string_view line() noexcept {
    const size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }
  std::string_view rest() const noexcept { return rest_; }

  std::string_view word() noexcept {
    const size_t end = rest_.find_first_of(" \n");
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(word.size());
    if (rest_.starts_with(' ')) rest_.remove_prefix(1);
    return word;
  }

  template <std::integral Number>
  bool number(Number& value) noexcept {
    const std::string_view digits = word();
    const char* const begin = digits.data();
    const char* const end = begin + digits.size();
    const auto [stopped, error] = std::from_chars(begin, end, value);
    return error == std::errc() && stopped == end;
  }

 private:
  std::string_view rest_;
};

bool read_condition(WordReader& reader, UploadCondition& condition) noexcept {
  const std::string_view kind = reader.word();
  for (size_t i = 0; i < kConditionNames.size(); ++i) {
    if (kind != kConditionNames[i]) continue;
    condition.kind = static_cast<UploadCondition::Kind>(i);
    FileState& file = condition.file;
    return reader.number(file.device) && reader.number(file.inode) &&
           reader.number(file.size_bytes) && reader.number(file.modified_seconds) &&
           reader.number(file.modified_nanoseconds) && reader.line().empty();
  }
  return false;
}

bool read_length(WordReader& reader, std::optional<uint64_t>& length) noexcept {
  const std::string_view known = reader.word();
  if (known == "known" && !reader.number(length.emplace())) return false;
  return (known == "known" || known == "unknown") && reader.line().empty();
}

bool read_outcome(WordReader& reader, std::optional<UploadRecord::Outcome>& outcome) noexcept {
  const std::string_view kind = reader.word();
  if (kind == "pending") return reader.line().empty();
  if (kind != "created" && kind != "replaced") return false;
  UploadRecord::Outcome& known = outcome.emplace();
  known.created = kind == "created";
  return reader.number(known.size_bytes) && reader.number(known.modified_seconds) &&
         reader.number(known.modified_nanoseconds) && reader.line().empty();
}

}  // namespace

std::string write_record(const UploadRecord& record) {
  std::string text(kFormat);
  text += '\n';
  append(text, kConditionNames[static_cast<size_t>(record.condition.kind)]);
  const FileState& file = record.condition.file;
  append(text, file.device);
  append(text, file.inode);
  append(text, file.size_bytes);
  append(text, file.modified_seconds);
  append(text, file.modified_nanoseconds);
  text += '\n';
  append(text, record.length ? "known" : "unknown");
  if (record.length) append(text, *record.length);
  text += '\n';
  if (record.outcome) {
    append(text, record.outcome->created ? "created" : "replaced");
    append(text, record.outcome->size_bytes);
    append(text, record.outcome->modified_seconds);
    append(text, record.outcome->modified_nanoseconds);
  } else {
    append(text, "pending");
  }
  text += '\n';
  text += record.path;
  return text;
}

std::optional<UploadRecord> read_record(std::string_view text) {
  WordReader reader(text);
  UploadRecord record;
  if (reader.line() != kFormat || !read_condition(reader, record.condition) ||
      !read_length(reader, record.length) || !read_outcome(reader, record.outcome)) {
    return std::nullopt;
  }
  record.path = reader.rest();
  if (record.path.empty()) return std::nullopt;
  return record;
}

}  // namespace sluice
