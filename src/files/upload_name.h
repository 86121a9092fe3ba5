// Names of what belongs to uploads under way, which no client may use or see.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice {

// The directory below a root that uploads are kept in until they are whole.
inline constexpr char kUploadDirectoryName[] = ".sluice-uploads";

// How every name that uploads use for a while begins, that of the directory among them.
inline constexpr std::string_view kUploadNamePrefix = ".sluice-upload";

// True exactly when `segment`, one name of a path, begins with kUploadNamePrefix in any case: there
// are file systems where case makes no difference.
bool is_upload_name(std::string_view segment) noexcept;

// True exactly when one of the names in `path` does.
bool has_upload_name(std::string_view path) noexcept;

// What an upload is found by: 128 random bits, hexadecimal, so that nobody guesses it.
class UploadToken {
 public:
  static constexpr size_t kLength = 32;

  // A new one; absent when the system has no random bytes to give (getrandom(2)).
  static std::optional<UploadToken> make() noexcept;

  // Absent for what is not kLength lower-case hexadecimal digits.
  static std::optional<UploadToken> parse(std::string_view text) noexcept;

  std::string_view view() const noexcept { return {digits_.data(), digits_.size()}; }

  friend bool operator==(const UploadToken&, const UploadToken&) noexcept = default;

 private:
  std::array<char, kLength> digits_{};
};

}  // namespace sluice
