#include "files/decompress.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <memory>

namespace sluice::testing_support {

namespace {

constexpr size_t kPieceBytes = 64 * 1024;

std::optional<std::string> from_brotli(std::string_view bytes) {
  const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  const auto* next_in = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t in_count = bytes.size();
  std::string content;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    uint8_t piece[kPieceBytes];
    uint8_t* next_out = piece;
    size_t out_count = sizeof piece;
    result = BrotliDecoderDecompressStream(state.get(), &in_count, &next_in, &out_count, &next_out,
                                           nullptr);
    content.append(piece, next_out);
  }
  if (result != BROTLI_DECODER_RESULT_SUCCESS || in_count != 0) return std::nullopt;
  return content;
}

std::optional<std::string> from_zstd(std::string_view bytes) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 23);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string content;
  size_t left = 1;
  while (left != 0) {
    char piece[kPieceBytes];
    ZSTD_outBuffer out{piece, sizeof piece, 0};
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0 || (in.pos == in.size && out.pos == 0 && left != 0)) {
      return std::nullopt;
    }
    content.append(piece, out.pos);
  }
  if (in.pos != in.size) return std::nullopt;
  return content;
}

std::optional<std::string> from_gzip(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<unsigned>(bytes.size());
  std::string content;
  int result = Z_OK;
  while (result == Z_OK) {
    uint8_t piece[kPieceBytes];
    stream.next_out = piece;
    stream.avail_out = sizeof piece;
    result = inflate(&stream, Z_NO_FLUSH);
    content.append(piece, stream.next_out);
  }
  const bool complete = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!complete) return std::nullopt;
  return content;
}

}  // namespace

std::optional<std::string> decompress(std::string_view bytes, http::Coding coding) {
  switch (coding) {
    case http::Coding::kBrotli:
      return from_brotli(bytes);
    case http::Coding::kZstd:
      return from_zstd(bytes);
    case http::Coding::kGzip:
      return from_gzip(bytes);
    case http::Coding::kIdentity:
      break;
  }
  return std::string(bytes);
}

}  // namespace sluice::testing_support
