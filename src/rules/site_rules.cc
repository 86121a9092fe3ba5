#include "rules/site_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rules/message.h"
#include "rules/rule_loops.h"

namespace sluice::rules {

// Compiles the rules of one site, and goes on after a mistake to find the others.
class SiteCompiler {
 public:
  SiteCompiler(const Site& site, const std::string& option, std::vector<OptionProblem>& problems)
      : site_(site), option_(option), problems_(problems) {}

  SiteRules compile() {
    const size_t problem_count = problems_.size();
    check_count("redirects", site_.redirects.size());
    check_count("rewrites", site_.rewrites.size());
    check_count("auth", site_.auth.size());
    check_count("headers", site_.headers.size());
    if (problems_.size() == problem_count) {
      compile_redirects();
      compile_rewrites();
      compile_auth();
      compile_headers();
      rules_.index_ = RuleIndex(std::move(index_));
    }
    if (problems_.size() == problem_count) {
      find_loops(site_, rules_, option_, problems_);
    }
    return std::move(rules_);
  }

 private:
  void check_count(std::string_view what, size_t count) {
    if (count > kMaxRulesOfAKind) {
      report(message(option_, ".", what),
             message("there are ", count, "; ", kMaxRulesOfAKind, " are allowed"));
    }
  }

  void compile_redirects() {
    for (size_t i = 0; i < site_.redirects.size(); ++i) {
      const RedirectRule& rule = site_.redirects[i];
      const std::string option = message(option_, ".redirects[", i, "]");
      const RulePath path = compile_source(RuleKind::kRedirect, i, rule.from, rule.prefix, option);
      auto to = RedirectTarget::compile(rule.to, path.capture_count());
      if (!to) {
        report(option + ".to", std::move(to.error()));
      }
      constexpr std::array kStatuses = {301, 302, 303, 307, 308};
      if (std::ranges::find(kStatuses, rule.status) == kStatuses.end()) {
        report(option + ".status", message(rule.status, " is none of 301, 302, 303, 307 and 308"));
      }
      rules_.redirects_.push_back({path, to.value_or(RedirectTarget()), rule.status});
    }
  }

  void compile_rewrites() {
    for (size_t i = 0; i < site_.rewrites.size(); ++i) {
      const RewriteRule& rule = site_.rewrites[i];
      const std::string option = message(option_, ".rewrites[", i, "]");
      const RulePath path = compile_source(RuleKind::kRewrite, i, rule.from, rule.prefix, option);
      auto to = RewriteTarget::compile(rule.to, path.capture_count());
      if (!to) {
        report(option + ".to", std::move(to.error()));
      }
      rules_.rewrites_.push_back({path, to.value_or(RewriteTarget())});
    }
  }

  void compile_auth() {
    for (size_t i = 0; i < site_.auth.size(); ++i) {
      compile_pattern(RuleKind::kAuth, i, site_.auth[i].path,
                      message(option_, ".auth[", i, "].path"));
    }
  }

  void compile_headers() {
    for (size_t i = 0; i < site_.headers.size(); ++i) {
      const std::string option = message(option_, ".headers[", i, "]");
      compile_pattern(RuleKind::kHeader, i, site_.headers[i].path, option + ".path");
      rules_.headers_.push_back(compile_header_rule(site_.headers[i], option, problems_));
    }
  }

  RulePath compile_source(RuleKind kind, size_t index, const std::string& from,
                          const std::string& prefix, const std::string& option) {
    if (from.empty() == prefix.empty()) {
      report(option + ".from", from.empty() ? "either `from` or `prefix` says which paths"
                                            : "`from` and `prefix` exclude each other");
      return any_path();
    }
    if (prefix.empty()) {
      return compile_pattern(kind, index, from, option + ".from");
    }
    auto path = RulePath::of_prefix(prefix);
    if (!path) {
      report(option + ".prefix", std::move(path.error()));
      return any_path();
    }
    index_.push_back({kind, index, *path});
    return *std::move(path);
  }

  RulePath compile_pattern(RuleKind kind, size_t index, const std::string& text,
                           const std::string& option) {
    auto pattern = Pattern::compile(text);
    if (!pattern) {
      report(option, std::move(pattern.error()));
      return any_path();
    }
    RulePath path = RulePath::of_pattern(*std::move(pattern));
    index_.push_back({kind, index, path});
    return path;
  }

  // In the place of one with a mistake: has all captures, so that `to` is judged for itself.
  static RulePath any_path() { return RulePath::of_pattern(*Pattern::compile("/?????????")); }

  void report(std::string option, std::string message) {
    problems_.push_back({std::move(option), std::move(message)});
  }

  const Site& site_;
  const std::string& option_;
  std::vector<OptionProblem>& problems_;
  SiteRules rules_;
  std::vector<RuleIndex::Rule> index_;
};

SiteRules SiteRules::compile(const Site& site, const std::string& option,
                             std::vector<OptionProblem>& problems) {
  return SiteCompiler(site, option, problems).compile();
}

size_t SiteRules::write_location(size_t redirect, std::string_view path, std::string_view query,
                                 std::span<char> out) const noexcept {
  const Redirect& rule = redirects_[redirect];
  Captures captures;
  std::string_view rest;
  return rule.from.match(path, captures, rest) ? rule.to.write(captures, rest, query, out) : 0;
}

size_t SiteRules::write_rewritten(size_t rewrite, std::string_view path,
                                  std::span<char> out) const noexcept {
  const Rewrite& rule = rewrites_[rewrite];
  Captures captures;
  std::string_view rest;
  return rule.from.match(path, captures, rest) ? rule.to.write(captures, rest, out) : 0;
}

bool SiteRules::answers_preflight(const Matches& matches) const noexcept {
  for (auto at = matches.first(RuleKind::kHeader); at;
       at = matches.first(RuleKind::kHeader, *at + 1)) {
    if (headers_[*at].cors) {
      return true;
    }
  }
  return false;
}

}  // namespace sluice::rules
