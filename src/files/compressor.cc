#include "files/compressor.h"

#include <brotli/encode.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <span>
#include <utility>

#include "base/assert.h"
#include "files/read_piece.h"

namespace sluice {

namespace {

constexpr size_t kPieceBytes = 128 * 1024;

struct Step {
  size_t consumed_count;
  size_t produced_count;
  bool finished;
};

using Input = std::span<const uint8_t>;
using Output = std::span<uint8_t>;

class Encoder {
 public:
  Encoder() noexcept = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  virtual ~Encoder() = default;

  virtual bool usable() const noexcept = 0;

  // Takes from `input` and writes to `output` what it can; `last` says that nothing follows
  // `input`. Nothing on an error. REQUIRES: what is left of an input is given again with the same
  // `last`.
  virtual Result<Step> step(Input input, bool last, Output output) noexcept = 0;
};

constexpr Error kNoMemory{ErrorCode::kExhausted, ENOMEM, "encode"};

class BrotliEncoder final : public Encoder {
 public:
  explicit BrotliEncoder(uint64_t size_bytes) noexcept
      : state_(BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) return;
    constexpr uint64_t kSmallBytes = 128 * 1024;
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, size_bytes < kSmallBytes ? 11 : 9);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, BROTLI_DEFAULT_WINDOW);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_SIZE_HINT, static_cast<uint32_t>(size_bytes));
  }
  ~BrotliEncoder() override {
    if (state_ != nullptr) BrotliEncoderDestroyInstance(state_);
  }

  bool usable() const noexcept override { return state_ != nullptr; }

  Result<Step> step(Input input, bool last, Output output) noexcept override {
    const uint8_t* next_in = input.data();
    size_t in_count = input.size();
    uint8_t* next_out = output.data();
    size_t out_count = output.size();
    const auto operation = last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;
    if (BrotliEncoderCompressStream(state_, operation, &in_count, &next_in, &out_count, &next_out,
                                    nullptr) == BROTLI_FALSE) {
      return std::unexpected(kNoMemory);
    }
    return Step{.consumed_count = input.size() - in_count,
                .produced_count = output.size() - out_count,
                .finished = BrotliEncoderIsFinished(state_) == BROTLI_TRUE};
  }

 private:
  BrotliEncoderState* state_;
};

class ZstdEncoder final : public Encoder {
 public:
  explicit ZstdEncoder(uint64_t size_bytes) noexcept : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) return;
    constexpr uint64_t kSmallBytes = 1024 * 1024;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, size_bytes < kSmallBytes ? 19 : 12);
    ZSTD_CCtx_setPledgedSrcSize(context_, size_bytes);
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }

  bool usable() const noexcept override { return context_ != nullptr; }

  Result<Step> step(Input input, bool last, Output output) noexcept override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    const auto operation = last ? ZSTD_e_end : ZSTD_e_continue;
    const size_t left = ZSTD_compressStream2(context_, &out, &in, operation);
    if (ZSTD_isError(left) != 0) return std::unexpected(kNoMemory);
    return Step{.consumed_count = in.pos, .produced_count = out.pos, .finished = last && left == 0};
  }

 private:
  ZSTD_CCtx* context_;
};

