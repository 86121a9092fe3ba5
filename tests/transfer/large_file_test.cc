// More bytes than 32 bits count, from every source to every sink.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/run.h>

#include "support/descriptors.h"
#include "support/temporary_directory.h"
#include "transfer/ends.h"
#include "transfer/large_content.h"
#include "transfer/large_room.h"
#include "transfer/transfer_case.h"

namespace sluice {
namespace {

constexpr uint64_t kGiB = 1ULL << 30U;
constexpr uint64_t kOffset = 4097;

TransferCase case_of(SourceKind source, SinkKind sink, Route route) {
  const auto turn = static_cast<unsigned>(sink) + static_cast<unsigned>(route);
  const uint64_t offset = has_offset(source) && turn % 2 == 1 ? kOffset : 0;
  return {.source = source,
          .sink = sink,
          .route = route,
          .bytes = kLargeBytes - offset,
          .offset = offset,
          .to_the_end = may_go_to_the_end(source) && turn % 4 < 2};
}

std::vector<TransferCase> all_cases() {
  std::vector<TransferCase> cases;
  for (size_t source = 0; source < kSourceKinds; ++source) {
    for (size_t sink = 0; sink < kSinkKinds; ++sink) {
      for (size_t route = 0; route < kRouteCount; ++route) {
        cases.push_back(case_of(static_cast<SourceKind>(source), static_cast<SinkKind>(sink),
                                static_cast<Route>(route)));
      }
    }
  }
  return cases;
}

// Whether the library has no code of its own for a pair: it moves these as it moves another.
bool moves_as_another(SourceKind source, SinkKind sink) {
  if (source == SourceKind::kUnix) return sink != SinkKind::kUnix;  // kTcp
  if (sink == SinkKind::kUnix) return source != SourceKind::kFile;  // kTcp
  // kBorrowed; who has the bytes makes no difference once they move.
  if (source == SourceKind::kOwned) return sink != SinkKind::kTcp;
  // kFile; a memfd is one.
  if (source == SourceKind::kShared) return sink != SinkKind::kTcp && sink != SinkKind::kResponse;
  // Each part moves as it does by itself.
  if (source == SourceKind::kList) return sink != SinkKind::kTcp && sink != SinkKind::kFile;
  // kMemory; both are handed what was read, and all sources are read alike for them.
  if (sink == SinkKind::kString) return source != SourceKind::kTcp && source != SourceKind::kChunks;
  return false;
}

// Every other pair has one of the routes, in turns; some have all that are different for them.
bool is_in_default_set(const TransferCase& one) {
  using enum Route;
  const auto is_any_of = [&one](std::initializer_list<Route> routes) {
    return std::ranges::find(routes, one.route) != routes.end();
  };
  if (moves_as_another(one.source, one.sink)) return false;
  if (one.source == SourceKind::kFile && one.sink == SinkKind::kTcp) {
    return one.route != kCopyFileRange;
  }
  if (one.source == SourceKind::kFile && one.sink == SinkKind::kFile) {
    return is_any_of({kAuto, kCopy, kSplice, kRingSplice, kCopyFileRange});
  }
  if (one.source == SourceKind::kTcp && one.sink == SinkKind::kFile) {
    return is_any_of({kCopy, kSplice, kRingSplice});
  }
  const size_t pair = static_cast<size_t>(one.source) * kSinkKinds + static_cast<size_t>(one.sink);
  return static_cast<size_t>(one.route) == pair % kRouteCount;
}

// The default set, or all where the environment says SLUICE_LARGE_TRANSFERS=all.
std::vector<TransferCase> cases() {
  std::vector<TransferCase> chosen = all_cases();
  const char* const asked = std::getenv("SLUICE_LARGE_TRANSFERS");
  if (asked == nullptr || asked != std::string_view("all")) {
    std::erase_if(chosen, [](const TransferCase& one) { return !is_in_default_set(one); });
  }
  return chosen;
}

std::string test_name(const testing::TestParamInfo<TransferCase>& one) {
  std::string name = std::string(name_of(one.param.source)) + "_to_" +
                     std::string(name_of(one.param.sink)) + "_by_" +
                     std::string(name_of(one.param.route));
  std::ranges::replace(name, '-', '_');
  return name;
}

// What is large, and was used last: to make it takes a while.
struct Kept {
  testing_support::TemporaryDirectory directory;
  LargeContent content;
  std::optional<LargeRoom> room;
  std::optional<StoredBytes> stored;
  SourceKind stored_kind = SourceKind::kFile;
};

Kept& kept() {
  static Kept what;
  return what;
}

bool needs_room(SinkKind sink) { return sink == SinkKind::kFile || sink == SinkKind::kMemory; }

// Skips the test where there is no memory for what moves from `source` to `sink`.
void prepare(SourceKind source, SinkKind sink) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "too slow";
#endif
  Kept& what = kept();
  // What a memfd was given when it was mapped stays with it.
  if (what.stored_kind != source || source == SourceKind::kShared) what.stored.reset();
  uint64_t needed = 2 * kGiB;
  if (!what.stored) needed += LargeContent::stored_memory_bytes(source);
  if (sink == SinkKind::kString || (needs_room(sink) && !what.room)) needed += kLargeBytes;
  if (!needs_room(sink) && available_memory_bytes() < needed) what.room.reset();
  const uint64_t available = available_memory_bytes();
  if (available < needed) {
    GTEST_SKIP() << "needs " << needed / kGiB << " GiB of memory, has " << available / kGiB;
  }
  if (!what.stored) what.stored.emplace(what.content.stored_for(source, what.directory));
  what.stored_kind = source;
  if (needs_room(sink) && !what.room) what.room.emplace();
}

Task<void> move(TransferCase one, TestSink& sink) {
  TestSource source(one.source, *kept().stored, one.offset);
  Task<void> moving = expect_every_byte(one, source, sink);
  co_await moving;
}

Task<void> move_large(TransferCase one) {
  LargeRoom* const room = needs_room(one.sink) ? &*kept().room : nullptr;
  UniqueFd file;
  std::span<char> memory;
  if (one.sink == SinkKind::kFile) file = room->file(TestSink::kFileOffset + one.bytes);
  if (one.sink == SinkKind::kMemory) memory = room->memory(one.bytes);
  TestSink sink(one.sink, kept().content.bytes().substr(one.offset, one.bytes), std::move(file),
                memory);
  Task<void> moving = move(one, sink);
  co_await moving;
}

Task<void> move_small(TransferCase one) {
  TestSink sink(kept().directory, one.sink, kept().content.bytes().substr(one.offset, one.bytes));
  Task<void> moving = move(one, sink);
  co_await moving;
}

void run_case(const TransferCase& one, Task<void> (*move_it)(TransferCase)) {
  SCOPED_TRACE(one);
  const std::set<int> before = testing_support::open_descriptors();
  TransferStats stats;
  run(move_it(one), &stats);
  EXPECT_EQ(stats.pipes_in_use, 0U);
  EXPECT_EQ(testing_support::open_descriptors(), before);
}

class LargeTransfer : public testing::TestWithParam<TransferCase> {
 protected:
  void SetUp() override { prepare(GetParam().source, GetParam().sink); }
};

TEST_P(LargeTransfer, EveryByteArrives) { run_case(GetParam(), move_large); }

INSTANTIATE_TEST_SUITE_P(Ends, LargeTransfer, testing::ValuesIn(cases()), test_name);

class FarOffset : public testing::TestWithParam<SourceKind> {
 protected:
  void SetUp() override { prepare(GetParam(), SinkKind::kTcp); }
};

TEST_P(FarOffset, EveryByteArrives) {
  for (TransferCase one : all_cases()) {
    if (one.source != GetParam()) continue;
    one.offset = (1ULL << 32U) - 100'000;
    one.bytes = 1'000'001;
    one.to_the_end = false;
    run_case(one, move_small);
    if (HasFailure()) return;
  }
}

// Owned bytes move as borrowed ones do.
INSTANTIATE_TEST_SUITE_P(Sources, FarOffset,
                         testing::Values(SourceKind::kFile, SourceKind::kBorrowed,
                                         SourceKind::kShared),
                         [](const auto& source) { return std::string(name_of(source.param)); });

}  // namespace
}  // namespace sluice
