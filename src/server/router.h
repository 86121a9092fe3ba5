// From a host and a path to what the configuration says about them, and to who answers.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/site.h>

#include "files/live_password_file.h"
#include "rules/host_table.h"
#include "rules/site_rules.h"
#include "server/mounted_directory.h"
#include "server/served_directory.h"

namespace sluice {

// A handler at its place in a site.
struct RoutedHandler {
  std::string prefix;  // without a slash at its end, so "" for "/"
  const Handler& handler;
  std::string name;  // for a log: "the handler of '/api'"
};

// Who answers a path: one of the two, or nobody.
struct Place {
  const RoutedHandler* handler = nullptr;
  const MountedDirectory* directory = nullptr;
};

// A site with its rules compiled and its directories open.
struct RoutedSite {
  size_t index;  // in Options::sites
  rules::SiteRules rules;
  // Each the longest prefix first. The site's own directory, if it has one, is the last.
  std::list<MountedDirectory> directories;
  std::list<RoutedHandler> handlers;
  std::list<ServedDirectory> served;  // what `directories` refers to

  // For each of Site::auth: the passwords, and the field that asks for one.
  struct Auth {
    std::unique_ptr<LivePasswordFile> passwords;
    std::string challenge;  // "WWW-Authenticate: …\r\n"
  };
  std::vector<Auth> auth;

  // The directory that `path` (absolute) is in; null where there is none.
  const MountedDirectory* directory_of(std::string_view path) const noexcept;
  // Who answers it: the longest prefix wins, of two that are the same that of the handler.
  Place place_of(std::string_view path) const noexcept;
};

// Host → site → rules and directory. Immutable: shards share one. What it is made from outlives it.
class Router {
 public:
  // Throws StartError. REQUIRES: find_problems() has none with these sites.
  Router(const std::vector<Site>& sites, const std::function<void(std::string_view)>& log);

  // The site for a value of Host, "" where there was none; null if none is responsible (421).
  const RoutedSite* find(std::string_view host) const noexcept;

  const std::vector<RoutedSite>& sites() const noexcept { return sites_; }
  const std::function<void(std::string_view)>& log() const noexcept { return log_; }

 private:
  const std::function<void(std::string_view)>& log_;
  rules::HostTable hosts_;
  std::vector<RoutedSite> sites_;
};

}  // namespace sluice
