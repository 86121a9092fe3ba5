// Every source to every sink by every route, byte by byte.
#include <gtest/gtest.h>

#include <sluice/run.h>

#include "runtime/frame_pool.h"
#include "support/descriptors.h"
#include "support/random.h"
#include "transfer/ends.h"
#include "transfer/route_fixture.h"
#include "transfer/transfer_case.h"

namespace sluice {
namespace {

constexpr size_t kSizes[] = {0,      1,      4'095,     4'096,     4'097,    65'535,
                             65'536, 65'537, 1'048'575, 1'048'576, 1'048'577};
constexpr uint64_t kOffsets[] = {0, 1, 4'095, 4'096, 70'000};

class Matrix : public testing::TestWithParam<SourceKind> {
 protected:
  Task<void> move(TransferCase one) {
    const uint64_t frames = FramePool::of_this_thread().live_count();
    {
      const std::string_view bytes = std::string_view(text_).substr(0, one.bytes);
      TestSource source(directory_, one.source, bytes, one.offset);
      TestSink sink(directory_, one.sink, bytes);
      Task<void> moving = expect_every_byte(one, source, sink);
      co_await moving;
    }
    EXPECT_EQ(TransferContext::current()->pipes.in_use(), 0U);
    EXPECT_EQ(FramePool::of_this_thread().live_count(), frames);
  }

  Task<void> move_all(SourceKind source) {
    testing_support::Random random(static_cast<uint64_t>(source));
    for (size_t sink = 0; sink < kSinkKinds; ++sink) {
      for (size_t route = 0; route < kRouteCount; ++route) {
        for (const size_t bytes : kSizes) {
          const TransferCase one{source,
                                 static_cast<SinkKind>(sink),
                                 static_cast<Route>(route),
                                 bytes,
                                 kOffsets[random.below(std::size(kOffsets))],
                                 may_go_to_the_end(source) && random.chance(0.5)};
          SCOPED_TRACE(one);
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
