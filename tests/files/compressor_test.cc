// Compressed files: what comes out is what went in, or it is said that it is not.
#include "files/compressor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

#include <sluice/unique_fd.h>

#include "files/decompress.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using http::Coding;
using testing_support::decompress;
using testing_support::Random;
using testing_support::TemporaryDirectory;

constexpr Coding kCodings[] = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};
constexpr uint64_t kUnbounded = UINT64_MAX;

std::string random_bytes(size_t count, uint64_t seed) {
  Random random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

std::string random_words(size_t count, uint64_t seed) {
  Random random(seed);
  std::string text;
  while (text.size() < count) {
    text += random.pick<const char*>({"sluice ", "gate ", "water ", "splice ", "<p>", "</p>\n"});
    if (random.chance(0.05)) text += std::to_string(random.next());
  }
  text.resize(count);
  return text;
}

class CompressorTest : public testing::Test {
 protected:
  void open_original(std::string_view content) {
    directory_.write("original", content);
    original_.reset(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    state_ = *state_of(original_.get());
  }

  Compression compress(Coding coding, uint64_t bound_bytes = kUnbounded,
                       std::stop_token stop = {}) {
    const UniqueFd to(open(result_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    return compress_file({.fd = original_.get(), .state = state_}, to.get(), coding, bound_bytes,
                         std::move(stop));
  }

  std::string result() const { return testing_support::content_of(result_path_); }

  void expect_same(std::string_view content) {
    open_original(content);
    for (const Coding coding : kCodings) {
      SCOPED_TRACE(static_cast<int>(coding));
      const Compression compression = compress(coding);
      ASSERT_EQ(compression.outcome, CompressionOutcome::kDone);
      const std::string compressed = result();
      EXPECT_EQ(compression.byte_count, compressed.size());
      EXPECT_TRUE(decompress(compressed, coding) == content);
      EXPECT_EQ(lseek(original_.get(), 0, SEEK_CUR), 0);
    }
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path_of("original");
  std::string result_path_ = directory_.path_of("result");
  UniqueFd original_;
  FileState state_;
};

TEST_F(CompressorTest, WhatComesOutIsWhatWentIn) {
  constexpr size_t kPiece = 128 * 1024;      // and where brotli goes from quality 11 to 9
  constexpr size_t kMebibyte = 1024 * 1024;  // where zstd goes from level 19 to 12
  for (const size_t size : {size_t{0}, size_t{1}, size_t{256}, kPiece - 1, kPiece, kPiece + 1,
                            2 * kPiece, kMebibyte - 1, kMebibyte}) {
    SCOPED_TRACE(size);
    expect_same(random_words(size, size));
  }
}

TEST_F(CompressorTest, AlsoOfWhatCannotBeCompressed) { expect_same(random_bytes(300'000, 1)); }

TEST_F(CompressorTest, AlsoOfMoreThanAWindow) {
  const std::string far_apart = random_words(2'500'000, 2);
  expect_same(far_apart + far_apart);
}

TEST_F(CompressorTest, TextBecomesSmaller) {
  open_original(random_words(100'000, 3));
  for (const Coding coding : kCodings) EXPECT_LT(compress(coding).byte_count, 50'000u);
}

TEST_F(CompressorTest, EqualFilesStayEqual) {
  const std::string text = random_words(10'000, 4);
  for (const Coding coding : kCodings) {
    open_original(text);
    compress(coding);
    const std::string first = result();
    const timespec times[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
    state_ = *state_of(original_.get());
    compress(coding);
    EXPECT_TRUE(result() == first);
  }
}

// RFC 1952 §2.3.1.
TEST_F(CompressorTest, GzipHasNeitherNameNorTime) {
  open_original("content");
  compress(Coding::kGzip);
  EXPECT_EQ(result().substr(0, 8), std::string("\x1f\x8b\x08\0\0\0\0\0", 8));
}

TEST_F(CompressorTest, GivesUpBeyondTheBound) {
  const std::string noise = random_bytes(400'000, 5);
  open_original(noise);
  for (const Coding coding : kCodings) {
    EXPECT_EQ(compress(coding, noise.size() * 95 / 100).outcome, CompressionOutcome::kNotWorth);
    EXPECT_LE(result().size(), noise.size() * 95 / 100);
  }
}

TEST_F(CompressorTest, ExactlyTheBoundIsWithinIt) {
  open_original(random_words(10'000, 6));
  for (const Coding coding : kCodings) {
    const uint64_t byte_count = compress(coding).byte_count;
    EXPECT_EQ(compress(coding, byte_count).outcome, CompressionOutcome::kDone);
    EXPECT_EQ(compress(coding, byte_count - 1).outcome, CompressionOutcome::kNotWorth);
  }
}

TEST_F(CompressorTest, StopsWhenToldTo) {
  open_original("content");
  std::stop_source source;
  source.request_stop();
  for (const Coding coding : kCodings) {
    EXPECT_EQ(compress(coding, kUnbounded, source.get_token()).outcome,
              CompressionOutcome::kStopped);
  }
}

TEST_F(CompressorTest, NoticesThatTheOriginalHasChanged) {
  open_original("content");
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  for (const Coding coding : kCodings) {
    EXPECT_EQ(compress(coding).outcome, CompressionOutcome::kChanged);
  }
}

// The clock that change times are read from ticks slowly.
TEST_F(CompressorTest, WhatIsWrittenAfterwardsIsAnotherState) {
  for (const Coding coding : kCodings) {
    open_original("content");
    ASSERT_EQ(compress(coding).outcome, CompressionOutcome::kDone);
    // A lower bound, which no machine is too slow for.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    EXPECT_GE(now, std::chrono::seconds(state_.changed_seconds) +
                       std::chrono::nanoseconds(state_.changed_nanoseconds) +
                       std::chrono::milliseconds(20));
    directory_.write("original", "CONTENT");
    EXPECT_NE(*state_of(original_.get()), state_);
  }
}

TEST_F(CompressorTest, NoticesThatTheOriginalHasBecomeShorter) {
  open_original(random_words(300'000, 7));
  ASSERT_EQ(truncate(path_.c_str(), 200'000), 0);
  for (const Coding coding : kCodings) {
    EXPECT_EQ(compress(coding).outcome, CompressionOutcome::kChanged);
  }
}

TEST_F(CompressorTest, SaysWhenItCannotRead) {
  original_.reset(open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  state_ = *state_of(original_.get());
  state_.size_bytes = 1;
  const Compression compression = compress(Coding::kGzip);
  EXPECT_EQ(compression.outcome, CompressionOutcome::kReadFailed);
  EXPECT_EQ(compression.system_errno, EISDIR);
}

TEST_F(CompressorTest, SaysWhenItCannotWrite) {
  open_original(random_words(10'000, 8));
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  for (const Coding coding : kCodings) {
    const Compression compression =
        compress_file({.fd = original_.get(), .state = state_}, full.get(), coding, kUnbounded, {});
    EXPECT_EQ(compression.outcome, CompressionOutcome::kWriteFailed);
    EXPECT_EQ(compression.system_errno, ENOSPC);
  }
}

}  // namespace
}  // namespace sluice
