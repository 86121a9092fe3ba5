// parse_target() and TargetPath::assign(). Input: a target; a decoded path to assign.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/host_field.h"
#include "http/location.h"
#include "http/target_path.h"

namespace sluice::fuzz {
namespace {

using http::TargetPath;

void check_segments(std::string_view path) {
  SLUICE_CHECK(path.size() < http::kPathCapacity);
  SLUICE_CHECK(path.find('\0') == std::string_view::npos);
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    SLUICE_CHECK(!segment.empty() && segment != "." && segment != "..");
    SLUICE_CHECK(segment.size() != path.size() - 1);  // no slash at the end
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
  }
}

void check_same(const TargetPath& a, const TargetPath& b) {
  SLUICE_CHECK(a.path() == b.path());
  SLUICE_CHECK(a.absolute() == b.absolute());
  SLUICE_CHECK(a.directory_form() == b.directory_form());
  SLUICE_CHECK(a.query() == b.query());
}

// What a client is redirected to leads to the same path, as a directory.
void check_location(const TargetPath& path) {
  std::vector<char> out(3 * path.absolute().size() + 1 + path.query().size());
  const size_t size = http::write_directory_location(path, out);
  SLUICE_CHECK(size > 0);
  const ExactBytes location({out.data(), size});
  SLUICE_CHECK(location.view().starts_with('/') && !location.view().starts_with("//"));
  TargetPath again;
  SLUICE_CHECK(http::parse_target(location.view(), again).has_value());
  SLUICE_CHECK(again.directory_form());
  SLUICE_CHECK(again.path() == path.path() && again.query() == path.query());
  std::vector<char> short_out(size - 1);
  SLUICE_CHECK(http::write_directory_location(path, short_out) == 0);
}

void check_path(const TargetPath& path) {
  check_segments(path.path());
  const std::string_view slash = path.directory_form() && !path.path().empty() ? "/" : "";
  SLUICE_CHECK(path.absolute() == "/" + std::string(path.path()) + std::string(slash));
  SLUICE_CHECK(path.c_str() == path.absolute().substr(1));
  SLUICE_CHECK(path.directory_form() || !path.path().empty());
  SLUICE_CHECK(path.query().empty() || path.query().starts_with('?'));
  TargetPath again;
  SLUICE_CHECK(again.assign(path.absolute(), path.query()).has_value());
  check_same(path, again);
  check_location(path);
}

void check_target(std::string_view target) {
  TargetPath path;
  const auto parsed = http::parse_target(target, path);
  if (!parsed) {
    SLUICE_CHECK(parsed.error() == 400 || parsed.error() == 404);
    return;
  }
  SLUICE_CHECK(target.ends_with(path.query()));
  SLUICE_CHECK(path.authority().empty() == target.starts_with('/'));
  SLUICE_CHECK(path.authority().empty() || http::is_valid_host(path.authority()));
  check_path(path);
}

void check_assignment(std::string_view decoded) {
  TargetPath path;
  SLUICE_CHECK(http::parse_target("http://host/before/?query", path).has_value());
  const auto assigned = path.assign(decoded, "?after");
  if (!assigned) {
    SLUICE_CHECK(assigned.error() == 400 || assigned.error() == 404);
    return;
  }
  SLUICE_CHECK(decoded.starts_with('/'));
  SLUICE_CHECK(path.query() == "?after" && path.authority() == "host");
  check_path(path);
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::FuzzInput input(data, size);
  const sluice::fuzz::ExactBytes target(input.line());
  sluice::fuzz::check_target(target.view());
  sluice::fuzz::check_assignment(input.rest());
  return 0;
}
