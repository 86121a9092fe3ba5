// choose_ranges() and the framing of what it chose. Input: the size of the file; bytes of room for
// the framing; the value of Range.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/assert.h"
#include "fuzz/fuzz_input.h"
#include "http/multipart.h"
#include "http/range.h"

namespace sluice::fuzz {
namespace {

using http::ByteRange;
using http::RangeKind;
using http::RangeSet;

void check_ranges(const RangeSet& set, uint64_t size) {
  const auto chosen = set.chosen();
  switch (set.kind) {
    case RangeKind::kWhole:
    case RangeKind::kUnsatisfiable:
      SLUICE_CHECK(chosen.empty());
      return;
    case RangeKind::kSingle:
      SLUICE_CHECK(chosen.size() == 1);
      break;
    case RangeKind::kMultiple:
      SLUICE_CHECK(chosen.size() >= 2 && chosen.size() <= http::kMaxRanges);
      break;
  }
  std::vector<ByteRange> sorted(chosen.begin(), chosen.end());
  std::ranges::sort(sorted, {}, &ByteRange::first);
  uint64_t least_first = 0;
  for (const ByteRange range : sorted) {
    SLUICE_CHECK(range.length > 0 && range.first >= least_first);
    SLUICE_CHECK(range.first < size && range.length <= size - range.first);
    least_first = range.first + range.length + 1;  // at `size` at most, and one byte apart
  }
}

std::string content_range(ByteRange range, uint64_t size) {
  char out[http::kContentRangeCapacity];
  const size_t length = http::write_content_range(range, size, out);
  SLUICE_CHECK(length > 0);
  return {out, length};
}

std::string expected_head(ByteRange range, uint64_t size, const http::MultipartBoundary& boundary) {
  return "--" + std::string(boundary.view()) +
         "\r\nContent-Type: text/plain\r\nContent-Range: " + content_range(range, size) +
         "\r\n\r\n";
}

void check_framing(const RangeSet& set, uint64_t size, size_t room) {
  const http::MultipartBoundary boundary(size, room);
  std::vector<char> out(std::min(room, http::multipart_capacity(http::kMaxRanges)));
  const auto framing = http::write_multipart(set, size, "text/plain", boundary, out);
  if (!framing) {
    // Too little room, or a length beyond 64 bits.
    const bool may_overflow = size > std::numeric_limits<uint64_t>::max() / 2;
    SLUICE_CHECK(out.size() < http::multipart_capacity(set.count) || may_overflow);
    return;
  }
  SLUICE_CHECK(framing->part_count() == set.count);
  uint64_t length = 0;
  for (size_t i = 0; i < framing->part_count(); ++i) {
    const std::string head = expected_head(set.ranges[i], size, boundary);
    SLUICE_CHECK(framing->part_head(i) == (i == 0 ? head : "\r\n" + head));
    length += framing->part_head(i).size() + set.ranges[i].length;
  }
  SLUICE_CHECK(framing->end() == "\r\n--" + std::string(boundary.view()) + "--\r\n");
  SLUICE_CHECK(framing->content_length() == length + framing->end().size());
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  fuzz::FuzzInput input(data, size);
  const auto file_bytes = input.number();
  const auto room = input.number();
  const http::RangeSet set = http::choose_ranges(input.rest(), file_bytes);
  fuzz::check_ranges(set, file_bytes);
  if (set.kind != http::RangeKind::kMultiple) return 0;
  fuzz::check_framing(set, file_bytes, room);
  fuzz::check_framing(set, file_bytes, http::multipart_capacity(http::kMaxRanges));
  return 0;
}
