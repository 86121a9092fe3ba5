// What of a file stays in the page cache after a transfer that is the only one of its kind.
#include "transfer/drop_behind.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "transfer/mapped_route.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

constexpr uint64_t kMiB = 1024 * 1024;
constexpr uint64_t kFileBytes = 128 * kMiB;

class DropBehindTest : public RouteTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(truncate(directory_.path_of("file").c_str(), kFileBytes), 0);
    read(0, kMiB);
    if (!evict(fd_.get())) GTEST_SKIP() << "this file system keeps files in memory";
  }

  // Whether `attempt` succeeds, each time with nothing in the page cache. The kernel loses a page
  // of a busy machine now and then, which is not for a DropBehind to answer for: not every time.
  template <class Attempt>
  bool succeeds(Attempt attempt) {
    constexpr int kAttempts = 10;
    for (int i = 0; i < kAttempts; ++i) {
      evict(fd_.get());
      if (attempt()) return true;
    }
    return false;
  }

  // As others do, before.
  void read(uint64_t offset, uint64_t bytes) const {
    std::string buffer(kMiB, '\0');
    const uint64_t end = offset + bytes;
    for (; offset < end; offset += kMiB) {
      const size_t wanted = static_cast<size_t>(std::min(kMiB, end - offset));
      ASSERT_EQ(pread(fd_.get(), buffer.data(), wanted, static_cast<off_t>(offset)),
                static_cast<ssize_t>(wanted));
    }
  }

  // What a transfer of this range does to the page cache.
  void pass(uint64_t offset, uint64_t bytes) {
    DropBehind behind(loop_.reactor(), fd_.get(), offset, bytes);
    const uint64_t end = offset + bytes;
    while (offset < end) {
      const uint64_t step = std::min(DropBehind::kStepBytes, end - offset);
      read(offset, step);
      offset += step;
      loop_.run(behind.sent_up_to(offset));
    }
    loop_.run(behind.finish());
  }

  uint64_t cached(uint64_t offset, uint64_t bytes) const {
    return cached_bytes(fd_.get(), offset, bytes);
  }

  const UniqueFd fd_ = make_file("");
};

TEST_F(DropBehindTest, NothingStaysOfWhatNobodyElseReads) {
  EXPECT_TRUE(succeeds([this] {
    pass(0, kFileBytes);
    return cached(0, kFileBytes) == 0;
  }));
}

TEST_F(DropBehindTest, NothingIsDroppedThatWasThereBefore) {
  EXPECT_TRUE(succeeds([this] {
    read(0, kFileBytes);
    pass(0, kFileBytes);
    return cached(0, kFileBytes) == kFileBytes;
  }));
}

TEST_F(DropBehindTest, APartThatOthersReadStays) {
  EXPECT_TRUE(succeeds([this] {
    read(20 * kMiB, 10 * kMiB);
    const uint64_t before = cached(0, kFileBytes);
    pass(0, kFileBytes);
    // With what the kernel had read ahead for the others.
    return cached(20 * kMiB, 10 * kMiB) == 10 * kMiB && cached(0, kFileBytes) <= before;
  }));
}

TEST_F(DropBehindTest, ARangeIsDroppedAndItsNeighboursStay) {
  EXPECT_TRUE(succeeds([this] {
    read(0, 2 * kMiB);
    read(40 * kMiB, 2 * kMiB);
    const uint64_t before = cached(0, kFileBytes);
    pass(kMiB + 5'000, 39 * kMiB);
    return cached(0, 2 * kMiB) == 2 * kMiB && cached(41 * kMiB, kMiB) == kMiB &&
           cached(0, kFileBytes) <= before;
  }));
}

TEST_F(DropBehindTest, MostIsGoneWhileTheTransferGoesOn) {
  DropBehind behind(loop_.reactor(), fd_.get(), 0, kFileBytes);
  for (uint64_t offset = 0; offset < kFileBytes;) {
    read(offset, DropBehind::kStepBytes);
    offset += DropBehind::kStepBytes;
    loop_.run(behind.sent_up_to(offset));
    EXPECT_LE(cached(0, kFileBytes), kFileBytes / 2);
  }
}

TEST_F(DropBehindTest, AFileMayBeSentBeyondWhatWasItsEnd) {
  const UniqueFd empty(open(directory_.path_of("empty").c_str(), O_RDWR | O_CREAT, 0600));
  EXPECT_TRUE(succeeds([this, &empty] {
    EXPECT_EQ(ftruncate(empty.get(), 0), 0);
    DropBehind behind(loop_.reactor(), empty.get(), 0, UINT64_MAX);
    const std::string bytes(DropBehind::kStepBytes, 'x');
    constexpr uint64_t kGrownBytes = 4 * DropBehind::kStepBytes;
    for (uint64_t offset = 0; offset < kGrownBytes;) {
      EXPECT_EQ(pwrite(empty.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                static_cast<ssize_t>(bytes.size()));
      EXPECT_EQ(fdatasync(empty.get()), 0);
      offset += DropBehind::kStepBytes;
      loop_.run(behind.sent_up_to(offset));
    }
    loop_.run(behind.finish());
    // Whoever has just written it needs it.
    return cached_bytes(empty.get(), 0, kGrownBytes) == kGrownBytes;
  }));
}

TEST_F(DropBehindTest, NearlyNothingStaysOfWhatWasSent) {
  connect(Family::kTcp);
  start_reading();
  DropBehind behind(loop_.reactor(), fd_.get(), 0, kFileBytes);
  for (uint64_t offset = 0; offset < kFileBytes; offset += DropBehind::kStepBytes) {
    OutgoingFile file = outgoing({}, {fd_.get(), offset, DropBehind::kStepBytes});
    ASSERT_EQ(run(send_by_mapping, file), RouteEnd::kDone);
    loop_.run(behind.sent_up_to(offset + DropBehind::kStepBytes));
  }
  loop_.run(behind.finish());
  EXPECT_EQ(received().size(), kFileBytes);
  EXPECT_LE(cached(0, kFileBytes), 4 * kMiB);
}

}  // namespace
}  // namespace sluice