class GzipEncoder final : public Encoder {
 public:
  GzipEncoder() noexcept {
    constexpr int kGzipFormat = 16;  // added to the bits of the window (zlib.h)
    usable_ = deflateInit2(&stream_, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipFormat,
                           MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipEncoder() override {
    if (usable_) deflateEnd(&stream_);
  }

  bool usable() const noexcept override { return usable_; }

  Result<Step> step(Input input, bool last, Output output) noexcept override {
    stream_.next_in = const_cast<uint8_t*>(input.data());  // zlib only reads it
    stream_.avail_in = static_cast<unsigned>(input.size());
    stream_.next_out = output.data();
    stream_.avail_out = static_cast<unsigned>(output.size());
    const int result = deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
    if (result == Z_STREAM_ERROR) return std::unexpected(kNoMemory);
    return Step{.consumed_count = input.size() - stream_.avail_in,
                .produced_count = output.size() - stream_.avail_out,
                .finished = result == Z_STREAM_END};
  }

 private:
  z_stream stream_{};
  bool usable_;
};

std::unique_ptr<Encoder> make_encoder(http::Coding coding, uint64_t size_bytes) {
  switch (coding) {
    case http::Coding::kBrotli:
      return std::make_unique<BrotliEncoder>(size_bytes);
    case http::Coding::kZstd:
      return std::make_unique<ZstdEncoder>(size_bytes);
    case http::Coding::kGzip:
      return std::make_unique<GzipEncoder>();
    case http::Coding::kIdentity:
      break;
  }
  return nullptr;
}

int write_fully(int fd, Input bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return 0;
}

constexpr Compression ended(CompressionOutcome outcome, int system_errno = 0) noexcept {
  return {.outcome = outcome, .byte_count = 0, .system_errno = system_errno};
}

class Compressing {
 public:
  Compressing(Encoder& encoder, int to, uint64_t bound_bytes)
      : encoder_(encoder),
        to_(to),
        bound_bytes_(bound_bytes),
        output_(std::make_unique_for_overwrite<uint8_t[]>(kPieceBytes)) {}

  // kDone: go on.
  Compression take(Input input, bool last) noexcept {
    bool finished = false;
    while (!input.empty() || (last && !finished)) {
      const Output output(output_.get(), kPieceBytes);
      const Result<Step> step = encoder_.step(input, last, output);
      if (!step) return ended(CompressionOutcome::kReadFailed, step.error().system_errno);
      input = input.subspan(step->consumed_count);
      finished = step->finished;
      byte_count_ += step->produced_count;
      if (byte_count_ > bound_bytes_) return ended(CompressionOutcome::kNotWorth);
      if (const int error = write_fully(to_, output.first(step->produced_count)); error != 0) {
        return ended(CompressionOutcome::kWriteFailed, error);
      }
    }
    return {.outcome = CompressionOutcome::kDone, .byte_count = byte_count_, .system_errno = 0};
  }

 private:
  Encoder& encoder_;
  const int to_;
  const uint64_t bound_bytes_;
  const std::unique_ptr<uint8_t[]> output_;
  uint64_t byte_count_ = 0;
};

}  // namespace

Compression compress_file(const Original& original, int to, http::Coding coding,
                          uint64_t bound_bytes, std::stop_token stop) noexcept {
  const uint64_t size_bytes = original.state.size_bytes;
  const std::unique_ptr<Encoder> encoder = make_encoder(coding, size_bytes);
  SLUICE_ASSERT(encoder != nullptr);
  if (!encoder->usable()) return ended(CompressionOutcome::kReadFailed, ENOMEM);
  Compressing compressing(*encoder, to, bound_bytes);
  const auto buffer = std::make_unique_for_overwrite<uint8_t[]>(kPieceBytes);
  wait_for_next_tick(original.state);
  uint64_t offset = 0;
  Compression compression = ended(CompressionOutcome::kDone);
  do {
    if (stop.stop_requested()) return ended(CompressionOutcome::kStopped);
    const std::span<uint8_t> piece(buffer.get(),
                                   std::min<uint64_t>(kPieceBytes, size_bytes - offset));
    if (const Result<void> read = read_piece(original.fd, piece, offset); !read) {
      const bool changed = read.error().code == ErrorCode::kChanged;
      return ended(changed ? CompressionOutcome::kChanged : CompressionOutcome::kReadFailed,
                   read.error().system_errno);
    }
    offset += piece.size();
    compression = compressing.take(piece, offset == size_bytes);
    if (compression.outcome != CompressionOutcome::kDone) return compression;
  } while (offset < size_bytes);
  const Result<FileState> now = state_of(original.fd);
  if (!now || *now != original.state) return ended(CompressionOutcome::kChanged);
  return compression;
}

}  // namespace sluice
