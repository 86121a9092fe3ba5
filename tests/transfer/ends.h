// The ends of transfers, with peers that feed them and drain them on threads of their own.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/request.h>
#include <sluice/response.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

#include "support/connections.h"
#include "support/temporary_directory.h"
#include "transfer/arrival.h"
#include "transfer/bounded_readiness.h"
#include "transfer/content_reader.h"
#include "transfer/stream_writer.h"

namespace sluice {

using testing_support::feed;

enum class SourceKind : uint8_t {
  kFile,
  kTcp,
  kUnix,
  kPipe,
  kBorrowed,
  kOwned,
  kShared,
  kContent,
  kChunks,
  kList,
};
inline constexpr size_t kSourceKinds = 10;
std::string_view name_of(SourceKind kind);

// Whether TransferOptions::offset is for sources of this kind.
constexpr bool has_offset(SourceKind kind) {
  return kind == SourceKind::kFile || kind == SourceKind::kBorrowed || kind == SourceKind::kOwned ||
         kind == SourceKind::kShared;
}

enum class SinkKind : uint8_t { kFile, kTcp, kUnix, kPipe, kMemory, kString, kResponse };
inline constexpr size_t kSinkKinds = 7;
std::string_view name_of(SinkKind kind);

constexpr bool is_stream(SinkKind kind) {
  return kind == SinkKind::kTcp || kind == SinkKind::kUnix || kind == SinkKind::kPipe;
}

// The ends of a pipe; `ours` does not block.
struct PipeEnds {
  UniqueFd ours;
  UniqueFd peer;
};
PipeEnds pipe_to_read();
PipeEnds pipe_to_write();

// The content of a request: some of it has arrived, the rest is in a socket, or comes in chunks.
class ScriptedContent final : public ContentReader {
 public:
  // `chunked`: all of `arrived`, in pieces, and `socket` is not used. REQUIRES: a loop; `arrived`
  // stays.
  ScriptedContent(std::string_view arrived, uint64_t length, int socket, bool chunked,
                  size_t piece_bytes = kPieceBytes);

  static constexpr size_t kPieceBytes = 1'500;

  std::optional<uint64_t> length() const noexcept override;
  bool complete() const noexcept override { return taken_ == length_; }
  Task<Result<std::string_view>> read() noexcept override;
  Result<std::string_view> read_arrived() noexcept override;
  void give_back(uint64_t bytes) noexcept override { taken_ -= bytes; }
  Task<Result<Readiness*>> socket() noexcept override;
  uint64_t left_bytes() const noexcept override { return length_ - taken_; }
  void took(uint64_t bytes) noexcept override { taken_ += bytes; }

 private:
  std::string_view next_piece() noexcept;

  const std::string_view arrived_;
  const uint64_t length_;
  const bool chunked_;
  const size_t piece_bytes_;
  const TransferBounds bounds_;
  BoundedReadiness readiness_;
  uint64_t taken_ = 0;
};

// The body of a response, without framing.
class ScriptedWriter final : public StreamWriter {
 public:
  // REQUIRES: a loop.
  explicit ScriptedWriter(int socket);

  Task<Result<void>> write(std::string_view bytes) noexcept override;
  Task<Result<void>> begin_piece(uint64_t bytes) noexcept override;
  Task<Result<void>> end_piece() noexcept override;
  Readiness& socket() noexcept override { return readiness_; }

  // Pieces that were begun, and ended; bytes of the former.
  unsigned begun = 0;
  unsigned ended = 0;
  uint64_t piece_bytes = 0;

 private:
  const TransferBounds bounds_;
  BoundedReadiness readiness_;
};

// Bytes, and what a source of one kind needs beside them.
struct StoredBytes {
  std::string_view bytes;
  // All of them, or, for a list, those from list_file_begin() on, and more than that.
  UniqueFd file = {};
  std::optional<Source> owned = std::nullopt;
  SharedMemory shared = {};
  // Of content in chunks.
  size_t piece_bytes = ScriptedContent::kPieceBytes;
};

// Where in `bytes` those begin that a list has in its last part, a file.
constexpr uint64_t list_file_begin(std::string_view bytes) { return bytes.size() / 2; }

// A source. What is in it is fed from another thread. REQUIRES: made and used on the thread of a
// loop.
class TestSource {
 public:
  // Has `bytes`, which stay, behind `offset` others where sources of this kind have an offset.
  TestSource(const testing_support::TemporaryDirectory& directory, SourceKind kind,
             std::string_view bytes, uint64_t offset = 0);
  // Has what is stored, which stays. `offset`: where to begin in sources that have one.
  TestSource(SourceKind kind, const StoredBytes& stored, uint64_t offset);
  ~TestSource();
  TestSource(const TestSource&) = delete;
  TestSource& operator=(const TestSource&) = delete;

  Source source() const;
  // 0 where sources of this kind have none.
  uint64_t offset() const { return has_offset(kind_) ? offset_ : 0; }

 private:
  void begin();
  void begin_content();

  const SourceKind kind_;
  const uint64_t offset_;
  const std::string in_front_;  // as much as offset() says, then the bytes; empty where that is 0
  const StoredBytes own_;
  const StoredBytes& stored_;
  UniqueFd fd_;
  std::unique_ptr<ScriptedContent> reader_;
  std::unique_ptr<RequestContent> content_;
  std::future<bool> peer_;
};

// A sink; what reaches it is compared on another thread with what is expected. As TestSource.
class TestSink {
 public:
  static constexpr uint64_t kFileOffset = 513;

  // Has room for `expected`, and for `more_bytes`, where it has an end. `expected` stays.
  TestSink(const testing_support::TemporaryDirectory& directory, SinkKind kind,
           std::string_view expected, uint64_t more_bytes = 0);
  // `file` and `memory`, which stays: what sinks of these kinds are.
  TestSink(SinkKind kind, std::string_view expected, UniqueFd file, std::span<char> memory);
  ~TestSink();
  TestSink(const TestSink&) = delete;
  TestSink& operator=(const TestSink&) = delete;

  Sink sink();
  // Ends the sink. All that has reached it; memory does not know how much that is: `moved`.
  Arrival arrived(uint64_t moved);
  const ScriptedWriter* writer() const { return writer_.get(); }

 private:
  void begin_peer();

  const SinkKind kind_;
  const std::string_view expected_;
  uint64_t room_bytes_;
  UniqueFd fd_;
  std::unique_ptr<char[]> own_memory_;
  std::span<char> memory_;
  std::string text_;
  std::unique_ptr<ScriptedWriter> writer_;
  std::unique_ptr<ResponseStream> stream_;
  std::future<Arrival> peer_;
};

}  // namespace sluice
