#include "http/multipart.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "http/response_head.h"

namespace sluice::http {

namespace {

constexpr size_t kDigitsPerHalf = MultipartBoundary::kLength / 2;
static_assert(kDigitsPerHalf * 5 >= 64);
static_assert(multipart_capacity(kMaxRanges) <= std::numeric_limits<uint16_t>::max());

void write_base_32(uint64_t value, char* out) noexcept {
  for (size_t i = kDigitsPerHalf; i-- > 0; value /= 32) {
    out[i] = "0123456789abcdefghijklmnopqrstuv"[value % 32];
  }
}

void write_part_head(ByteRange range, uint64_t size, std::string_view media_type,
                     std::string_view dashes, const MultipartBoundary& boundary,
                     HeadWriter& to) noexcept {
  to.raw(dashes).raw(boundary.view()).raw("\r\n");
  if (!media_type.empty()) {
    to.field("Content-Type", media_type);
  }
  char content_range[kContentRangeCapacity];
  to.field("Content-Range",
           std::string_view(content_range, write_content_range(range, size, content_range)));
  to.end();
}

}  // namespace

MultipartBoundary::MultipartBoundary(uint64_t random_high, uint64_t random_low) noexcept {
  char* const digits = std::ranges::copy(kIntroduction, text_.data()).out;
  write_base_32(random_high, digits);
  write_base_32(random_low, digits + kDigitsPerHalf);
}

std::string_view MultipartFraming::part_head(size_t i) const noexcept {
  SLUICE_ASSERT(i < part_count_);
  const size_t begin = i == 0 ? 0 : ends_[i - 1];
  return {base_ + begin, ends_[i] - begin};
}

std::string_view MultipartFraming::end() const noexcept {
  const size_t begin = ends_[part_count_ - 1];
  return {base_ + begin, ends_[part_count_] - begin};
}

std::optional<MultipartFraming> write_multipart(const RangeSet& set, uint64_t size,
                                                std::string_view media_type,
                                                const MultipartBoundary& boundary,
                                                std::span<char> out) noexcept {
  SLUICE_ASSERT(set.kind == RangeKind::kMultiple && set.count <= kMaxRanges);
  if (media_type.size() > kMaxPartTypeBytes) {
    return std::nullopt;
  }
  MultipartFraming framing;
  framing.base_ = out.data();
  framing.part_count_ = set.count;
  HeadWriter to(out.first(std::min(out.size(), multipart_capacity(kMaxRanges))));
  uint64_t range_bytes = 0;
  for (size_t i = 0; i < set.count; ++i) {
    const ByteRange range = set.ranges[i];
    write_part_head(range, size, media_type, i == 0 ? "--" : "\r\n--", boundary, to);
    framing.ends_[i] = static_cast<uint16_t>(to.view().size());
    if (__builtin_add_overflow(range_bytes, range.length, &range_bytes)) {
      return std::nullopt;
    }
  }
  to.raw("\r\n--").raw(boundary.view()).raw("--\r\n");
  framing.ends_[set.count] = static_cast<uint16_t>(to.view().size());
  if (!to.ok() || __builtin_add_overflow(range_bytes, to.view().size(), &framing.content_length_)) {
    return std::nullopt;
  }
  return framing;
}

}  // namespace sluice::http
