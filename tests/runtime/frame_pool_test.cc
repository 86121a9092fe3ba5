// Frames come back, by size.
#include "runtime/frame_pool.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace sluice {
namespace {

TEST(FramePoolTest, AFreedFrameIsHandedOutAgain) {
  FramePool pool;
  void* const first = pool.allocate(200);
  pool.free(first, 200);
  void* const second = pool.allocate(200);
  EXPECT_EQ(first, second);
  EXPECT_EQ(pool.heap_allocation_count(), 1u);
  pool.free(second, 200);
}

TEST(FramePoolTest, SizesOfOneClassShareFrames) {
  FramePool pool;
  void* const first = pool.allocate(129);
  pool.free(first, 129);
  void* const larger = pool.allocate(192);  // the same 64 bytes up
  EXPECT_EQ(larger, first);
  std::memset(larger, 'x', 192);
  void* const next_class = pool.allocate(193);
  EXPECT_NE(next_class, first);
  EXPECT_EQ(pool.heap_allocation_count(), 2u);
  pool.free(larger, 192);
  pool.free(next_class, 193);
}

TEST(FramePoolTest, CountsWhatIsLive) {
  FramePool pool;
  EXPECT_EQ(pool.live_count(), 0u);
  void* const a = pool.allocate(1);
  void* const b = pool.allocate(64);
  void* const c = pool.allocate(1'000'000);
  EXPECT_EQ(pool.live_count(), 3u);
  pool.free(b, 64);
  pool.free(c, 1'000'000);
  EXPECT_EQ(pool.live_count(), 1u);
  pool.free(a, 1);
  EXPECT_EQ(pool.live_count(), 0u);
}

TEST(FramePoolTest, LargeFramesComeFromTheHeapEveryTime) {
  constexpr size_t kLargestPooled = 16 * 1024;
  FramePool pool;
  for (int i = 0; i < 3; ++i) {
    void* const pooled = pool.allocate(kLargestPooled);
    std::memset(pooled, 'x', kLargestPooled);
    pool.free(pooled, kLargestPooled);
  }
  EXPECT_EQ(pool.heap_allocation_count(), 1u);
  for (int i = 0; i < 3; ++i) {
    void* const large = pool.allocate(kLargestPooled + 1);
    std::memset(large, 'x', kLargestPooled + 1);
    pool.free(large, kLargestPooled + 1);
  }
  EXPECT_EQ(pool.heap_allocation_count(), 4u);
}

TEST(FramePoolTest, FramesAreAlignedForAnything) {
  FramePool pool;
  for (size_t bytes = 1; bytes < 10'000; bytes += 37) {
    void* const frame = pool.allocate(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(frame) % alignof(std::max_align_t), 0u);
    pool.free(frame, bytes);
  }
}

// Each frame is filled with its own byte: two that overlap, or a frame that is handed out twice,
// are seen when it is freed.
TEST(FramePoolTest, FramesNeverOverlap) {
  struct Frame {
    unsigned char* memory;
    size_t bytes;
    unsigned char fill;
  };
  constexpr uint64_t kSeed = 3;
  std::mt19937_64 random(kSeed);
  FramePool pool;
  std::vector<Frame> live;
  const auto free_one = [&](size_t index) {
    const Frame frame = live[index];
    for (size_t i = 0; i < frame.bytes; ++i) ASSERT_EQ(frame.memory[i], frame.fill);
    pool.free(frame.memory, frame.bytes);
    live[index] = live.back();
    live.pop_back();
  };
  for (int step = 0; step < 20'000; ++step) {
    if (live.size() < 100 && random() % 2 == 0) {
      const size_t bytes = 1 + random() % (random() % 10 == 0 ? 12'000 : 600);
      const auto fill = static_cast<unsigned char>(step);
      auto* const memory = static_cast<unsigned char*>(pool.allocate(bytes));
      std::memset(memory, fill, bytes);
      live.push_back({memory, bytes, fill});
    } else if (!live.empty()) {
      free_one(random() % live.size());
    }
    ASSERT_EQ(pool.live_count(), live.size());
  }
  while (!live.empty()) free_one(live.size() - 1);
}

TEST(FramePoolTest, EachThreadHasItsOwn) {
  FramePool* const here = &FramePool::of_this_thread();
  EXPECT_EQ(&FramePool::of_this_thread(), here);
  FramePool* there = nullptr;
  std::thread([&] { there = &FramePool::of_this_thread(); }).join();
  EXPECT_NE(there, here);
}

}  // namespace
}  // namespace sluice
