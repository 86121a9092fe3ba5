#include "transfer/mapped_file.h"

#include <algorithm>
#include <cerrno>

#include "io/populate.h"

namespace sluice {

uint64_t MappedFile::next_bytes() const noexcept {
  return std::min(file_.left.length_bytes, kPartBytes);
}

bool MappedFile::reaches_next() const noexcept {
  return memory_ != nullptr && memory_->mapping.covers(file_.left.offset_bytes, next_bytes());
}

bool MappedFile::map_next() noexcept {
  const FileRange& left = file_.left;
  const bool in_kept = left.memory != nullptr &&
                       left.length_bytes <= FileMapping::kSmallFileBytes &&
                       left.offset_bytes <= FileMapping::kSmallFileBytes - left.length_bytes;
  memory_ = in_kept ? left.memory : &window_;
  if (reaches_next()) return true;
  const Result<void> mapped =
      in_kept ? memory_->mapping.map(left.fd, 0, FileMapping::kSmallFileBytes)
              : memory_->mapping.map(left.fd, left.offset_bytes,
                                     std::min(left.length_bytes, FileMapping::kWindowBytes));
  if (!mapped) file_.context.counters.fell_back(Fallback::kNotMappable);
  return mapped.has_value();
}

std::span<char> MappedFile::next() const noexcept {
  return memory_->mapping.part(file_.left.offset_bytes, next_bytes());
}

bool MappedFile::next_is_resident() noexcept {
  Reactor& reactor = file_.context.reactor;
  const uint64_t offset = file_.left.offset_bytes;
  const uint64_t bytes = next_bytes();
  if (memory_->residency.holds(offset, bytes, reactor.now_ms())) return true;
  if (reactor.ring().direct().cached(file_.left.fd, offset, bytes) == 0) return false;
  memory_->residency.note(offset, bytes, reactor.now_ms());
  return true;
}

Task<Result<void>> MappedFile::make_next_resident() noexcept {
  Reactor& reactor = file_.context.reactor;
  const uint64_t offset = file_.left.offset_bytes;
  uint64_t bytes = std::min(file_.left.length_bytes, kPopulateBytes);
  while (!memory_->mapping.covers(offset, bytes)) bytes = std::max(bytes / 2, next_bytes());
  Task<Result<void>> populating =
      populate_mapped(reactor, file_.left.fd, offset, memory_->mapping.part(offset, bytes));
  const Result<void> populated = co_await populating;
  if (const Result<void> looked = file_.look_again(); !looked) co_return looked;
  if (populated) memory_->residency.note(offset, bytes, reactor.now_ms());
  co_return populated;
}

Error MappedFile::fault() const noexcept {
  return file_.still_whole() ? error_from_errno(EIO, "sendmsg") : kFileChanged;
}

}  // namespace sluice
