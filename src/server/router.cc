#include "server/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"

namespace sluice {

namespace {

std::vector<rules::Pattern> compile_all(const std::vector<std::string>& texts) {
  std::vector<rules::Pattern> patterns;
  for (const std::string& text : texts) {
    auto pattern = rules::Pattern::compile(text);
    SLUICE_CHECK(pattern.has_value());
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

MountedDirectory mounted(std::string prefix, const Directory& options) {
  return {.prefix = std::move(prefix),
          .root = DocumentRoot(options.root, options.symlinks),
          .options = options,
          .fallback_exclude = compile_all(options.fallback_exclude)};
}

// RFC 7617 §2, with the realm as a quoted-string (RFC 9110 §5.6.4).
std::string challenge_for(const std::string& realm) {
  std::string quoted;
  for (const char c : realm) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "WWW-Authenticate: Basic realm=\"" + quoted + "\", charset=\"UTF-8\"\r\n";
}

RoutedSite routed(size_t index, const Site& site,
                  const std::function<void(std::string_view)>& log) {
  RoutedSite result;
  result.index = index;
  std::vector<OptionProblem> problems;
  result.rules = rules::SiteRules::compile(site, "", problems);
  SLUICE_CHECK(problems.empty());
  for (const Mount& mount : site.mounts) {
    std::string prefix = mount.path;
    if (prefix.ends_with('/')) prefix.pop_back();
    const auto shorter = [&prefix](const MountedDirectory& other) {
      return other.prefix.size() < prefix.size();
    };
    const auto place = std::ranges::find_if(result.directories, shorter);
    result.directories.insert(place, mounted(std::move(prefix), mount));
  }
  result.directories.push_back(mounted("", site));
  for (const AuthRule& rule : site.auth) {
    RoutedSite::Auth auth;
    auth.passwords = std::make_unique<LivePasswordFile>(rule.htpasswd, log);
    auth.challenge = challenge_for(rule.realm);
    result.auth.push_back(std::move(auth));
  }
  return result;
}

}  // namespace

const MountedDirectory& RoutedSite::directory_of(std::string_view path) const noexcept {
  const auto holds = [path](const MountedDirectory& mount) {
    return mount.local(path).has_value();
  };
  const auto found = std::ranges::find_if(directories, holds);
  return found == directories.end() ? directories.back() : *found;
}

Router::Router(const std::vector<Site>& sites, const std::function<void(std::string_view)>& log) {
  std::vector<OptionProblem> problems;
  hosts_ = rules::HostTable::compile(sites, problems);
  SLUICE_CHECK(problems.empty());
  for (size_t i = 0; i < sites.size(); ++i) sites_.push_back(routed(i, sites[i], log));
}

const RoutedSite* Router::find(std::string_view host) const noexcept {
  const std::optional<size_t> index = hosts_.find(host);
  return index ? &sites_[*index] : nullptr;
}

}  // namespace sluice
