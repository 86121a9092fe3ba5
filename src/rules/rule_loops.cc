#include "rules/rule_loops.h"

#include <algorithm>
#include <array>
#include <optional>

#include "http/characters.h"
#include "http/target_path.h"
#include "rules/host_table.h"
#include "rules/message.h"
#include "rules/sample_paths.h"

namespace sluice::rules {

namespace {

constexpr size_t kMaxRedirectSteps = 32;
constexpr size_t kMaxStepsOfAKind = 10'000;  // of all examples together
constexpr size_t kLocationCapacity = 16 * 1024;
constexpr size_t kShownPathBytes = 80;
constexpr size_t kShownEndlessPaths = 4;

// Where one application of a rule leads.
struct Step {
  size_t rule;
  std::string path;       // empty: out of reach of the rules
  bool too_long = false;  // no request could have the path
};

// A redirect's Location as the path that the client then asks this site for.
Step follow_location(const Site& site, size_t rule, std::string_view location) {
  constexpr std::string_view kHttp = "http://";
  const std::string_view target = location.substr(0, location.find('#'));
  if (!target.starts_with('/')) {
    if (!http::equal_ignoring_case(target.substr(0, kHttp.size()), kHttp)) {
      return {rule, ""};
    }
    const std::string_view rest = target.substr(kHttp.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    const size_t port = authority.find(':', authority.rfind(']') + 1);
    const bool other_port = port != std::string_view::npos && authority.substr(port) != ":80";
    if (other_port || !hosts_contain(site.hosts, host_name(authority))) {
      return {rule, ""};
    }
  }
  http::TargetPath path;
  if (const auto parsed = http::parse_target(target, path); !parsed) {
    return {rule, "", parsed.error() == 404};
  }
  return {rule, std::string(path.absolute())};
}

std::optional<Step> redirect_once(const Site& site, const SiteRules& rules,
                                  const std::string& path) {
  const auto rule = rules.first_redirect(rules.match(path));
  if (!rule) {
    return std::nullopt;
  }
  std::array<char, kLocationCapacity> location;
  const size_t size = rules.write_location(*rule, path, "", location);
  if (size == 0) {
    return Step{*rule, "", true};
  }
  return follow_location(site, *rule, {location.data(), size});
}

std::optional<Step> rewrite_once(const Site& /*site*/, const SiteRules& rules,
                                 const std::string& path) {
  const auto rule = rules.first_rewrite(rules.match(path));
  if (!rule) {
    return std::nullopt;
  }
  std::array<char, kMaxPathBytes> rewritten;
  const size_t size = rules.write_rewritten(*rule, path, rewritten);
  return Step{*rule, std::string(rewritten.data(), size)};
}

std::string shorten(std::string_view path) {
  return path.size() <= kShownPathBytes ? std::string(path)
                                        : std::string(path.substr(0, kShownPathBytes)) + "…";
}

std::string describe_way(const std::vector<std::string>& paths) {
  std::string way;
  for (const std::string& path : paths) {
    way += (way.empty() ? "" : " → ") + shorten(path);
  }
  return way;
}

class LoopFinder {
 public:
  using Apply = std::optional<Step> (*)(const Site&, const SiteRules&, const std::string&);

  // `option` is that of the vector of rules: "sites[0].redirects".
  LoopFinder(const Site& site, const SiteRules& rules, std::string option, Apply apply,
             size_t max_steps, std::vector<OptionProblem>& problems)
      : site_(site),
        rules_(rules),
        option_(std::move(option)),
        apply_(apply),
        max_steps_(max_steps),
        problems_(problems) {}

  void find(const std::vector<const RulePath*>& sources) {
    reported_.assign(sources.size(), false);
    if (sources.empty()) {
      return;
    }
    const size_t budget = kMaxStepsOfAKind / sources.size();
    std::vector<std::string> words = words_of(sources);
    words.resize(std::min(words.size(), budget));
    for (const RulePath* source : sources) {
      size_t steps = 0;
      for (const std::string& path : sample_paths(*source, words, budget)) {
        steps += walk(path);
        if (steps >= budget) {
          break;
        }
      }
    }
  }

 private:
  // Returns the steps it took.
  size_t walk(const std::string& start) {
    std::vector<std::string> paths = {start};
    std::vector<size_t> rules;
    while (rules.size() < max_steps_) {
      auto step = apply_(site_, rules_, paths.back());
      if (!step) {
        return rules.size() + 1;
      }
      rules.push_back(step->rule);
      if (step->path.empty()) {
        if (step->too_long && rules.size() > 1) {
          report_endless(paths, rules);
        }
        return rules.size();
      }
      const auto known = std::ranges::find(paths, step->path);
      const auto skipped = known - paths.begin();
      paths.push_back(std::move(step->path));
      if (skipped + 1 < static_cast<std::ptrdiff_t>(paths.size())) {
        report({rules.begin() + skipped, rules.end()}, "leads back to where it began",
               {paths.begin() + skipped, paths.end()});
        return rules.size();
      }
    }
    report_endless(paths, rules);
    return rules.size();
  }

  void report_endless(std::vector<std::string> paths, const std::vector<size_t>& rules) {
    if (paths.size() > kShownEndlessPaths) {
      paths.resize(kShownEndlessPaths);
    }
    paths.emplace_back("…");
    // What the first steps did may have ended.
    const auto half = static_cast<std::ptrdiff_t>(rules.size() / 2);
    report({rules.begin() + half, rules.end()}, "finds no end", paths);
  }

  // Once for the first of the rules that take part.
  void report(const std::vector<size_t>& rules, std::string_view what,
              const std::vector<std::string>& way) {
    const size_t rule = std::ranges::min(rules);
    if (!reported_[rule]) {
      reported_[rule] = true;
      problems_.push_back(
          {message(option_, "[", rule, "].to"), message(what, ": ", describe_way(way))});
    }
  }

  const Site& site_;
  const SiteRules& rules_;
  std::string option_;
  Apply apply_;
  size_t max_steps_;
  std::vector<OptionProblem>& problems_;
  std::vector<bool> reported_;  // of each rule
};

}  // namespace

void find_loops(const Site& site, const SiteRules& rules, const std::string& option,
                std::vector<OptionProblem>& problems) {
  std::vector<const RulePath*> redirects;
  redirects.reserve(site.redirects.size());
  for (size_t i = 0; i < site.redirects.size(); ++i) {
    redirects.push_back(&rules.redirect_path(i));
  }
  std::vector<const RulePath*> rewrites;
  rewrites.reserve(site.rewrites.size());
  for (size_t i = 0; i < site.rewrites.size(); ++i) {
    rewrites.push_back(&rules.rewrite_path(i));
  }
  LoopFinder(site, rules, option + ".redirects", redirect_once, kMaxRedirectSteps, problems)
      .find(redirects);
  LoopFinder(site, rules, option + ".rewrites", rewrite_once, kMaxRewriteSteps + 1, problems)
      .find(rewrites);
}

}  // namespace sluice::rules
