// What a variant that sluice made itself is called.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "files/file_state.h"
#include "http/accept_encoding.h"

namespace sluice {

// Names a state of a file at a path: the variants of one root, path and entity tag are the same.
struct VariantKey {
  uint64_t high;
  uint64_t low;

  friend bool operator==(const VariantKey&, const VariantKey&) noexcept = default;
};

// `root` is the real path of the document root, `path` relative to it. Of `state` the change time
// counts, which nobody can set back. No allocation. Who may write below a root is trusted: XXH3-128
// does not withstand somebody who looks for two equal keys.
VariantKey variant_key(std::string_view root, std::string_view path, std::string_view entity_tag,
                       const FileState& state) noexcept;

// ".br", ".zst", ".gz"; "" for kIdentity.
std::string_view variant_extension(http::Coding coding) noexcept;

// Where a variant is, or would be, below VariantStore::directory(): "3f/9c…d1.br". No allocation.
class VariantName {
 public:
  // REQUIRES: `coding` is not kIdentity.
  VariantName(const VariantKey& key, http::Coding coding) noexcept;

  // A NUL follows.
  std::string_view view() const noexcept { return {text_.data(), length_}; }
  const char* c_str() const noexcept { return text_.data(); }

 private:
  std::array<char, 40> text_{};
  uint8_t length_ = 0;
};

// The folder of a variant's name, two hexadecimal digits.
inline constexpr size_t kVariantFolderLength = 2;
bool is_variant_folder(std::string_view name) noexcept;

// True exactly for what VariantName puts below its folder: "9c…d1.br".
bool is_variant_file(std::string_view name) noexcept;

}  // namespace sluice
