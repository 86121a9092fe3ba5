// A file or directory below a document root, open.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <sluice/site.h>
#include <sluice/unique_fd.h>

#include "base/intrusive_list.h"
#include "files/document_root.h"
#include "files/file_state.h"
#include "http/accept_encoding.h"
#include "http/entity_tag.h"
#include "io/file_memory.h"

namespace sluice {

class OpenFile;
class OpenFileTable;

// Where a file is, and what it is served as.
struct FileRequest {
  const DocumentRoot& root;
  // Relative to the root, "" for the root itself. A NUL follows it. Must stay as it is until the
  // file is open.
  std::string_view path;
  EntityTags entity_tags = EntityTags::kModified;
  // A variant in a content coding has the media type of the file that it stands for.
  http::Coding coding = http::Coding::kIdentity;
  // NOLINTNEXTLINE(readability-redundant-member-init): without it, it could not be left out.
  std::string_view media_type = {};  // static storage; empty: by the path
  // The file that sluice made this variant from, if it did: the validators are that one's.
  const OpenFile* made_from = nullptr;
  // The answer is as good without this file: a process that is out of descriptors neither waits for
  // one nor closes others for it, and open() is kExhausted at once.
  bool optional = false;
};

// What an open file is found by. Two of the same path in different codings are the same file,
// served as different things.
struct FileKey {
  uint64_t root;  // DocumentRoot::id(): a root may go while files of it are still kept
  std::string_view path;
  http::Coding coding;

  friend bool operator==(const FileKey&, const FileKey&) noexcept = default;
};

struct FileKeyHash {
  size_t operator()(const FileKey& key) const noexcept {
    const uint64_t place = key.root * 8 + static_cast<uint64_t>(key.coding);
    return std::hash<std::string_view>()(key.path) ^ (place * 0x9e3779b97f4a7c15U);
  }
};

// Shared by the responses that send it; lives until the last of them and the table let go. Not
// thread-safe: belongs to one shard.
class OpenFile : public ListNode<OpenFile> {
 public:
  int fd() const noexcept { return fd_.get(); }
  const FileState& state() const noexcept { return state_; }
  std::string_view path() const noexcept { return path_; }
  std::string_view media_type() const noexcept { return media_type_; }

  // Whether it is of use to compress it, and to look whether somebody has (http/media_type.h).
  bool compressible() const noexcept { return compressible_; }
  bool compressed_by_itself() const noexcept { return compressed_by_itself_; }

  // Empty while there is none, see wants_content_tag().
  const http::EntityTag& entity_tag() const noexcept { return entity_tag_; }

  // The Last-Modified of prepared_fields(): never later than when the file was opened. Absent where
  // the modification time tells nothing (RFC 9110 §8.8.2.1 wants it to be one).
  std::optional<int64_t> last_modified() const noexcept;

  // True exactly when the entity tag is to be made of the content, and has not been yet.
  bool wants_content_tag() const noexcept { return wants_content_tag_; }

  // The fields that every response with this file has, ready to be sent: Content-Type,
  // Accept-Ranges, Last-Modified, ETag, Content-Encoding.
  std::string_view prepared_fields() const noexcept {
    return {prepared_fields_.data(), prepared_length_};
  }

  // Of these, what a 304 has (RFC 9110 §15.4.5): the ETag, or Last-Modified where there is none.
  std::string_view validator_fields() const noexcept {
    return prepared_fields().substr(validators_begin_, validators_length_);
  }

  // For the routes of a transfer. What they remember is of no concern to who was handed the file:
  // hence not const.
  FileMemory* memory() const noexcept { return &memory_; }

  // The codings in which there are variants beside this file. Absent until somebody has looked.
  std::optional<http::CodingSet> variants() const noexcept { return variants_; }

 private:
  friend class OpenFileTable;
  friend class FileReference;

  FileKey key() const noexcept { return {root_id_, path_, coding_}; }
  void describe(const FileRequest& request) noexcept;
  void prepare_fields() noexcept;

  OpenFileTable* table_ = nullptr;
  uint32_t reference_count_ = 0;
  bool kept_ = false;  // true exactly when the table may hand it out again
  // Its place in the table while it is not kept, so that keeping it asks for no memory.
  std::unordered_map<FileKey, OpenFile*, FileKeyHash>::node_type map_node_;
  UniqueFd fd_;
  mutable FileMemory memory_;
  FileState state_;
  uint64_t opened_ms_ = 0;
  uint64_t root_id_ = 0;
  std::string path_;
  http::Coding coding_ = http::Coding::kIdentity;
  std::string_view media_type_;
  http::EntityTag entity_tag_;
  int64_t modified_seconds_ = 0;
  bool wants_content_tag_ = false;
  bool compressible_ = false;
  bool compressed_by_itself_ = false;
  std::optional<http::CodingSet> variants_;
  std::array<char, 384> prepared_fields_;
  size_t prepared_length_ = 0;
  size_t validators_begin_ = 0;
  size_t validators_length_ = 0;
};

// Keeps an OpenFile open.
class FileReference {
  friend class OpenFileTable;

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
