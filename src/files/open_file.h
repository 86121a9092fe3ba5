// A file or directory below a document root, open.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/intrusive_list.h"
#include "base/unique_fd.h"
#include "files/file_state.h"
#include "http/entity_tag.h"

namespace sluice {

class OpenFileTable;

// Shared by the responses that send it; lives until the last of them and the table let go. Does not
// change once it is open. Not thread-safe: belongs to one shard.
class OpenFile : public ListNode<OpenFile> {
 public:
  int fd() const noexcept { return fd_.get(); }
  const FileState& state() const noexcept { return state_; }
  std::string_view path() const noexcept { return path_; }
  const http::EntityTag& entity_tag() const noexcept { return entity_tag_; }

  // The fields that every response with this file has, ready to be sent: Content-Type,
  // Last-Modified, ETag, Accept-Ranges.
  std::string_view prepared_fields() const noexcept {
    return {prepared_fields_.data(), prepared_length_};
  }

 private:
  friend class OpenFileTable;
  friend class FileReference;

  void prepare_fields() noexcept;

  OpenFileTable* table_ = nullptr;
  uint32_t reference_count_ = 0;
  bool kept_ = false;  // true exactly when the table may hand it out again
  // Its place in the table while it is not kept, so that keeping it asks for no memory.
  std::unordered_map<std::string_view, OpenFile*>::node_type map_node_;
  UniqueFd fd_;
  FileState state_;
  uint64_t opened_ms_ = 0;
  std::string path_;
  http::EntityTag entity_tag_;
  std::array<char, 320> prepared_fields_;
  size_t prepared_length_ = 0;
};

// Keeps an OpenFile open.
class FileReference {
 public:
  FileReference() noexcept = default;
  explicit FileReference(OpenFile& file) noexcept : file_(&file) { ++file.reference_count_; }
  FileReference(FileReference&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
  FileReference& operator=(FileReference&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~FileReference();

  explicit operator bool() const noexcept { return file_ != nullptr; }
  const OpenFile* operator->() const noexcept { return file_; }
  const OpenFile& operator*() const noexcept { return *file_; }

 private:
  OpenFile* file_ = nullptr;
};

}  // namespace sluice
