// Stats as JSON.
#include "cli/stats_json.h"

#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

TEST(StatsJsonTest, HasEverythingOnOneLine) {
  Stats stats;
  stats.connections_accepted = 1;
  stats.connections_open = 2;
  stats.accept_failures = 3;
  stats.connection_limit_hits = 4;
  stats.requests = 5;
  stats.responses_aborted = 6;
  stats.clients_timed_out = 7;
  stats.requests_refused = 8;
  stats.uploads_completed = 9;
  stats.uploads_failed = UINT64_MAX;
  TransferStats& transfer = stats.transfer;
  for (size_t i = 0; i < kRouteCount; ++i) {
    transfer.routes[i] = {.transfers = 10 + i, .bytes = 20 + i};
  }
  for (size_t i = 0; i < kFallbackCount; ++i) transfer.fallbacks[i] = 30 + i;
  transfer.copied_body_bytes = 40;
  transfer.zero_copy_copied = 41;
  transfer.pipes_in_use = 42;
  EXPECT_EQ(to_json(stats),
            R"({"connections_accepted":1,"connections_open":2,"accept_failures":3,)"
            R"("connection_limit_hits":4,"requests":5,"responses_aborted":6,"clients_timed_out":7,)"
            R"("requests_refused":8,"uploads_completed":9,"uploads_failed":18446744073709551615,)"
            R"("transfer":{"routes":{"auto":{"transfers":10,"bytes":20},)"
            R"("copy":{"transfers":11,"bytes":21},"sendfile":{"transfers":12,"bytes":22},)"
            R"("splice":{"transfers":13,"bytes":23},"ring-splice":{"transfers":14,"bytes":24},)"
            R"("mapped":{"transfers":15,"bytes":25},"zero-copy-send":{"transfers":16,"bytes":26},)"
            R"("copy-file-range":{"transfers":17,"bytes":27}},"fallbacks":{"no-pipe":30,)"
            R"("not-spliceable":31,"not-mappable":32,"no-zero-copy":33,"unsuitable-ends":34,)"
            R"("parsed-content":35,"no-worker":36},"copied_body_bytes":40,"zero_copy_copied":41,)"
            R"("pipes_in_use":42}})");
}

}  // namespace
}  // namespace sluice::cli
