#include "rules/sample_paths.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace sluice::rules {

namespace {

// The fillings that are tried in every combination, and how many combinations.
constexpr size_t kPlainFillings = 3;
constexpr size_t kMaxCombinations = 27;

// Whether a request's path could be this: merged and resolved.
bool is_resolved(std::string_view path) {
  return path.starts_with('/') && !path.contains("//") &&
         !(std::string(path) + "/").contains("/./") && !(std::string(path) + "/").contains("/../");
}

// What to put in the place of a wildcard, the plain ones first.
std::vector<std::string> fillings_of(Wildcard wildcard, const std::vector<std::string>& words) {
  switch (wildcard) {
    case Wildcard::kByte: {
      std::vector<std::string> fillings = {"x", "x", "y"};
      std::ranges::copy_if(words, std::back_inserter(fillings),
                           [](const std::string& word) { return word.size() == 1; });
      return fillings;
    }
    case Wildcard::kSegment: {
      std::vector<std::string> fillings = {"x", "", "y"};
      std::ranges::copy_if(words, std::back_inserter(fillings),
                           [](const std::string& word) { return !word.contains('/'); });
      return fillings;
    }
    case Wildcard::kAny: {
      std::vector<std::string> fillings = {"x", "", "a/b"};
      fillings.insert(fillings.end(), words.begin(), words.end());
      return fillings;
    }
    case Wildcard::kFolders: {
      std::vector<std::string> fillings = {"x/", "", "a/b/"};
      for (const std::string& word : words) {
        fillings.push_back(word + "/");
      }
      return fillings;
    }
  }
  return {};
}

class Sampler {
 public:
  Sampler(const RulePath& rule, const std::vector<std::string>& words, size_t max_count)
      : rule_(rule), max_count_(max_count) {
    if (rule.is_prefix()) {
      const std::string base(rule.literal_prefix());
      literals_ = {base, ""};
      fillings_ = {{"/x", "", "/a/b", "/", "x", "a/b"}};
      for (const std::string& word : words) {
        fillings_[0].push_back(base.ends_with('/') ? word : "/" + word);
      }
      return;
    }
    literals_ = rule.pattern().literals();
    for (const Wildcard wildcard : rule.pattern().wildcards()) {
      fillings_.push_back(fillings_of(wildcard, words));
    }
  }

  std::vector<std::string> take() && {
    std::vector<size_t> choice(fillings_.size(), 0);
    combine(choice);
    std::ranges::fill(choice, 0);
    for (size_t i = 0; i < fillings_.size(); ++i) {
      for (size_t filling = 0; filling < fillings_[i].size() && !full(); ++filling) {
        choice[i] = filling;
        add(choice);
      }
      choice[i] = 0;
    }
    return std::move(paths_);
  }

 private:
  bool full() const { return paths_.size() >= max_count_; }

  // Counts in base kPlainFillings.
  void combine(std::vector<size_t>& choice) {
    for (size_t tried = 0; tried < kMaxCombinations && !full(); ++tried) {
      add(choice);
      size_t digit = 0;
      while (digit < choice.size() && ++choice[digit] == kPlainFillings) {
        choice[digit++] = 0;
      }
      if (digit == choice.size()) {
        return;
      }
    }
  }

  void add(const std::vector<size_t>& choice) {
    std::string path = literals_[0];
    for (size_t i = 0; i < choice.size(); ++i) {
      path += fillings_[i][choice[i]] + literals_[i + 1];
    }
    Captures captures;
    std::string_view rest;
    if (is_resolved(path) && rule_.match(path, captures, rest) && known_.insert(path).second) {
      paths_.push_back(std::move(path));
    }
  }

  const RulePath& rule_;
  size_t max_count_;
  std::vector<std::string> literals_;               // one more than fillings_
  std::vector<std::vector<std::string>> fillings_;  // of each wildcard
  std::set<std::string> known_;
  std::vector<std::string> paths_;
};

}  // namespace

std::vector<std::string> words_of(std::span<const RulePath* const> rules) {
  std::set<std::string> words;
  for (const RulePath* rule : rules) {
    for (const std::string& path : sample_paths(*rule, {}, 1)) {
      std::string_view rest = path;
      while (!rest.empty()) {
        rest.remove_prefix(1);
        words.emplace(rest);
        words.emplace(rest.substr(0, rest.find('/')));
        rest = rest.substr(std::min(rest.find('/'), rest.size()));
      }
    }
  }
  words.erase("");
  return {words.begin(), words.end()};
}

std::vector<std::string> sample_paths(const RulePath& rule, const std::vector<std::string>& words,
                                      size_t max_count) {
  return Sampler(rule, words, max_count).take();
}

}  // namespace sluice::rules
