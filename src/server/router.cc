#include "server/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/assert.h"

namespace sluice {

namespace {

std::string without_final_slash(std::string path) {
  if (path.ends_with('/')) path.pop_back();
  return path;
}

bool holds(std::string_view prefix, std::string_view path) noexcept {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
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

constexpr auto kLongerPrefixFirst = [](const auto& left, const auto& right) noexcept {
  return left.prefix.size() > right.prefix.size();
};

void add_directories(const Site& site, RoutedSite& result) {
  for (const Mount& mount : site.mounts) {
    const ServedDirectory& served = result.served.emplace_back(mount);
    result.directories.push_back(served.at(without_final_slash(mount.path)));
  }
  if (!site.root.empty()) result.directories.push_back(result.served.emplace_back(site).at(""));
  result.directories.sort(kLongerPrefixFirst);
}

RoutedSite routed(size_t index, const Site& site,
                  const std::function<void(std::string_view)>& log) {
  RoutedSite result;
  result.index = index;
  std::vector<OptionProblem> problems;
  result.rules = rules::SiteRules::compile(site, "", problems);
  SLUICE_CHECK(problems.empty());
  add_directories(site, result);
  for (const HandlerRoute& route : site.handlers) {
    result.handlers.push_back({.prefix = without_final_slash(route.prefix),
                               .handler = route.handler,
                               .name = "the handler of '" + route.prefix + "'"});
  }
  result.handlers.sort(kLongerPrefixFirst);
  for (const AuthRule& rule : site.auth) {
    RoutedSite::Auth auth;
    auth.passwords = std::make_unique<LivePasswordFile>(rule.htpasswd, log);
    auth.challenge = challenge_for(rule.realm);
    result.auth.push_back(std::move(auth));
  }
  return result;
}

}  // namespace

const MountedDirectory* RoutedSite::directory_of(std::string_view path) const noexcept {
  const auto holds = [path](const MountedDirectory& mount) {
    return mount.local(path).has_value();
  };
  const auto found = std::ranges::find_if(directories, holds);
  return found == directories.end() ? nullptr : &*found;
}

Place RoutedSite::place_of(std::string_view path) const noexcept {
  const MountedDirectory* const directory = directory_of(path);
  const auto found = std::ranges::find_if(
      handlers, [path](const RoutedHandler& routed) { return holds(routed.prefix, path); });
  if (found == handlers.end()) return {.directory = directory};
  if (directory != nullptr && directory->prefix.size() > found->prefix.size()) {
    return {.directory = directory};
  }
  return {.handler = &*found};
}

Router::Router(const std::vector<Site>& sites, const std::function<void(std::string_view)>& log)
    : log_(log) {
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
