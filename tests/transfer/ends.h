// The ends of transfers, with peers that feed them and drain them on threads of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sluice/request.h>
#include <sluice/response.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

#include "support/connections.h"
#include "support/temporary_directory.h"
#include "transfer/bounded_readiness.h"
#include "transfer/content_reader.h"
#include "transfer/stream_writer.h"

namespace sluice {

using testing_support::drain;
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
  // `chunked`: all of `arrived`, in pieces, and `socket` is not used. REQUIRES: a loop.
  ScriptedContent(std::string arrived, uint64_t length, int socket, bool chunked);

  std::optional<uint64_t> length() const noexcept override;
  bool complete() const noexcept override { return taken_ == length_; }
  Task<Result<std::string_view>> read() noexcept override;
  Result<std::string_view> read_arrived() noexcept override;
  void give_back(uint64_t bytes) noexcept override { taken_ -= bytes; }
  Task<Result<Readiness*>> socket() noexcept override;
  uint64_t left_bytes() const noexcept override { return length_ - taken_; }
  void took(uint64_t bytes) noexcept override { taken_ += bytes; }

 private:
  static constexpr size_t kPieceBytes = 1'500;

  std::string_view next_piece() noexcept;

  const std::string arrived_;
  const uint64_t length_;
  const bool chunked_;
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

// A source that has `bytes`. What is in it is fed from another thread. REQUIRES: made and used on
// the thread of a loop; `bytes` stay.
class TestSource {
 public:
  // `offset`: of sources that have one, where in them the bytes begin.
  TestSource(const testing_support::TemporaryDirectory& directory, SourceKind kind,
             std::string_view bytes, uint64_t offset = 0);
  ~TestSource();
  TestSource(const TestSource&) = delete;
  TestSource& operator=(const TestSource&) = delete;

  Source source() const;
  uint64_t offset() const { return has_offset_ ? offset_ : 0; }

 private:
  const SourceKind kind_;
  const std::string_view bytes_;
  const uint64_t offset_;
  bool has_offset_ = false;
  std::string in_front_;  // as much as `offset` says, then the bytes
  UniqueFd fd_;
  SharedMemory shared_;
  std::unique_ptr<ScriptedContent> reader_;
  std::unique_ptr<RequestContent> content_;
  std::thread peer_;
};

// A sink; what reaches it is read on another thread. As TestSource.
class TestSink {
 public:
  static constexpr uint64_t kFileOffset = 513;

  // Has room for `room_bytes`, where it has an end.
  TestSink(const testing_support::TemporaryDirectory& directory, SinkKind kind,
           uint64_t room_bytes);
  ~TestSink();
  TestSink(const TestSink&) = delete;
  TestSink& operator=(const TestSink&) = delete;

  Sink sink();
  // Ends the sink. All that has reached it.
  std::string received(uint64_t moved);
  const ScriptedWriter* writer() const { return writer_.get(); }

 private:
  const SinkKind kind_;
  const uint64_t room_bytes_;
  UniqueFd fd_;
  UniqueFd peer_fd_;
  std::string text_;
  std::unique_ptr<ScriptedWriter> writer_;
  std::unique_ptr<ResponseStream> stream_;
  std::thread peer_;
};

}  // namespace sluice
