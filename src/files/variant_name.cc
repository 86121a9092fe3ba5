#include "files/variant_name.h"

#include <xxhash.h>

#include <algorithm>

#include "base/assert.h"

namespace sluice {

namespace {

// Part of every key: changes with what is hashed and with how variants are made, so that those of
// an older version are not found, and in time are removed.
constexpr uint64_t kVersion = 2;

constexpr size_t kDigitCount = 32;
constexpr size_t kFileDigitCount = kDigitCount - kVariantFolderLength;
constexpr std::string_view kDigits = "0123456789abcdef";

bool all_digits(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return kDigits.contains(c); });
}

}  // namespace

std::string_view variant_extension(http::Coding coding) noexcept {
  switch (coding) {
    case http::Coding::kBrotli:
      return ".br";
    case http::Coding::kZstd:
      return ".zst";
    case http::Coding::kGzip:
      return ".gz";
    case http::Coding::kIdentity:
      break;
  }
  return "";
}

VariantKey variant_key(std::string_view root, std::string_view path, std::string_view entity_tag,
                       const FileState& state) noexcept {
  const int64_t changed[] = {state.changed_seconds, state.changed_nanoseconds};
  // Each part by itself, so that no two sets of them are the same bytes one after the other.
  const XXH128_hash_t parts[] = {
      XXH3_128bits(root.data(), root.size()), XXH3_128bits(path.data(), path.size()),
      XXH3_128bits(entity_tag.data(), entity_tag.size()), XXH3_128bits(changed, sizeof changed)};
  const XXH128_hash_t key = XXH3_128bits_withSeed(parts, sizeof parts, kVersion);
  return {.high = key.high64, .low = key.low64};
}

VariantName::VariantName(const VariantKey& key, http::Coding coding) noexcept {
  char* to = text_.data();
  for (size_t i = 0; i < kDigitCount; ++i) {
    if (i == kVariantFolderLength) *to++ = '/';
    const uint64_t half = i < kDigitCount / 2 ? key.high : key.low;
    const size_t shift = 60 - 4 * (i % (kDigitCount / 2));
    *to++ = kDigits[half >> shift & 0xFU];
  }
  const std::string_view extension = variant_extension(coding);
  SLUICE_ASSERT(!extension.empty());
  to = std::ranges::copy(extension, to).out;
  length_ = static_cast<uint8_t>(to - text_.data());
}

bool is_variant_folder(std::string_view name) noexcept {
  return name.size() == kVariantFolderLength && all_digits(name);
}

bool is_variant_file(std::string_view name) noexcept {
  if (name.size() < kFileDigitCount || !all_digits(name.substr(0, kFileDigitCount))) return false;
  const std::string_view extension = name.substr(kFileDigitCount);
  return extension == ".br" || extension == ".zst" || extension == ".gz";
}

}  // namespace sluice
