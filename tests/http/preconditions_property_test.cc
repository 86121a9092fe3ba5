// Random combinations of preconditions against the steps of RFC 9110 §13.2.2, written out.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/date.h"
#include "http/head_source.h"
#include "http/preconditions.h"
#include "support/random.h"

namespace sluice::http {
namespace {

using testing_support::Random;

constexpr int64_t kNow = 1'800'000'000;
constexpr int64_t kBase = 1'000'000'000;

// What a request says, before it is written down.
struct Tag {
  bool weak;
  char name;
};

struct TagField {
  bool any = false;  // "*"
  std::vector<std::vector<Tag>> lines;
};

struct DateField {
  int lines = 1;
  std::optional<int64_t> date;  // absent: a value that is no date
};

struct Conditions {
  std::optional<TagField> match;
  std::optional<TagField> none_match;
  std::optional<DateField> modified_since;
  std::optional<DateField> unmodified_since;
};

struct Current {
  std::optional<Tag> tag;
  std::optional<int64_t> last_modified;
};

std::string write_tag(const Tag& tag) {
  return std::string(tag.weak ? "W/" : "") + '"' + tag.name + '"';
}

bool lists(const TagField& field, const Current& current, bool weakly) {
  for (const auto& line : field.lines) {
    for (const Tag& tag : line) {
      if (current.tag && tag.name == current.tag->name &&
          (weakly || (!tag.weak && !current.tag->weak))) {
        return true;
      }
    }
  }
  return false;
}

bool usable(const std::optional<DateField>& field, const Current& current) {
  return field && field->lines == 1 && field->date && current.last_modified;
}

// Step by step as they are numbered there; steps 5 and 6 are about Range.
Verdict steps(const Conditions& conditions, Method method, const Current& current) {
  const bool reading = method == Method::kGet || method == Method::kHead;
  int step = conditions.match ? 1 : 2;
  if (step == 1) {
    const bool holds = conditions.match->any || lists(*conditions.match, current, false);
    if (!holds) return Verdict::kFailed;
    step = 3;
  }
  if (step == 2 && usable(conditions.unmodified_since, current)) {
    const bool holds = *current.last_modified <= *conditions.unmodified_since->date;
    if (!holds) return Verdict::kFailed;
  }
  step = conditions.none_match ? 3 : 4;
  if (step == 3) {
    const bool holds = !conditions.none_match->any && !lists(*conditions.none_match, current, true);
    if (!holds) return reading ? Verdict::kNotModified : Verdict::kFailed;
  }
  if (step == 4 && reading && usable(conditions.modified_since, current)) {
    const bool holds = *current.last_modified > *conditions.modified_since->date;
    if (!holds) return Verdict::kNotModified;
  }
  return Verdict::kProceed;
}

Tag random_tag(Random& random) { return {random.chance(0.4), random.pick({'a', 'b', ','})}; }

std::optional<TagField> random_tags(Random& random) {
  if (random.chance(0.5)) return std::nullopt;
  TagField field;
  field.any = random.chance(0.1);
  if (!field.any) {
    field.lines.resize(random.between(1, 3));
    for (auto& line : field.lines) {
      for (uint64_t left = random.below(3); left > 0; --left) line.push_back(random_tag(random));
    }
  }
  return field;
}

std::optional<DateField> random_date(Random& random) {
  if (random.chance(0.5)) return std::nullopt;
  DateField field;
  field.lines = random.chance(0.9) ? 1 : 2;
  if (random.chance(0.9)) field.date = kBase + static_cast<int64_t>(random.below(3));
  return field;
}

void write_tags(const char* name, const std::optional<TagField>& field,
                std::vector<std::string>& lines) {
  if (!field) return;
  if (field->any) lines.push_back(std::string(name) + ": *");
  for (const auto& tags : field->lines) {
    std::string value;
    for (const Tag& tag : tags) value += (value.empty() ? "" : ", ") + write_tag(tag);
    lines.push_back(std::string(name) + ": " + value);
  }
}

void write_dates(const char* name, const std::optional<DateField>& field,
                 std::vector<std::string>& lines) {
  if (!field) return;
  char date[kDateLength];
  write_date(field->date.value_or(0), date);
  for (int i = 0; i < field->lines; ++i) {
    lines.push_back(std::string(name) + ": " +
                    (field->date ? std::string(date, sizeof date) : "yesterday"));
  }
}

// In any order, with other fields between.
std::string write_lines(Random& random, const Conditions& conditions) {
  std::vector<std::string> lines = {"Accept: */*", "If: x"};
  write_tags("If-Match", conditions.match, lines);
  write_tags("if-none-match", conditions.none_match, lines);
  write_dates("If-Modified-Since", conditions.modified_since, lines);
  write_dates("IF-UNMODIFIED-SINCE", conditions.unmodified_since, lines);
  for (size_t i = lines.size(); i-- > 1;) std::swap(lines[i], lines[random.below(i + 1)]);
  std::string text;
  for (const std::string& line : lines) text += line + "\r\n";
  return text;
}

TEST(PreconditionProperties, AgreeWithTheStepsOfTheSpecification) {
  constexpr uint64_t kSeed = 11;
  Random random(kSeed);
  std::map<Verdict, int> verdicts;
  for (int round = 0; round < 30'000; ++round) {
    const Conditions conditions{random_tags(random), random_tags(random), random_date(random),
                                random_date(random)};
    Current current;
    if (random.chance(0.8)) current.tag = random_tag(random);
    if (random.chance(0.8)) current.last_modified = kBase + static_cast<int64_t>(random.below(3));
    const Method method = random.pick({Method::kGet, Method::kHead, Method::kOther});

    const std::string lines = write_lines(random, conditions);
    const std::string tag = current.tag ? write_tag(*current.tag) : "";
    const HeadSource source(lines);
    const Verdict verdict = evaluate_preconditions(RequestFields(source.head()), method,
                                                   {tag, current.last_modified}, kNow);
    ++verdicts[verdict];
    ASSERT_EQ(verdict, steps(conditions, method, current))
        << "seed " << kSeed << ", round " << round << ", method " << static_cast<int>(method)
        << ", tag " << tag << ", modified " << current.last_modified.value_or(-1) << '\n'
        << lines;
  }
  for (const Verdict verdict : {Verdict::kProceed, Verdict::kNotModified, Verdict::kFailed}) {
    EXPECT_GT(verdicts[verdict], 3'000) << "an outcome that hardly ever happens is not tested";
  }
}

}  // namespace
}  // namespace sluice::http
