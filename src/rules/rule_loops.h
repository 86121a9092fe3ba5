// Redirects and rewrites that lead back to themselves.
#pragma once

#include <string>
#include <vector>

#include <sluice/options.h>

#include "rules/site_rules.h"

namespace sluice::rules {

// Follows examples of paths through the redirects of a site, as a client would, and through its
// rewrites, as the server does, and adds a problem with the way that it took
// ("sites[0].redirects[0].to": "/a/x → /b/x → /a/x") for those that come back or find no end. What
// it reports is wrong indeed; loops that none of the examples gets into stay unnoticed.
//
// A redirect to an http URL is followed if its host is one of the site's and it has no port but 80.
// Work is bounded, whatever the rules are.
void find_loops(const Site& site, const SiteRules& rules, const std::string& option,
                std::vector<OptionProblem>& problems);

}  // namespace sluice::rules
