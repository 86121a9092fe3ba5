// What counts as being in the page cache (DirectCalls::cached()).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "io/file_memory.h"
#include "io/populate.h"
#include "ring/direct_calls.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

using ResidencyTest = RouteTest;

TEST_F(ResidencyTest, IsForAllOfAPart) {
  const UniqueFd fd = make_file(varied_bytes(8 * 1024 * 1024));
  DirectCalls direct;
  EXPECT_EQ(direct.cached(fd.get(), 0, 8 * 1024 * 1024), 1);
  EXPECT_EQ(direct.cached(fd.get(), 4'000, 200), 1);
  if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
  EXPECT_EQ(direct.cached(fd.get(), 0, 1), 0);
  EXPECT_EQ(direct.cached(fd.get(), 0, 0), 1);
  EXPECT_TRUE(loop_.run(populate(loop_.reactor(), fd.get(), 0, 4'096)));
  EXPECT_EQ(direct.cached(fd.get(), 0, 4'096), 1);
}

TEST_F(ResidencyTest, IsTrueOfWhatLivesInMemory) {
  const UniqueFd fd(memfd_create("sluice-test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const std::string content = varied_bytes(10'000);
  ASSERT_EQ(write(fd.get(), content.data(), content.size()), ssize_t(content.size()));
  DirectCalls direct;
  EXPECT_EQ(direct.cached(fd.get(), 0, 10'000), 1);
}

TEST(ResidencyNoteTest, HoldsForAWhileForWhatWasNoted) {
  constexpr uint64_t kTrustedMs = ResidencyNote::kTrustedMs;
  ResidencyNote note;
  EXPECT_FALSE(note.holds(0, 1, 0));
  note.note(100, 200, 1'000);
  EXPECT_TRUE(note.holds(100, 200, 1'000));
  EXPECT_TRUE(note.holds(150, 150, 1'000 + kTrustedMs - 1));
  EXPECT_FALSE(note.holds(150, 150, 1'000 + kTrustedMs));
  EXPECT_FALSE(note.holds(99, 2, 1'000));
  EXPECT_FALSE(note.holds(299, 2, 1'000));
  EXPECT_FALSE(note.holds(400, 0, 1'000));
}

TEST(ResidencyNoteTest, GrowsByWhatTouchesItAndIsTrustedNoLonger) {
  constexpr uint64_t kTrustedMs = ResidencyNote::kTrustedMs;
  ResidencyNote note;
  note.note(100, 200, 1'000);
  note.note(300, 50, 1'010);
  note.note(50, 60, 1'020);
  EXPECT_TRUE(note.holds(50, 300, 1'000 + kTrustedMs - 1));
  EXPECT_FALSE(note.holds(50, 301, 1'020));
  EXPECT_FALSE(note.holds(50, 1, 1'000 + kTrustedMs));
  note.note(350, 50, 1'000 + kTrustedMs);
  EXPECT_TRUE(note.holds(350, 50, 1'000 + kTrustedMs));
  EXPECT_FALSE(note.holds(349, 1, 1'000 + kTrustedMs));
  note.note(500, 10, 1'000 + kTrustedMs);
  EXPECT_FALSE(note.holds(350, 50, 1'000 + kTrustedMs));
}

TEST_F(ResidencyTest, IsTrustedForAWhileWhereItIsRemembered) {
  const UniqueFd fd = make_file(varied_bytes(100'000));
  FileMemory memory;
  connect(Family::kTcp);
  OutgoingFile file = outgoing({}, {fd.get(), 0, 100'000, &memory});
  EXPECT_TRUE(file.next_is_resident(100'000));
  EXPECT_TRUE(memory.residency.holds(0, 100'000, loop_.reactor().now_ms()));
  EXPECT_FALSE(memory.residency.holds(0, 100'001, loop_.reactor().now_ms()));
  if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
  EXPECT_TRUE(file.next_is_resident(50'000));
  memory.residency = {};
  EXPECT_FALSE(file.next_is_resident(50'000));
}

TEST_F(ResidencyTest, IsTrustedForTheTransferWhereTheFileHasNoMemory) {
  const UniqueFd fd = make_file(varied_bytes(100'000));
  connect(Family::kTcp);
  OutgoingFile file = outgoing({}, {fd.get(), 0, 100'000});
  EXPECT_TRUE(file.next_is_resident(100'000));
  if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
  EXPECT_TRUE(file.next_is_resident(50'000));
  OutgoingFile next = outgoing({}, {fd.get(), 0, 100'000});
  EXPECT_FALSE(next.next_is_resident(50'000));
}

TEST_F(ResidencyTest, IsNotAskedAgainUntilSomeWereSentOrTimeHasPassed) {
  const UniqueFd fd = make_file(varied_bytes(100'000));
  if (!evict(fd.get())) GTEST_SKIP() << "this file system keeps files in memory";
  connect(Family::kTcp);
  OutgoingFile file = outgoing({}, {fd.get(), 0, 100'000});
  EXPECT_FALSE(file.next_is_resident(100'000));
  EXPECT_FALSE(file.untold);
  EXPECT_TRUE(loop_.run(populate(loop_.reactor(), fd.get(), 0, 100'000)));
  EXPECT_FALSE(file.next_is_resident(100'000));
  OutgoingFile partly_sent = file;
  partly_sent.sent(1, Route::kSplice);
  EXPECT_TRUE(partly_sent.next_is_resident(99'999));
  EXPECT_TRUE(file.look_again());
  EXPECT_TRUE(file.next_is_resident(100'000));
}

// It has no page cache to be in.
TEST_F(ResidencyTest, IsUnknownWhereNobodyTells) {
  const UniqueFd fd(open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC));
  DirectCalls direct;
  EXPECT_EQ(direct.cached(fd.get(), 0, 1), -EOPNOTSUPP);
  connect(Family::kTcp);
  OutgoingFile file = outgoing({}, {fd.get(), 0, 1});
  EXPECT_FALSE(file.next_is_resident(1));
  EXPECT_TRUE(file.untold);
}

}  // namespace
}  // namespace sluice
