// One owner, one close.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <type_traits>
#include <utility>

#include <sluice/unique_fd.h>

namespace sluice {
namespace {

static_assert(!std::is_copy_constructible_v<UniqueFd> && !std::is_copy_assignable_v<UniqueFd>);
static_assert(std::is_nothrow_move_constructible_v<UniqueFd>);
static_assert(sizeof(UniqueFd) == sizeof(int));

int open_something() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFdTest, OwnsNothingByDefault) {
  const UniqueFd none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
}

TEST(UniqueFdTest, DescriptorZeroIsOne) {
  UniqueFd zero(0);
  EXPECT_TRUE(zero);
  EXPECT_EQ(zero.release(), 0);
  EXPECT_TRUE(is_open(0));
}

TEST(UniqueFdTest, ClosesAtItsEnd) {
  const int fd = open_something();
  {
    const UniqueFd owner(fd);
    EXPECT_EQ(owner.get(), fd);
    EXPECT_TRUE(is_open(fd));
  }
  EXPECT_FALSE(is_open(fd));
}

TEST(UniqueFdTest, MovingHandsOver) {
  const int fd = open_something();
  UniqueFd first(fd);
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first);
  EXPECT_EQ(second.get(), fd);
  EXPECT_TRUE(is_open(fd));
}

TEST(UniqueFdTest, AssignmentClosesWhatWasOwnedBefore) {
  const int before = open_something();
  const int after = open_something();
  UniqueFd owner(before);
  UniqueFd other(after);
  owner = std::move(other);
  EXPECT_FALSE(is_open(before));
  EXPECT_TRUE(is_open(after));
  EXPECT_EQ(owner.get(), after);
  EXPECT_FALSE(other);
}

TEST(UniqueFdTest, SelfAssignmentKeepsIt) {
  UniqueFd owner(open_something());
  UniqueFd& alias = owner;
  owner = std::move(alias);
  EXPECT_TRUE(owner);
  EXPECT_TRUE(is_open(owner.get()));
}

TEST(UniqueFdTest, ReleaseLetsGoWithoutClosing) {
  UniqueFd owner(open_something());
  const int fd = owner.release();
  EXPECT_FALSE(owner);
  EXPECT_TRUE(is_open(fd));
  close(fd);
}

TEST(UniqueFdTest, ResetClosesAndMayTakeAnother) {
  const int first = open_something();
  const int second = open_something();
  UniqueFd owner(first);
  owner.reset(second);
  EXPECT_FALSE(is_open(first));
  EXPECT_EQ(owner.get(), second);
  owner.reset();
  EXPECT_FALSE(is_open(second));
  EXPECT_FALSE(owner);
}

}  // namespace
}  // namespace sluice
