// The rules of a site, compiled from a configuration and asked about a path. Input: a target; what
// is appended to it; the text of the configuration.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "cli/config_file.h"
#include "fuzz/fuzz_input.h"
#include "http/target_path.h"
#include "rules/site_rules.h"

namespace sluice::fuzz {
namespace {

using rules::Captures;
using rules::RuleKind;
using rules::SiteRules;

// Compiling looks for loops by trying rules on each other's outcomes.
constexpr size_t kMostRules = 16;

bool is_small(const Site& site) {
  return site.redirects.size() + site.rewrites.size() + site.headers.size() + site.auth.size() <=
         kMostRules;
}

void check_redirect(const SiteRules& rules, size_t redirect, const http::TargetPath& path) {
  Captures captures;
  std::string_view rest;
  SLUICE_CHECK(rules.redirect_path(redirect).match(path.absolute(), captures, rest));
  const int status = rules.redirect_status(redirect);
  SLUICE_CHECK(status >= 301 && status <= 308);
  std::vector<char> out(8192);
  const size_t size = rules.write_location(redirect, path.absolute(), path.query(), out);
  const std::string_view location(out.data(), size);
  SLUICE_CHECK(std::ranges::all_of(location, [](char c) { return c > 0x20 && c < 0x7f; }));
  SLUICE_CHECK(!location.starts_with("//") && !location.starts_with("/\\"));
}

void check_rewrite(const SiteRules& rules, size_t rewrite, std::string_view path) {
  Captures captures;
  std::string_view rest;
  SLUICE_CHECK(rules.rewrite_path(rewrite).match(path, captures, rest));
  std::vector<char> out(rules::kMaxPathBytes);
  const size_t size = rules.write_rewritten(rewrite, path, out);
  if (size == 0) return;
  http::TargetPath rewritten;
  const auto assigned = rewritten.assign({out.data(), size}, "");
  SLUICE_CHECK(assigned || assigned.error() == 404);  // too long is all that may be wrong with it
}

void check_edits(const SiteRules& rules, const rules::Matches& matches, std::string_view path) {
  for (const int status : {200, 404}) {
    rules.visit_header_edits(matches, path, status, [](const rules::HeaderEdit&) {});
  }
  (void)rules.answers_preflight(matches);
}

void check_site(const Site& site, const http::TargetPath& path) {
  std::vector<OptionProblem> problems;
  const SiteRules rules = SiteRules::compile(site, "sites[0]", problems);
  for (const OptionProblem& problem : problems) {
    SLUICE_CHECK(problem.option.starts_with("sites[0].") && !problem.message.empty());
  }
  if (!problems.empty()) return;
  const ExactBytes absolute(path.absolute());
  const rules::Matches matches = rules.match(absolute.view());
  for (size_t i = 0; i < site.redirects.size(); ++i) {
    Captures captures;
    std::string_view rest;
    SLUICE_CHECK(matches.contains(RuleKind::kRedirect, i) ==
                 rules.redirect_path(i).match(absolute.view(), captures, rest));
  }
  for (size_t i = 0; i < site.rewrites.size(); ++i) {
    Captures captures;
    std::string_view rest;
    SLUICE_CHECK(matches.contains(RuleKind::kRewrite, i) ==
                 rules.rewrite_path(i).match(absolute.view(), captures, rest));
  }
  if (const auto redirect = rules.first_redirect(matches)) check_redirect(rules, *redirect, path);
  if (const auto rewrite = rules.first_rewrite(matches)) {
    check_rewrite(rules, *rewrite, absolute.view());
  }
  check_edits(rules, matches, absolute.view());
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const std::string target = std::string(input.line()) + std::string(input.line());
  http::TargetPath path;
  if (!http::parse_target(target, path)) return 0;
  const cli::ConfigResult config = cli::read_config(input.rest(), "f", "");
  if (!config.mistakes.empty()) return 0;
  for (const Site& site : config.options.sites) {
    if (fuzz::is_small(site)) fuzz::check_site(site, path);
  }
  return 0;
}
