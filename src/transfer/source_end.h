// Where a transfer takes bytes from when they pass through this process.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "transfer/content_reader.h"
#include "transfer/drop_behind.h"
#include "transfer/passage.h"

namespace sluice {

class SourceEnd {
 public:
  SourceEnd() noexcept = default;
  SourceEnd(const SourceEnd&) = delete;
  SourceEnd& operator=(const SourceEnd&) = delete;

  // The next bytes, `at_most` so many, in `buffer` unless they are in memory anyway; empty at the
  // end. They stay until the next call.
  virtual Task<Outcome<std::string_view>> read(std::span<char> buffer, uint64_t at_most) = 0;

  // True exactly when read() has no use for a buffer.
  virtual bool in_memory() const noexcept { return false; }

 protected:
  ~SourceEnd() = default;
};

class MemorySource final : public SourceEnd {
 public:
  explicit MemorySource(std::string_view bytes) noexcept : left_(bytes) {}

  Task<Outcome<std::string_view>> read(std::span<char> buffer, uint64_t at_most) override;
  bool in_memory() const noexcept override { return true; }

 private:
  std::string_view left_;
};

// A regular file: what is in the page cache is read at once, the rest on the ring.
class FileSource final : public SourceEnd {
 public:
  // `length`: what will be read of it at the most.
  FileSource(Passage& passage, int fd, uint64_t offset, uint64_t length) noexcept;

  Task<Outcome<std::string_view>> read(std::span<char> buffer, uint64_t at_most) override;

  int fd() const noexcept { return fd_; }
  uint64_t offset() const noexcept { return offset_; }

  // So many bytes were taken at offset(); at most DropBehind::kStepBytes.
  Task<void> took(uint64_t bytes) noexcept;

  // Nothing more will be taken. To be called once nothing reads any more.
  Task<void> finish() noexcept;

 private:
  Passage& passage_;
  const int fd_;
  uint64_t offset_;
  std::optional<DropBehind> behind_;  // there exactly when the file is read once only
};

// A socket or a pipe; or the socket that the content of a request arrives at.
class StreamSource final : public SourceEnd {
 public:
  enum class Kind : uint8_t { kSocket, kPipe };

  // `content` is that of the request, or null. All of these outlive this.
  StreamSource(Passage& passage, Readiness& readiness, Kind kind,
               ContentReader* content = nullptr) noexcept
      : passage_(passage), readiness_(readiness), kind_(kind), content_(content) {}

  Task<Outcome<std::string_view>> read(std::span<char> buffer, uint64_t at_most) override;

  Readiness& readiness() noexcept { return readiness_; }
  int fd() const noexcept { return readiness_.fd(); }
  bool is_pipe() const noexcept { return kind_ == Kind::kPipe; }

  // What may still be taken, whatever the socket has.
  uint64_t limit() const noexcept {
    return content_ == nullptr ? UINT64_MAX : content_->left_bytes();
  }
  void took(uint64_t bytes) noexcept {
    if (content_ != nullptr) content_->took(bytes);
  }

  // True where splice(2) has found an end that recv(2) does not: urgent data of TCP looks like one
  // where the peer has sent all of it.
  bool end_is_false() const noexcept;

  // The stream is at its end: an error where content is missing.
  Outcome<void> ended() const noexcept;

 private:
  Passage& passage_;
  Readiness& readiness_;
  const Kind kind_;
  ContentReader* const content_;
};

}  // namespace sluice
