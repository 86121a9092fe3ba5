// Files that the system will not pass on by reference, and sockets without room.
#include <gtest/gtest.h>

#include "io/residency_note.h"
#include "sim/server_fixture.h"

namespace sluice::sim {
namespace {

class RouteFallbackTest : public ServerTest {
 protected:
  // The body of huge.bin as it arrives.
  std::string download() {
    HandMovedClient client = connect();
    EXPECT_TRUE(client.send(get("huge.bin")));
    for (int i = 0; i < 200 && client.responses().empty(); ++i) {
      server_.run_for(1);
      client.read();
    }
    return client.responses().empty() ? "" : client.responses()[0].body;
  }

  const TransferStats& stats() {
    stats_ = {};
    server_.counters().transfer.add_to(stats_);
    return stats_;
  }
  uint64_t bytes_by(Route route) { return stats().routes[static_cast<size_t>(route)].bytes; }
  uint64_t fallbacks(Fallback reason) { return stats().fallbacks[static_cast<size_t>(reason)]; }

  TransferStats stats_;
};

TEST_F(RouteFallbackTest, WhatIsNotSpliceableIsCopied) {
  server_.ring().faults().not_spliceable = 1;
  const std::string& content = file("huge.bin").content;
  EXPECT_TRUE(download() == content);
  EXPECT_EQ(bytes_by(Route::kCopy), content.size());
  EXPECT_EQ(stats().copied_body_bytes, content.size());
  EXPECT_EQ(stats().routes[static_cast<size_t>(Route::kSplice)].transfers, 1U);
  EXPECT_EQ(fallbacks(Fallback::kNotSpliceable), 1U);
}

TEST_F(RouteFallbackTest, WhatIsNotCachedIsSplicedByTheRing) {
  const auto ring_splices = [this] {
    return std::ranges::count(server_.ring().submitted(), IORING_OP_SPLICE);
  };
  const std::string& content = file("huge.bin").content;
  EXPECT_TRUE(download() == content);
  EXPECT_EQ(ring_splices(), 0);
  server_.run_for(ResidencyNote::kTrustedMs);
  server_.ring().faults().uncached = 1;
  EXPECT_TRUE(download() == content);
  EXPECT_GT(ring_splices(), 0);
  EXPECT_EQ(bytes_by(Route::kSplice), 2 * content.size());
}

TEST_F(RouteFallbackTest, WhoeverFindsNoPipeGoesBySendfile) {
  std::vector<PipePool::Lease> all;
  while (all.empty() || all.back()) all.push_back(server_.pipes().try_acquire());
  const std::string& content = file("huge.bin").content;
  EXPECT_TRUE(download() == content);
  EXPECT_EQ(bytes_by(Route::kSendfile), content.size());
  EXPECT_EQ(fallbacks(Fallback::kNoPipe), 1U);
}

}  // namespace
}  // namespace sluice::sim
