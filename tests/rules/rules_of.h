// Rules for tests, in one expression.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sluice/site.h>

namespace sluice::rules {

inline RedirectRule redirect_from(std::string from, std::string to, int status = 301) {
  RedirectRule rule;
  rule.from = std::move(from);
  rule.to = std::move(to);
  rule.status = status;
  return rule;
}

inline RedirectRule redirect_below(std::string prefix, std::string to, int status = 301) {
  RedirectRule rule = redirect_from("", std::move(to), status);
  rule.prefix = std::move(prefix);
  return rule;
}

inline RewriteRule rewrite_from(std::string from, std::string to) {
  RewriteRule rule;
  rule.from = std::move(from);
  rule.to = std::move(to);
  return rule;
}

inline RewriteRule rewrite_below(std::string prefix, std::string to) {
  RewriteRule rule = rewrite_from("", std::move(to));
  rule.prefix = std::move(prefix);
  return rule;
}

inline AuthRule auth_for(std::string path) {
  AuthRule rule;
  rule.path = std::move(path);
  return rule;
}

inline HeaderRule header_set(std::vector<HeaderField> set) {
  HeaderRule rule;
  rule.set = std::move(set);
  return rule;
}

inline HeaderRule header_added(std::vector<HeaderField> add, std::string path = "/**") {
  HeaderRule rule;
  rule.path = std::move(path);
  rule.add = std::move(add);
  return rule;
}

inline HeaderRule header_removed(std::vector<std::string> remove) {
  HeaderRule rule;
  rule.remove = std::move(remove);
  return rule;
}

}  // namespace sluice::rules
