// is_valid_host(), host_name() and HostTable. Input: a value of Host; a site a line, whose hosts
// have blanks between them.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/characters.h"
#include "http/host_field.h"
#include "rules/host_table.h"

namespace sluice::fuzz {
namespace {

std::string lower(std::string_view text) {
  std::string out;
  std::ranges::transform(text, std::back_inserter(out), http::to_lower);
  return out;
}

void check_value(std::string_view value) {
  const bool valid = http::is_valid_host(value);
  http::HostCheck check;
  for (size_t i = 0; i < value.size(); ++i) check.feed(value.substr(i, 1));
  SLUICE_CHECK(check.valid() == valid);
  const std::string_view name = rules::host_name(value);
  SLUICE_CHECK(name.size() <= value.size());
  SLUICE_CHECK(!valid || !name.empty());
  SLUICE_CHECK(value.find(name) != std::string_view::npos);
}

std::vector<Site> read_sites(FuzzInput& input) {
  constexpr size_t kMostSites = 32;
  std::vector<Site> sites;
  while (!input.empty() && sites.size() < kMostSites) {
    Site& site = sites.emplace_back();
    std::string_view line = input.line();
    while (!line.empty()) {
      const std::string_view host = line.substr(0, line.find(' '));
      line.remove_prefix(std::min(line.size(), host.size() + 1));
      if (!host.empty()) site.hosts.emplace_back(host);
    }
  }
  return sites;
}

// All sites, one after the other.
std::optional<size_t> slow_find(const std::vector<Site>& sites, const std::string& name) {
  std::optional<size_t> found;
  size_t longest = 0;
  for (size_t site = 0; site < sites.size(); ++site) {
    if (sites[site].hosts.empty() && !found) found = site;
    for (const std::string& host : sites[site].hosts) {
      std::string known = lower(host);
      if (known.size() > 1 && known.ends_with('.')) known.pop_back();
      if (known == name) return site;
      if (!known.starts_with("*.")) continue;
      const std::string suffix = known.substr(1);
      if (name.size() <= suffix.size() || !name.ends_with(suffix)) continue;
      if (suffix.size() > longest) {
        longest = suffix.size();
        found = site;
      }
    }
  }
  return found;
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const fuzz::ExactBytes value(input.line());
  fuzz::check_value(value.view());
  const std::vector<Site> sites = fuzz::read_sites(input);
  std::vector<OptionProblem> problems;
  const auto table = rules::HostTable::compile(sites, problems);
  for (const OptionProblem& problem : problems) {
    SLUICE_CHECK(problem.option.starts_with("sites[") && !problem.message.empty());
  }
  if (!problems.empty() || !http::is_valid_host(value.view())) {
    (void)table.find(value.view());
    return 0;
  }
  const std::string_view name = rules::host_name(value.view());
  if (name.size() > rules::kMaxHostBytes) return 0;
  const auto site = table.find(value.view());
  SLUICE_CHECK(site == fuzz::slow_find(sites, fuzz::lower(name)));
  for (size_t i = 0; site && i < sites.size(); ++i) {
    if (i == *site && !sites[i].hosts.empty()) {
      SLUICE_CHECK(rules::hosts_contain(sites[i].hosts, name));
    }
  }
  return 0;
}
