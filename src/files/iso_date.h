// Dates for people and programs: ISO 8601, UTC.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice {

// "2026-11-23T14:05:06Z" (RFC 3339). Times before the year 0 and after 9999, which the format
// cannot hold, become its first and its last second.
class IsoDate {
 public:
  explicit IsoDate(int64_t unix_seconds) noexcept;

  std::string_view view() const noexcept { return {text_.data(), text_.size()}; }
  std::string_view date() const noexcept { return view().substr(0, 10); }           // 2026-11-23
  std::string_view hours_minutes() const noexcept { return view().substr(11, 5); }  // 14:05

 private:
  std::array<char, 20> text_;
};

}  // namespace sluice
