// EncodingPreferences. Input: the value of an Accept-Encoding field a line.
#include <algorithm>
#include <ranges>
#include <string>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/accept_encoding.h"

namespace sluice::fuzz {
namespace {

using http::Coding;
using http::CodingSet;
using http::EncodingPreferences;

constexpr Coding kCodings[] = {Coding::kIdentity, Coding::kGzip, Coding::kBrotli, Coding::kZstd};

void check_same(const EncodingPreferences& a, const EncodingPreferences& b) {
  for (const Coding coding : kCodings) SLUICE_CHECK(a.quality(coding) == b.quality(coding));
}

void check_best(const EncodingPreferences& preferences) {
  for (unsigned bits = 0; bits < 1U << http::kCodingCount; ++bits) {
    CodingSet available;
    int highest = 0;
    for (const Coding coding : kCodings) {
      const int quality = preferences.quality(coding);
      SLUICE_CHECK(quality >= 0 && quality <= 1000);
      if ((bits >> static_cast<unsigned>(coding) & 1U) == 0) continue;
      available.add(coding);
      highest = std::max(highest, quality);
    }
    const auto best = preferences.best_of(available);
    SLUICE_CHECK(best.has_value() == (highest > 0));
    SLUICE_CHECK(!best || (available.contains(*best) && preferences.quality(*best) == highest));
  }
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  std::vector<fuzz::ExactBytes> values;
  while (!input.empty()) values.emplace_back(input.line());
  http::EncodingPreferences forward;
  for (const fuzz::ExactBytes& value : values) forward.add(value.view());
  fuzz::check_best(forward);
  // Fields are one list, whose order says nothing.
  http::EncodingPreferences backward;
  for (const fuzz::ExactBytes& value : values | std::views::reverse) backward.add(value.view());
  fuzz::check_same(forward, backward);
  std::string joined;
  for (const fuzz::ExactBytes& value : values) joined.append(value.view()).append(", ");
  if (values.empty() || joined.find('"') != std::string::npos) return 0;
  http::EncodingPreferences together;
  together.add(joined);
  fuzz::check_same(forward, together);
  return 0;
}
