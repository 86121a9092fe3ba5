#include "rules/host_table.h"

#include <algorithm>
#include <bit>
#include <expected>
#include <map>

#include "http/characters.h"
#include "http/host_field.h"
#include "rules/message.h"

namespace sluice::rules {

namespace {

// FNV-1a over lower-cased bytes from the right, so that one pass has the hash of every suffix.
constexpr uint64_t kHashBasis = 0xcbf29ce484222325U;

constexpr uint64_t hash_byte(uint64_t hash, char c) noexcept {
  return (hash ^ static_cast<unsigned char>(http::to_lower(c))) * 0x100000001b3U;
}

uint64_t hash_of(std::string_view name) noexcept {
  uint64_t hash = kHashBasis;
  for (size_t i = name.size(); i-- > 0;) {
    hash = hash_byte(hash, name[i]);
  }
  return hash;
}

std::string_view without_final_dot(std::string_view name) noexcept {
  return name.substr(0, name.size() - (name.size() > 1 && name.ends_with('.') ? 1 : 0));
}

// The key of a host of the configuration, lower-cased: "example.org", ".example.org" for
// "*.example.org". Or what is wrong with it.
std::expected<std::string, std::string> compile_host(std::string_view host) {
  const auto problem = [host](std::string_view what) {
    return std::unexpected(message("\"", host, "\" ", what));
  };
  if (host == "*") {
    return problem("is every host: make the site the default site instead");
  }
  const bool wildcard = host.starts_with("*.");
  const std::string_view name = without_final_dot(host.substr(wildcard ? 2 : 0));
  if (name.contains('*')) {
    return problem("has a '*' elsewhere than in front, as in \"*.example.org\"");
  }
  const bool literal = name.starts_with('[');
  if (!http::is_valid_host(name) || std::ranges::any_of(name, http::is_blank) ||
      name.starts_with('.') || name.contains("..") || (literal && wildcard) ||
      name.size() > kMaxHostBytes - 1) {
    return problem("is no host name; other letters are written as xn--…, IPv6 addresses in []");
  }
  if (literal ? !name.ends_with(']') : name.contains(':')) {
    return problem("has a port; a site serves its hosts on every port");
  }
  std::string key = wildcard ? "." : "";
  std::ranges::transform(name, std::back_inserter(key), http::to_lower);
  return key;
}

}  // namespace

std::string_view host_name(std::string_view host_value) noexcept {
  const std::string_view value = http::trim_blanks(host_value);
  if (value.starts_with('[')) {
    const size_t end = value.find(']');
    return value.substr(0, end == std::string_view::npos ? end : end + 1);
  }
  return without_final_dot(value.substr(0, value.find(':')));
}

bool hosts_contain(const std::vector<std::string>& hosts, std::string_view name) noexcept {
  return std::ranges::any_of(hosts, [name](std::string_view host) {
    const std::string_view known = without_final_dot(host);
    if (!known.starts_with("*.")) {
      return http::equal_ignoring_case(known, name);
    }
    const std::string_view suffix = known.substr(1);
    return name.size() > suffix.size() &&
           http::equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
  });
}

HostTable HostTable::compile(const std::vector<Site>& sites, std::vector<OptionProblem>& problems) {
  HostTable table;
  std::map<std::string, size_t> keys;
  for (size_t site = 0; site < sites.size(); ++site) {
    const std::vector<std::string>& hosts = sites[site].hosts;
    if (sites[site].default_site || hosts.empty()) {
      if (table.default_site_) {
        problems.push_back(
            {message("sites[", site, "].", hosts.empty() ? "hosts" : "default_site"),
             message("sites[", *table.default_site_,
                     "] serves other hosts already, and one site at most does; ",
                     hosts.empty() ? "name the hosts of this one" : "make it false")});
      } else {
        table.default_site_ = site;
      }
    }
    for (size_t i = 0; i < hosts.size(); ++i) {
      const std::string option = message("sites[", site, "].hosts[", i, "]");
      auto key = compile_host(hosts[i]);
      if (!key) {
        problems.push_back({option, std::move(key.error())});
        continue;
      }
      const auto [known, added] = keys.emplace(*std::move(key), site);
      if (!added) {
        problems.push_back({option, message("\"", hosts[i], "\" is a host of sites[", known->second,
                                            "] already")});
      }
    }
  }
  table.rebuild({keys.begin(), keys.end()});
  return table;
}

void HostTable::rebuild(const std::vector<std::pair<std::string, size_t>>& names) {
  slots_.assign(names.empty() ? 0 : std::bit_ceil(names.size() * 2), {});
  for (const auto& [name, site] : names) {
    const uint64_t hash = hash_of(name);
    size_t at = hash & (slots_.size() - 1);
    while (slots_[at].name_size != 0) {
      at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = {hash, static_cast<uint32_t>(names_.size()), static_cast<uint32_t>(name.size()),
                  static_cast<uint32_t>(site)};
    names_ += name;
  }
}

const HostTable::Slot* HostTable::look_up(std::string_view name, uint64_t hash) const noexcept {
  for (size_t at = hash & (slots_.size() - 1); slots_[at].name_size != 0;
       at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash &&
        http::equal_ignoring_case(std::string_view(names_).substr(slot.name_offset, slot.name_size),
                                  name)) {
      return &slot;
    }
  }
  return nullptr;
}

std::optional<size_t> HostTable::find(std::string_view host_value) const noexcept {
  const std::string_view name = host_name(host_value);
  if (slots_.empty() || name.empty() || name.size() > kMaxHostBytes) {
    return default_site_;
  }
  uint64_t hash = kHashBasis;
  const Slot* wildcard = nullptr;
  for (size_t i = name.size(); i-- > 0;) {
    hash = hash_byte(hash, name[i]);
    if (name[i] == '.' && i > 0) {
      if (const Slot* longer = look_up(name.substr(i), hash)) {
        wildcard = longer;
      }
    }
  }
  const Slot* exact = name.front() == '.' ? nullptr : look_up(name, hash);
  const Slot* found = exact != nullptr ? exact : wildcard;
  return found != nullptr ? std::optional<size_t>(found->site) : default_site_;
}

}  // namespace sluice::rules
