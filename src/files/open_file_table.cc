#include "files/open_file_table.h"

#include <utility>

#include "io/operations.h"
#include "runtime/sleep.h"

namespace sluice {

namespace {

// A process that is out of descriptors gets some back as responses end.
constexpr int kExhaustedAttempts = 20;
constexpr uint64_t kExhaustedPauseMs = 100;

// A file that is used again takes a path of this length without asking the heap.
constexpr size_t kUsualPathBytes = 255;

}  // namespace

OpenFileTable::OpenFileTable(Reactor& reactor, uint32_t file_count, uint64_t ttl_ms)
    : reactor_(reactor), file_count_(file_count), ttl_ms_(ttl_ms) {
  by_key_.reserve(file_count + size_t{1});  // see blank()
}

OpenFileTable::~OpenFileTable() {
  ending_ = true;
  reactor_.timers().cancel(*this);
  while (!by_age_.empty()) forget(by_age_.front());
  SLUICE_ASSERT(blank_.size() == all_.size());
}

FileReference OpenFileTable::find(const FileKey& key) noexcept {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return {};
  OpenFile& file = *found->second;
  const bool fresh = reactor_.now_ms() - file.opened_ms_ < ttl_ms_;
  if (fresh) {
    const Result<FileState> now = state_of(file.fd());
    if (now && *now == file.state_) return FileReference(file);
  }
  forget(file);
  return {};
}

Task<Result<FileReference>> OpenFileTable::open(const FileRequest& request) noexcept {
  const char* const c_path =
      request.path.data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
  Task<Result<DocumentRoot::Opened>> opening = request.root.open(reactor_, c_path);
  Result<DocumentRoot::Opened> opened = co_await opening;
  for (int attempt = 0; attempt < kExhaustedAttempts && !opened; ++attempt) {
    if (opened.error().code != ErrorCode::kExhausted || request.optional) break;
    // What is kept only for convenience makes room for what is wanted now; then what others have
    // open may do so.
    if (by_age_.empty()) {
      Sleep pause(reactor_, kExhaustedPauseMs);
      co_await pause;
    }
    forget_older_than(UINT64_MAX);
    Task<Result<DocumentRoot::Opened>> again = request.root.open(reactor_, c_path);
    opened = co_await again;
  }
  if (!opened) co_return std::unexpected(opened.error());

  OpenFile& file = blank();
  FileReference reference(file);
  file.fd_ = std::move(opened->fd);
  file.state_ = opened->state;
  file.root_id_ = request.root.id();
  file.path_.assign(request.path);
  if (opened->state.regular()) {
    file.describe(request);
    // Without a name it was removed meanwhile, and let_go() may have been here already.
    const bool lasts = !opened->through_symlink && opened->state.link_count > 0;
    if (lasts && ttl_ms_ > 0 && file_count_ > 0) keep(file);
  }
  co_return reference;
}

void OpenFileTable::set_content_tag(FileReference& file, const http::EntityTag& tag) noexcept {
  OpenFile& described = *file.file_;
  described.entity_tag_ = http::with_coding(tag, described.coding_);
  described.wants_content_tag_ = false;
  described.prepare_fields();
}

void OpenFileTable::set_variants(FileReference& file, http::CodingSet variants) noexcept {
  file.file_->variants_ = variants;
}

OpenFile& OpenFileTable::blank() {
  if (blank_.empty()) {
    all_.push_back(std::make_unique<OpenFile>());
    OpenFile& made = *all_.back();
    made.table_ = this;
    made.path_.reserve(kUsualPathBytes);
    made.map_node_ = by_key_.extract(by_key_.emplace(made.key(), &made).first);
    blank_.reserve(all_.size());
    return made;
  }
  OpenFile& file = *blank_.back();
  blank_.pop_back();
  return file;
}

void OpenFileTable::keep(OpenFile& file) {
  // Two requests may have missed at once: the later one stays.
  if (const auto twin = by_key_.find(file.key()); twin != by_key_.end()) forget(*twin->second);
  if (by_key_.size() >= file_count_) forget(by_age_.front());
  file.opened_ms_ = reactor_.now_ms();
  file.kept_ = true;
  file.map_node_.key() = file.key();
  by_key_.insert(std::move(file.map_node_));
  by_age_.push_back(file);
  if (!set()) reactor_.set_timer(*this, ttl_ms_);
}

void OpenFileTable::forget(OpenFile& file) noexcept {
  file.map_node_ = by_key_.extract(file.key());
  static_cast<ListNode<OpenFile>&>(file).unlink();
  file.kept_ = false;
  dropped(file);
}

void OpenFileTable::let_go(std::span<Removed> files) {
  by_age_.for_each([&](OpenFile& file) {
    for (Removed& removed : files) {
      if (file.state_.device != removed.device || file.state_.inode != removed.inode) continue;
      if (file.reference_count_ == 0) removed.closing.push_back(std::move(file.fd_));
      return forget(file);
    }
  });
}

void OpenFileTable::forget_older_than(uint64_t opened_ms) noexcept {
  while (!by_age_.empty() && by_age_.front().opened_ms_ < opened_ms) forget(by_age_.front());
}

void OpenFileTable::dropped(OpenFile& file) noexcept {
  if (file.reference_count_ > 0 || file.kept_) return;
  file.memory_.forget();
  // Freeing a large file takes its time, which is not the loop's. At the end there is no loop.
  if (!ending_ && removed(file.fd())) {
    close_later(reactor_, std::move(file.fd_));
  } else {
    file.fd_.reset();
  }
  blank_.push_back(&file);
}

// Also what nobody asks for any more is closed, so that a removed file gives its space back.
void OpenFileTable::expire() noexcept {
  forget_older_than(reactor_.now_ms() - ttl_ms_ + 1);
  if (!by_age_.empty()) reactor_.set_timer(*this, ttl_ms_);
}

}  // namespace sluice
