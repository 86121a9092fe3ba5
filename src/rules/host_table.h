// Which site a Host names (RFC 9110 §7.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/options.h>

namespace sluice::rules {

inline constexpr size_t kMaxHostBytes = 255;  // of a name; a longer one is nobody's

// The name in a Host value, as the client sent it: without port, without the dot of a fully
// qualified name, without whitespace behind. Not lower-cased.
std::string_view host_name(std::string_view host_value) noexcept;

// True exactly when `name` (from host_name()) is one of `hosts`, or below a wildcard of them.
bool hosts_contain(const std::vector<std::string>& hosts, std::string_view name) noexcept;

// Immutable, and may be used by many threads.
class HostTable {
 public:
  HostTable() = default;

  // Adds to `problems` what is wrong with the hosts of all sites ("sites[1].hosts[0]"): names that
  // are none, with a port, in two sites; more than one site that serves other hosts.
  static HostTable compile(const std::vector<Site>& sites, std::vector<OptionProblem>& problems);

  // The index of the site for a value of Host ("Example.ORG:8080"; "" where there was none): an
  // exact name comes first, then the longest wildcard, then the default site. Nothing if no site is
  // responsible: answer 421.
  std::optional<size_t> find(std::string_view host_value) const noexcept;

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t name_offset = 0;
    uint32_t name_size = 0;  // 0: free
    uint32_t site = 0;
  };

  const Slot* look_up(std::string_view name, uint64_t hash) const noexcept;
  void rebuild(const std::vector<std::pair<std::string, size_t>>& names);

  // Open addressing, at most half full; a power of two, or none. "*.example.org" is ".example.org".
  std::vector<Slot> slots_;
  std::string names_;
  std::optional<size_t> default_site_;
};

}  // namespace sluice::rules
