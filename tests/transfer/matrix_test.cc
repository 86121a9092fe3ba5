// Every source to every sink by every route, byte by byte.
#include <gtest/gtest.h>

#include <sluice/run.h>

#include "runtime/frame_pool.h"
#include "support/descriptors.h"
#include "support/random.h"
#include "transfer/ends.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

constexpr size_t kSizes[] = {0,      1,      4'095,     4'096,     4'097,    65'535,
                             65'536, 65'537, 1'048'575, 1'048'576, 1'048'577};
constexpr uint64_t kOffsets[] = {0, 1, 4'095, 4'096, 70'000};

struct Case {
  SourceKind source;
  SinkKind sink;
  Route route;
  size_t bytes;
  uint64_t offset;
  bool to_the_end;

  std::string to_string() const {
    return std::string(name_of(source)) + " to " + std::string(name_of(sink)) + " by " +
           std::string(name_of(route)) + ", " + std::to_string(bytes) + " bytes from " +
           std::to_string(offset) + (to_the_end ? " to the end" : "");
  }
};

// A list has more than is asked for; the others end with what is.
bool may_go_to_the_end(SourceKind kind) { return kind != SourceKind::kList; }

class Matrix : public testing::TestWithParam<SourceKind> {
 protected:
  Task<void> move(Case one) {
    const uint64_t frames = FramePool::of_this_thread().live_count();
    const std::string_view bytes = std::string_view(text_).substr(0, one.bytes);
    {
      TestSource source(directory_, one.source, bytes, one.offset);
      TestSink sink(directory_, one.sink, one.bytes);
      TransferOptions options;
      options.offset = source.offset();
      options.length = one.to_the_end ? kToTheEnd : one.bytes;
      options.route = one.route;
      Task<TransferResult> moving = transfer(source.source(), sink.sink(), options);
      const TransferResult moved = co_await moving;
      EXPECT_TRUE(moved) << to_string(moved.error());
      if (moved) {
        EXPECT_EQ(*moved, one.bytes);
      }
      const bool same = sink.received(one.bytes) == bytes;
      EXPECT_TRUE(same);
      if (sink.writer() != nullptr) {
        EXPECT_EQ(sink.writer()->begun, sink.writer()->ended);
      }
    }
    EXPECT_EQ(TransferContext::current()->pipes.in_use(), 0U);
    EXPECT_EQ(FramePool::of_this_thread().live_count(), frames);
  }

  Task<void> move_all(SourceKind source) {
    testing_support::Random random(static_cast<uint64_t>(source));
    for (size_t sink = 0; sink < kSinkKinds; ++sink) {
      for (size_t route = 0; route < kRouteCount; ++route) {
        for (const size_t bytes : kSizes) {
          const Case one{source,
                         static_cast<SinkKind>(sink),
                         static_cast<Route>(route),
                         bytes,
                         kOffsets[random.below(std::size(kOffsets))],
                         may_go_to_the_end(source) && random.chance(0.5)};
          SCOPED_TRACE(one.to_string());
          Task<void> moving = move(one);
          co_await moving;
          if (HasFailure()) co_return;
        }
      }
    }
  }

  testing_support::TemporaryDirectory directory_;
  const std::string text_ = varied_bytes(1'048'577);
};

TEST_P(Matrix, EveryByteArrives) {
  const std::set<int> before = testing_support::open_descriptors();
  TransferStats stats;
  run(move_all(GetParam()), &stats);
  EXPECT_EQ(testing_support::open_descriptors(), before);
  EXPECT_EQ(stats.pipes_in_use, 0U);
}

INSTANTIATE_TEST_SUITE_P(Sources, Matrix,
                         testing::Values(SourceKind::kFile, SourceKind::kTcp, SourceKind::kUnix,
                                         SourceKind::kPipe, SourceKind::kBorrowed,
                                         SourceKind::kOwned, SourceKind::kShared,
                                         SourceKind::kContent, SourceKind::kChunks,
                                         SourceKind::kList),
                         [](const auto& source) { return std::string(name_of(source.param)); });

}  // namespace
}  // namespace sluice
