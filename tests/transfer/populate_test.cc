// Files that are mapped, and parts of them that are brought into memory.
#include "io/populate.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "io/file_mapping.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

using PopulateTest = RouteTest;

constexpr uint64_t kMiB = 1024 * 1024;

TEST_F(PopulateTest, BringsInWhatWasAskedFor) {
  const UniqueFd fd = make_file(varied_bytes(8 * kMiB));
  if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
  EXPECT_EQ(loop_.run(populate(loop_.reactor(), fd.get(), kMiB + 1, 2 * kMiB)), 2 * kMiB);
  EXPECT_GE(cached_bytes(fd.get(), kMiB, 2 * kMiB + 4096), 2 * kMiB + 4096);
}

TEST_F(PopulateTest, TakesTheEndOfAFileForNoError) {
  const UniqueFd fd = make_file(varied_bytes(10'000));
  evict(fd.get());
  EXPECT_TRUE(loop_.run(populate(loop_.reactor(), fd.get(), 4'000, kMiB)));
  EXPECT_GE(cached_bytes(fd.get(), 4'096, 4'096), 4'096U);
  EXPECT_TRUE(loop_.run(populate(loop_.reactor(), fd.get(), kMiB, kMiB)));
}

TEST_F(PopulateTest, TellsWhatCannotBeMapped) {
  const UniqueFd fd(open("/proc/version", O_RDONLY | O_CLOEXEC));
  const Result<uint64_t> populated = loop_.run(populate(loop_.reactor(), fd.get(), 0, 100));
  ASSERT_FALSE(populated);
  EXPECT_EQ(populated.error().code, ErrorCode::kUnsupported);
}

using FileMappingTest = RouteTest;

TEST_F(FileMappingTest, CoversWholePages) {
  const UniqueFd fd = make_file(varied_bytes(20'000));
  FileMapping mapping;
  EXPECT_FALSE(mapping.covers(0, 0));
  ASSERT_TRUE(mapping.map(fd.get(), 5'000, 3'000));
  EXPECT_TRUE(mapping.covers(5'000, 3'000));
  EXPECT_TRUE(mapping.covers(4'096, 3'904));
  EXPECT_FALSE(mapping.covers(4'095, 1));
  EXPECT_FALSE(mapping.covers(5'000, 3'001));
  EXPECT_FALSE(mapping.covers(8'001, 1));
  EXPECT_FALSE(mapping.covers(UINT64_MAX, 1));
  EXPECT_FALSE(mapping.covers(5'000, UINT64_MAX));
  EXPECT_EQ(mapping.part(5'000, 10).data() - mapping.part(4'096, 10).data(), 904);
  mapping.unmap();
  EXPECT_FALSE(mapping.covers(5'000, 1));
}

TEST_F(FileMappingTest, IsRefusedWhereTheSystemRefuses) {
  const UniqueFd fd(open("/proc/version", O_RDONLY | O_CLOEXEC));
  FileMapping mapping;
  const Result<void> mapped = mapping.map(fd.get(), 0, 100);
  ASSERT_FALSE(mapped);
  EXPECT_FALSE(mapping.covers(0, 1));
}

}  // namespace
}  // namespace sluice
