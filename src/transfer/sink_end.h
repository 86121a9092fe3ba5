// Where a transfer puts bytes that pass through this process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "transfer/bounded_readiness.h"
#include "transfer/passage.h"
#include "transfer/stream_writer.h"
#include "transfer/write_behind.h"

namespace sluice {

// What has reached the sink is noted in the passage.
class SinkEnd {
 public:
  explicit SinkEnd(Passage& passage) noexcept : passage_(passage) {}
  SinkEnd(const SinkEnd&) = delete;
  SinkEnd& operator=(const SinkEnd&) = delete;

  // All of `bytes`, counted as copied.
  virtual Task<Outcome<void>> write(std::string_view bytes) = 0;

  // Where bytes may be read into, without a buffer between; filled() says that they were. Empty
  // where there is no such place.
  virtual std::span<char> room() noexcept { return {}; }
  virtual void filled(uint64_t /*bytes*/) {}

  Passage& passage() noexcept { return passage_; }

 protected:
  ~SinkEnd() = default;

 private:
  Passage& passage_;
};

// A regular file, written on the ring.
class FileSink final : public SinkEnd {
 public:
  FileSink(Passage& passage, int fd, uint64_t offset) noexcept;

  Task<Outcome<void>> write(std::string_view bytes) override;

  int fd() const noexcept { return fd_; }
  uint64_t offset() const noexcept { return offset_; }

  // `route` has written so many bytes at offset().
  Task<void> wrote(uint64_t bytes, Route route);
  // Somebody has, and has counted and noted them.
  Task<void> advance(uint64_t bytes) noexcept;

  // Nothing more will be written.
  Task<void> finish() noexcept;

 private:
  const int fd_;
  uint64_t offset_;
  std::optional<WriteBehind> behind_;  // there exactly when the file is written once only
};

// A socket or a pipe.
class StreamSink final : public SinkEnd {
 public:
  enum class Kind : uint8_t { kSocket, kPipe };

  StreamSink(Passage& passage, int fd, Kind kind) noexcept
      : SinkEnd(passage), readiness_(passage.bounds(), fd), kind_(kind) {}

  Task<Outcome<void>> write(std::string_view bytes) override;

  BoundedReadiness& readiness() noexcept { return readiness_; }
  int fd() const noexcept { return readiness_.fd(); }
  bool is_pipe() const noexcept { return kind_ == Kind::kPipe; }

 private:
  BoundedReadiness readiness_;
  const Kind kind_;
};

class MemorySink final : public SinkEnd {
 public:
  MemorySink(Passage& passage, std::span<char> bytes) noexcept : SinkEnd(passage), left_(bytes) {}

  Task<Outcome<void>> write(std::string_view bytes) override;
  std::span<char> room() noexcept override { return left_; }
  void filled(uint64_t bytes) override;

 private:
  std::span<char> left_;
};

class StringSink final : public SinkEnd {
 public:
  StringSink(Passage& passage, std::string& text, uint64_t limit_bytes) noexcept
      : SinkEnd(passage), text_(text), limit_bytes_(limit_bytes) {}

  Task<Outcome<void>> write(std::string_view bytes) override;

 private:
  std::string& text_;
  const uint64_t limit_bytes_;
};

// The body of a response that a handler writes.
class ResponseSink final : public SinkEnd {
 public:
  ResponseSink(Passage& passage, StreamWriter& writer) noexcept
      : SinkEnd(passage), writer_(writer) {}

  Task<Outcome<void>> write(std::string_view bytes) override;

  StreamWriter& writer() noexcept { return writer_; }

 private:
  StreamWriter& writer_;
};

}  // namespace sluice
