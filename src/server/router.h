// From a host and a path to what the configuration says about them.
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

namespace sluice {

// A site with its rules compiled and its directories open.
struct RoutedSite {
  size_t index;  // in Options::sites
  rules::SiteRules rules;
  std::list<MountedDirectory> directories;  // the longest prefix first, the site's own last

  // For each of Site::auth: the passwords, and the field that asks for one.
  struct Auth {
    std::unique_ptr<LivePasswordFile> passwords;
    std::string challenge;  // "WWW-Authenticate: …\r\n"
  };
  std::vector<Auth> auth;

  // The directory that `path` (absolute) is in. The site's own takes what no mount has.
  const MountedDirectory& directory_of(std::string_view path) const noexcept;
};

// Host → site → rules and directory. Immutable: shards share one. What it is made from outlives it.
class Router {
 public:
  // Throws StartError. REQUIRES: find_problems() has none with these sites.
  Router(const std::vector<Site>& sites, const std::function<void(std::string_view)>& log);

  // The site for a value of Host, "" where there was none; null if none is responsible (421).
  const RoutedSite* find(std::string_view host) const noexcept;

  const std::vector<RoutedSite>& sites() const noexcept { return sites_; }

 private:
  rules::HostTable hosts_;
  std::vector<RoutedSite> sites_;
};

}  // namespace sluice
