// The rules of a site, compiled: what a request asks of them costs no allocation.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/options.h>

#include "rules/hashed_name.h"
#include "rules/header_rule.h"
#include "rules/matches.h"
#include "rules/redirect_target.h"
#include "rules/rewrite_target.h"
#include "rules/rule_index.h"
#include "rules/rule_path.h"

namespace sluice::rules {

// Rewrites are applied to their own outcome this often at most; more of them is a loop.
inline constexpr size_t kMaxRewriteSteps = 10;

// Immutable, and may be used by many threads. A path is absolute, decoded and resolved: "/a/b",
// with '/' at its end for a directory. All indexes are those of the Site's vectors.
class SiteRules {
 public:
  SiteRules() = default;  // no rules

  // Adds to `problems` what is wrong with the redirects, rewrites, header rules and patterns of
  // `auth` of a site, whose name is `option` ("sites[0]"), redirects and rewrites that lead back
  // to themselves among it. Where it adds any, the outcome is not to be used.
  static SiteRules compile(const Site& site, const std::string& option,
                           std::vector<OptionProblem>& problems);

  // True exactly when there is no rule that could match.
  bool empty() const noexcept { return index_.empty(); }

  // All rules that `path` matches, of every kind.
  Matches match(std::string_view path) const noexcept { return index_.match(path); }

  // --- Redirects ---------------------------------------------------------------------------------

  std::optional<size_t> first_redirect(const Matches& matches) const noexcept {
    return matches.first(RuleKind::kRedirect);
  }

  int redirect_status(size_t redirect) const noexcept { return redirects_[redirect].status; }

  // Writes the Location. `query` is that of the request as it was sent, with its '?', or empty.
  // Returns the bytes written, 0 if they do not fit. REQUIRES: `path` matches the redirect.
  size_t write_location(size_t redirect, std::string_view path, std::string_view query,
                        std::span<char> out) const noexcept;

  const RulePath& redirect_path(size_t redirect) const noexcept {
    return redirects_[redirect].from;
  }

  // --- Rewrites ----------------------------------------------------------------------------------

  std::optional<size_t> first_rewrite(const Matches& matches) const noexcept {
    return matches.first(RuleKind::kRewrite);
  }

  // Writes the new path. Returns the bytes written, 0 if they do not fit or would leave the place
  // that `to` says by "..": nothing is to be found there.
  // REQUIRES: `path` matches the rewrite, and does not overlap `out`.
  size_t write_rewritten(size_t rewrite, std::string_view path, std::span<char> out) const noexcept;

  const RulePath& rewrite_path(size_t rewrite) const noexcept { return rewrites_[rewrite].from; }

  // --- Passwords ---------------------------------------------------------------------------------

  std::optional<size_t> first_auth(const Matches& matches) const noexcept {
    return matches.first(RuleKind::kAuth);
  }

  // --- Header fields -----------------------------------------------------------------------------

  // Calls visit(const HeaderEdit&) for each edit of a response of this status to `path`, in order.
  template <class Visitor>
  void visit_header_edits(const Matches& matches, std::string_view path, int status,
                          Visitor&& visit) const {
    for (auto at = matches.first(RuleKind::kHeader); at;
         at = matches.first(RuleKind::kHeader, *at + 1)) {
      for (const HeaderEdit& edit : headers_[*at].edits) {
        // A redirect is not what the name with the hash stands for, nor is an error.
        const bool content = status == 200 || status == 206 || status == 304;
        if (edit.hashed_names_only && !(content && is_hashed_name(path))) continue;
        if (edit.always || status < 400) visit(edit);
      }
    }
  }

  // Whether a preflight request is answered by 204 with kPreflightLines.
  bool answers_preflight(const Matches& matches) const noexcept;

 private:
  friend class SiteCompiler;

  struct Redirect {
    RulePath from;
    RedirectTarget to;
    int status;
  };

  struct Rewrite {
    RulePath from;
    RewriteTarget to;
  };

  std::vector<Redirect> redirects_;
  std::vector<Rewrite> rewrites_;
  std::vector<CompiledHeaderRule> headers_;
  RuleIndex index_;
};

}  // namespace sluice::rules
