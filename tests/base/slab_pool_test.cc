// Blocks of one size, used again and again.
#include "base/slab_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <utility>
#include <vector>

namespace sluice {
namespace {

TEST(SlabPoolTest, BlocksHaveTheirSizeAndAreDistinct) {
  SlabPool pool(100);
  SlabPool::Block first = pool.take();
  SlabPool::Block second = pool.take();
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(first.span().size(), 100u);
  EXPECT_EQ(first.span().data(), first.data());
  std::memset(first.data(), 'a', 100);
  std::memset(second.data(), 'b', 100);
  EXPECT_EQ(first.data()[99], 'a');
}

TEST(SlabPoolTest, WhatIsGivenBackIsTakenAgain) {
  SlabPool pool(64);
  std::set<char*> seen;
  for (int round = 0; round < 100; ++round) {
    SlabPool::Block first = pool.take();
    SlabPool::Block second = pool.take();
    seen.insert({first.data(), second.data()});
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST(SlabPoolTest, TheBlockGivenBackLastIsTakenFirst) {
  SlabPool pool(64);
  SlabPool::Block first = pool.take();
  SlabPool::Block second = pool.take();
  char* const last = first.data();
  second = SlabPool::Block();
  first = SlabPool::Block();
  EXPECT_EQ(pool.take().data(), last);
}

TEST(SlabPoolTest, AMovedBlockIsGivenBackOnce) {
  SlabPool pool(64);
  SlabPool::Block block = pool.take();
  char* const memory = block.data();
  SlabPool::Block moved(std::move(block));
  EXPECT_FALSE(block);
  EXPECT_EQ(moved.data(), memory);
  SlabPool::Block other = pool.take();
  EXPECT_NE(other.data(), memory);
  moved = SlabPool::Block();
  EXPECT_FALSE(moved);

  const SlabPool::Block again = pool.take();
  const SlabPool::Block another = pool.take();
  EXPECT_EQ(again.data(), memory);
  EXPECT_NE(another.data(), memory);
}

TEST(SlabPoolTest, ABlockCanReplaceOneOfAnotherPool) {
  SlabPool small(8);
  SlabPool large(1024);
  SlabPool::Block block = small.take();
  char* const from_small = block.data();
  block = large.take();
  EXPECT_EQ(block.span().size(), 1024u);
  EXPECT_EQ(small.take().data(), from_small);
}

TEST(SlabPoolTest, AnEmptyBlockIsFalse) {
  const SlabPool::Block none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.data(), nullptr);
}

TEST(SlabPoolTest, ManyBlocksAtOnce) {
  SlabPool pool(32);
  for (int round = 0; round < 3; ++round) {
    std::vector<SlabPool::Block> blocks;
    std::set<char*> distinct;
    for (int i = 0; i < 1000; ++i) {
      blocks.push_back(pool.take());
      distinct.insert(blocks.back().data());
    }
    EXPECT_EQ(distinct.size(), 1000u);
  }
}

}  // namespace
}  // namespace sluice
