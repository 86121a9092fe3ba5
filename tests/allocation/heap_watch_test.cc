// That HeapWatch sees what it is there to see: a count of 0 would prove nothing otherwise.
#include "allocation/heap_watch.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <pthread.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

namespace sluice {
namespace {

constexpr char kName[] = "watched";

void* volatile kept;  // so that no allocation is optimised away

void release() {
  std::free(kept);
  kept = nullptr;
}

// The allocations that `work` makes on a thread with that name.
uint64_t count(const char* name, const std::function<void()>& work) {
  uint64_t counted = 0;
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), name);
    const HeapWatch watch(kName);
    work();
    counted = watch.allocation_count();
  });
  thread.join();
  return counted;
}

struct Allocation {
  const char* name;
  void (*make)();

  friend void PrintTo(const Allocation& tested, std::ostream* out) { *out << tested.name; }
};

class HeapWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!heap_is_watched()) GTEST_SKIP() << "a sanitizer has a malloc of its own";
  }
};

class WaysToTheHeap : public HeapWatchTest, public testing::WithParamInterface<Allocation> {};

TEST_P(WaysToTheHeap, AreEachCountedOnce) { EXPECT_EQ(count(kName, GetParam().make), 1u); }

struct alignas(128) Aligned {
  char bytes[128];
};

const Allocation kAllocations[] = {
    {"Malloc",
     [] {
       kept = std::malloc(10);
       release();
     }},
    {"Calloc",
     [] {
       kept = std::calloc(10, 10);
       release();
     }},
    {"Realloc",
     [] {
       kept = std::realloc(nullptr, 10);
       release();
     }},
    {"AlignedAlloc",
     [] {
       kept = std::aligned_alloc(64, 64);
       release();
     }},
    {"PosixMemalign",
     [] {
       void* memory = nullptr;
       if (posix_memalign(&memory, 64, 64) == 0) kept = memory;
       release();
     }},
    {"Memalign",
     [] {
       kept = memalign(64, 64);
       release();
     }},
    {"New",
     [] {
       kept = ::operator new(10);
       ::operator delete(kept);
     }},
    {"NewWithoutThrow",
     [] {
       kept = ::operator new(10, std::nothrow);
       ::operator delete(kept);
     }},
    {"NewArray", [] { kept = std::make_unique<char[]>(100).get(); }},
    {"NewAligned", [] { kept = std::make_unique<Aligned>().get(); }},
    {"String", [] { kept = std::string(100, 'x').data(); }},
    {"Vector", [] { kept = std::vector<int>(10).data(); }},
};

INSTANTIATE_TEST_SUITE_P(All, WaysToTheHeap, testing::ValuesIn(kAllocations),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(HeapWatchTest, CountsOnlyTheThreadsOfItsName) {
  EXPECT_EQ(count("another", kAllocations[0].make), 0u);
}

TEST_F(HeapWatchTest, CountsNothingWhereThereIsNothing) {
  EXPECT_EQ(count(kName, [] { kept = nullptr; }), 0u);
}

[[gnu::noinline]] void allocate_here() {
  kept = std::malloc(4711);
  release();
}

TEST_F(HeapWatchTest, DescribesWhereAnAllocationCameFrom) {
  std::string description;
  std::thread thread([&] {
    pthread_setname_np(pthread_self(), kName);
    const HeapWatch watch(kName);
    allocate_here();
    description = watch.describe();
  });
  thread.join();
  EXPECT_NE(description.find("4711 bytes"), std::string::npos) << description;
}

}  // namespace
}  // namespace sluice
