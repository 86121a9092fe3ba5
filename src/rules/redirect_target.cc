#include "rules/redirect_target.h"

#include <algorithm>

#include "http/characters.h"
#include "http/host_field.h"
#include "http/percent_encoding.h"
#include "rules/message.h"

namespace sluice::rules {

namespace {

bool is_url_char(char c) noexcept {
  return c > 0x20 && c < 0x7f && !std::string_view("\"<>\\").contains(c);
}

bool escapes_are_well_formed(std::string_view text) noexcept {
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (!http::decode_escape(text.substr(at))) {
      return false;
    }
  }
  return true;
}

// The bytes of scheme and authority at the beginning of a URL, 0 if it is a path, or what is wrong.
std::expected<size_t, std::string> origin_size(std::string_view to) {
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (!http::equal_ignoring_case(to.substr(0, scheme.size()), scheme)) {
      continue;
    }
    const std::string_view rest = to.substr(scheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.contains('$')) {
      return std::unexpected(
          message("\"", to, "\" has a '$' in its host; a client would choose it"));
    }
    if (!http::is_valid_host(authority)) {
      return std::unexpected(message("\"", authority, "\" is no host"));
    }
    return scheme.size() + authority.size();
  }
  if (!to.starts_with('/') || to.starts_with("//")) {
    return std::unexpected(
        message("\"", to, "\" is neither a path with one '/' in front nor an http(s) URL"));
  }
  return 0;
}

std::string find_mistake(std::string_view to) {
  if (!std::ranges::all_of(to, is_url_char)) {
    return "what a redirect leads to is visible ASCII without '\"', '<', '>' and '\\'; "
           "escape other bytes (%20)";
  }
  if (!escapes_are_well_formed(to)) {
    return message("a '%' in \"", to, "\" is not followed by two hexadecimal digits");
  }
  return "";
}

}  // namespace

std::expected<RedirectTarget, std::string> RedirectTarget::compile(std::string_view to,
                                                                   size_t capture_count) {
  if (std::string mistake = find_mistake(to); !mistake.empty()) {
    return std::unexpected(std::move(mistake));
  }
  const auto origin = origin_size(to);
  if (!origin) {
    return std::unexpected(origin.error());
  }
  const std::string_view reference = to.substr(0, to.find('#'));
  const std::string_view before_query = reference.substr(0, reference.find('?'));
  const auto path = Substitution::compile(before_query.substr(*origin), capture_count);
  const auto query = Substitution::compile(reference.substr(before_query.size()), capture_count);
  const auto fragment = Substitution::compile(to.substr(reference.size()), capture_count);
  for (const auto* part : {&path, &query, &fragment}) {
    if (!*part) {
      return std::unexpected(part->error());
    }
  }
  RedirectTarget target;
  target.origin_ = to.substr(0, *origin);
  target.path_ = *path;
  target.query_ = *query;
  target.has_query_ = before_query.size() < reference.size();
  target.fragment_ = *fragment;
  return target;
}

size_t RedirectTarget::write(const Captures& captures, std::string_view rest,
                             std::string_view query, std::span<char> out) const noexcept {
  BoundedOutput output(out);
  output.put(origin_);
  path_.put(captures, Escaping::kPath, true, output);
  if (rest.starts_with('/') && output.ends_in_slash()) {
    rest.remove_prefix(1);
  }
  output.put(rest, Escaping::kPath);
  if (has_query_) {
    query_.put(captures, Escaping::kQuery, false, output);
  } else {
    output.put(query);
  }
  fragment_.put(captures, Escaping::kQuery, false, output);
  return output.size();
}

}  // namespace sluice::rules
