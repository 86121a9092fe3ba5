#include "files/directory_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <utility>

#include <sluice/unique_fd.h>

#include "files/upload_name.h"

namespace sluice {

namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr unsigned kEntriesBetweenLooks = 256;

// Resolution beneath a root gives up with EAGAIN when a rename anywhere might have interfered
// (openat2(2)): one of a few more attempts gets through.
constexpr int kAttempts = 8;

constexpr Error kStopped{ErrorCode::kExhausted, 0, "getdents64"};

enum class Type : uint8_t { kFile, kDirectory, kUnknown, kOther };

Type type_of(const dirent64& found) noexcept {
  switch (found.d_type) {
    case DT_REG:
      return Type::kFile;
    case DT_DIR:
      return Type::kDirectory;
    case DT_LNK:
    case DT_UNKNOWN:
      return Type::kUnknown;
    default:
      return Type::kOther;
  }
}

// Keeps the first entries of the order, behind the cursor.
class PageReader {
 public:
  PageReader(const ListingSource& source, const ListingQuery& query)
      : source_(source), query_(query), link_path_(source.path) {
    if (!link_path_.empty()) link_path_ += '/';
    directory_path_bytes_ = link_path_.size();
  }

  Result<void> scan(const std::stop_token& stop);
  Result<ListingPage> finish(const std::stop_token& stop);

 private:
  struct Kept {
    ListingEntry entry;
    bool described = false;  // has its size and time
  };

  Result<void> consider(const dirent64& found);
  bool wanted(const ListingEntry& entry) const noexcept;
  void keep_current(bool described);
  Result<bool> describe(ListingEntry& entry);
  Result<UniqueFd> open_target(const std::string& name);

  auto in_order() const noexcept {
    return [this](const Kept& a, const Kept& b) { return query_.order.precedes(a.entry, b.entry); };
  }

  const ListingSource& source_;
  const ListingQuery& query_;
  // A heap with the last of the order in front. One more than the page, which tells whether there
  // is a next one.
  std::vector<Kept> kept_;
  // Every entry is looked at in this one, so that those that are not kept ask for no memory.
  Kept current_;
  std::string link_path_;
  size_t directory_path_bytes_ = 0;
};

Result<void> PageReader::scan(const std::stop_token& stop) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  unsigned looked_at = 0;
  while (true) {
    const ssize_t bytes = getdents64(source_.fd, buffer.get(), kBufferBytes);
    if (bytes == 0) return {};
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return std::unexpected(error_from_errno(errno, "getdents64"));
    for (size_t at = 0; at < static_cast<size_t>(bytes);) {
      if (looked_at++ % kEntriesBetweenLooks == 0 && stop.stop_requested()) {
        return std::unexpected(kStopped);
      }
      const auto* const found = reinterpret_cast<const dirent64*>(buffer.get() + at);
      at += found->d_reclen;
      if (const Result<void> considered = consider(*found); !considered) return considered;
    }
  }
}

Result<void> PageReader::consider(const dirent64& found) {
  const std::string_view name(&found.d_name[0]);
  if (name == "." || name == ".." || (name.starts_with('.') && !source_.hidden_files)) return {};
  if (is_upload_name(name)) return {};
  const Type type = type_of(found);
  if (type == Type::kOther) return {};
  if (found.d_type == DT_LNK && source_.symlinks == Symlinks::kNone) return {};

  ListingEntry& entry = current_.entry;
  entry.name.assign(name);
  if (query_.order.sort == ListingSort::kName) {
    entry.is_directory = type == Type::kDirectory;
    bool may_be_wanted = wanted(entry);
    if (type == Type::kUnknown && !may_be_wanted) {
      entry.is_directory = true;
      may_be_wanted = wanted(entry);
    }
    if (!may_be_wanted) return {};
    if (type != Type::kUnknown) {
      keep_current(false);
      return {};
    }
  }
  const Result<bool> listed = describe(entry);
  if (!listed) return std::unexpected(listed.error());
  if (*listed && wanted(entry)) keep_current(true);
  return {};
}

