#include "transfer/mapped_file.h"

#include <algorithm>
#include <cerrno>

#include "io/file_memory.h"
#include "io/populate.h"

namespace sluice {

uint64_t MappedFile::next_bytes() const noexcept {
  return std::min(file_.left.length_bytes, part_bytes_);
}

bool MappedFile::reaches_next() const noexcept {
  return mapping_ != nullptr && mapping_->covers(file_.left.offset_bytes, next_bytes());
}

bool MappedFile::map_next() noexcept {
  const FileRange& left = file_.left;
  const bool in_kept = left.memory != nullptr && left.length_bytes <= FileMapping::kKeptBytes &&
                       left.offset_bytes <= FileMapping::kKeptBytes - left.length_bytes;
  mapping_ = in_kept ? &left.memory->mapping : &window_;
  if (reaches_next()) return true;
  const Result<void> mapped =
      in_kept ? mapping_->map(left.fd, 0, FileMapping::kKeptBytes)
              : mapping_->map(left.fd, left.offset_bytes,
                              std::min(left.length_bytes, FileMapping::kWindowBytes));
  if (!mapped) file_.context.counters.fell_back(Fallback::kNotMappable);
  return mapped.has_value();
}

std::span<char> MappedFile::next() const noexcept {
  return mapping_->part(file_.left.offset_bytes, next_bytes());
}

bool MappedFile::next_is_resident() noexcept { return file_.next_is_resident(next_bytes()); }

Task<Result<void>> MappedFile::make_next_resident() noexcept {
  const uint64_t offset = file_.left.offset_bytes;
  uint64_t bytes = std::min(file_.left.length_bytes, kPopulateBytes);
  while (!mapping_->covers(offset, bytes)) bytes = std::max(bytes / 2, next_bytes());
  Task<Result<uint64_t>> populating =
      populate_mapped(file_.context.reactor, file_.left.fd, offset, mapping_->part(offset, bytes));
  const Result<uint64_t> populated = co_await populating;
  if (const Result<void> looked = file_.look_again(); !looked) co_return looked;
  if (!populated) co_return std::unexpected(populated.error());
  file_.note_resident(*populated);
  part_bytes_ = std::min(*populated, kPartBytes);
  co_return Result<void>();
}

Error MappedFile::fault() const noexcept {
  return file_.still_whole() ? error_from_errno(EIO, "sendmsg") : kFileChanged;
}

}  // namespace sluice
