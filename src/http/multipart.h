// The framing of multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/range.h"

namespace sluice::http {

// What separates the parts of one response.
class MultipartBoundary {
 public:
  static constexpr size_t kLength = 26;

  // From 128 random bits. A file that holds the boundary would be cut there by the client, so the
  // bits must be such that whoever writes files cannot know them beforehand.
  MultipartBoundary(uint64_t random_high, uint64_t random_low) noexcept;

  // kLength characters of 0-9 and a-v.
  std::string_view view() const noexcept { return content_type().substr(kIntroduction.size()); }

  // For the Content-Type of the response: "multipart/byteranges; boundary=" and view().
  std::string_view content_type() const noexcept { return {text_.data(), text_.size()}; }

 private:
  static constexpr std::string_view kIntroduction = "multipart/byteranges; boundary=";

  std::array<char, kIntroduction.size() + kLength> text_;
};

// The longest media type that a part may state.
inline constexpr size_t kMaxPartTypeBytes = 128;

// The longest head of a part: "\r\n--B\r\nContent-Type: T\r\nContent-Range: R\r\n\r\n".
inline constexpr size_t kMaxPartHeadBytes =
    4 + MultipartBoundary::kLength + 16 + kMaxPartTypeBytes + 17 + kContentRangeCapacity + 4;

// "\r\n--B--\r\n"
inline constexpr size_t kMultipartEndBytes = 4 + MultipartBoundary::kLength + 4;

// Room that always suffices for the framing of that many parts.
constexpr size_t multipart_capacity(size_t part_count) noexcept {
  return part_count * kMaxPartHeadBytes + kMultipartEndBytes;
}

// All bytes of a body that are not the file's. The body is part_head(0), the bytes of range 0,
// part_head(1), ..., the bytes of the last range, end(). Refers to the buffer it was written to.
class MultipartFraming {
 public:
  size_t part_count() const noexcept { return part_count_; }

  // The first one begins with its boundary, since nothing precedes it; the others begin with the
  // line end that belongs to the boundary. REQUIRES: i < part_count().
  std::string_view part_head(size_t i) const noexcept;

  std::string_view end() const noexcept;

  // Of the body: framing and ranges.
  uint64_t content_length() const noexcept { return content_length_; }

 private:
  friend std::optional<MultipartFraming> write_multipart(const RangeSet& set, uint64_t size,
                                                         std::string_view media_type,
                                                         const MultipartBoundary& boundary,
                                                         std::span<char> out) noexcept;

  MultipartFraming() noexcept = default;

  const char* base_;
  uint64_t content_length_;
  size_t part_count_;
  std::array<uint16_t, kMaxRanges + 1> ends_;  // of each head, then of the end, from base_
};

// Writes the framing for `set`, a choice for a file of `size` bytes. Each part states `media_type`,
// or none if that is empty. Nothing if `out` is too small, `media_type` is longer than
// kMaxPartTypeBytes, or the content length exceeds 64 bits. A buffer of multipart_capacity() of the
// parts is never too small. REQUIRES: set.kind is kMultiple; `media_type` may stand in a field.
std::optional<MultipartFraming> write_multipart(const RangeSet& set, uint64_t size,
                                                std::string_view media_type,
                                                const MultipartBoundary& boundary,
                                                std::span<char> out) noexcept;

}  // namespace sluice::http