bool PageReader::wanted(const ListingEntry& entry) const noexcept {
  if (query_.after && !query_.order.precedes(*query_.after, entry)) return false;
  return kept_.size() <= query_.page_size || query_.order.precedes(entry, kept_.front().entry);
}

void PageReader::keep_current(bool described) {
  current_.described = described;
  if (kept_.size() <= query_.page_size) {
    kept_.push_back(current_);
  } else {
    std::ranges::pop_heap(kept_, in_order());
    std::swap(kept_.back(), current_);
  }
  std::ranges::push_heap(kept_, in_order());
}

// Puts what is there into `entry`. False for what is not listed.
Result<bool> PageReader::describe(ListingEntry& entry) {
  constexpr unsigned kWanted = STATX_TYPE | STATX_SIZE | STATX_MTIME;
  struct statx answer;
  if (statx(source_.fd, entry.name.c_str(), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, kWanted,
            &answer) != 0) {
    const Error error = error_from_errno(errno, "statx");
    if (error.code == ErrorCode::kExhausted) return std::unexpected(error);
    return false;
  }
  if (S_ISLNK(answer.stx_mode)) {
    if (source_.symlinks == Symlinks::kNone) return false;
    const Result<UniqueFd> target = open_target(entry.name);
    if (!target) return std::unexpected(target.error());
    if (!*target || statx(target->get(), "", AT_EMPTY_PATH, kWanted, &answer) != 0) return false;
  }
  if (!S_ISREG(answer.stx_mode) && !S_ISDIR(answer.stx_mode)) return false;
  entry.is_directory = S_ISDIR(answer.stx_mode);
  entry.size_bytes = entry.is_directory ? 0 : answer.stx_size;
  entry.modified_seconds = answer.stx_mtime.tv_sec;
  entry.modified_nanoseconds = answer.stx_mtime.tv_nsec;
  return true;
}

// The place that a symbolic link leads to; none where it leads nowhere, or where it may not.
Result<UniqueFd> PageReader::open_target(const std::string& name) {
  link_path_.resize(directory_path_bytes_);
  link_path_ += name;
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  if (source_.symlinks == Symlinks::kBeneath) how.resolve |= RESOLVE_BENEATH;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const long fd = syscall(SYS_openat2, source_.root_fd, link_path_.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno == EAGAIN || errno == EINTR) continue;
    const Error error = error_from_errno(errno, "openat2");
    if (error.code == ErrorCode::kExhausted) return std::unexpected(error);
    break;
  }
  return UniqueFd();
}

Result<ListingPage> PageReader::finish(const std::stop_token& stop) {
  std::ranges::sort_heap(kept_, in_order());
  ListingPage page;
  if (kept_.size() > query_.page_size) {
    kept_.pop_back();
    page.next = kept_.back().entry;
  }
  page.entries.reserve(kept_.size());
  for (Kept& kept : kept_) {
    if (stop.stop_requested()) return std::unexpected(kStopped);
    if (!kept.described) {
      const bool was_directory = kept.entry.is_directory;
      const Result<bool> listed = describe(kept.entry);
      if (!listed) return std::unexpected(listed.error());
      // What has become something else has another place in the order.
      if (!*listed || kept.entry.is_directory != was_directory) continue;
    }
    page.entries.push_back(std::move(kept.entry));
  }
  return page;
}

}  // namespace

Result<ListingPage> read_directory(const ListingSource& source, const ListingQuery& query,
                                   const std::stop_token& stop) noexcept {
  try {
    PageReader reader(source, query);
    if (const Result<void> scanned = reader.scan(stop); !scanned) {
      return std::unexpected(scanned.error());
    }
    return reader.finish(stop);
  } catch (const std::bad_alloc&) {
    return std::unexpected(error_from_errno(ENOMEM, "getdents64"));
  }
}

}  // namespace sluice
