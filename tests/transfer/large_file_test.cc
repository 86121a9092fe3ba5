// More bytes than 32 bits count.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <sluice/run.h>

#include "support/connections.h"
#include "transfer/ends.h"

namespace sluice {
namespace {

using testing_support::connect_ends;
using testing_support::Connection;
using testing_support::Family;

Task<TransferResult> send(int file, Sink sink) {
  Task<TransferResult> moving = transfer(Source::file(file), sink);
  co_return co_await moving;
}

// A hole of 5 GiB, with something at its end.
TEST(LargeFileTest, LengthsBeyond32BitsAreMoved) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "too slow";
#endif
  static constexpr uint64_t kHoleBytes = 5ULL << 30U;
  const UniqueFd file(memfd_create("hole", MFD_CLOEXEC));
  ASSERT_EQ(pwrite(file.get(), "end", 3, static_cast<off_t>(kHoleBytes)), 3);
  // Looks at the last MiB only.
  const auto drop = [](int from, bool pipe, uint64_t& bytes, std::string& last) {
    constexpr size_t kPieceBytes = 1 << 20;
    std::vector<char> buffer(kPieceBytes);
    const UniqueFd nothing(open("/dev/null", O_WRONLY | O_CLOEXEC));
    while (true) {
      const uint64_t unseen = kHoleBytes - std::min(kHoleBytes, bytes + kPieceBytes);
      const size_t piece = unseen > 0 ? std::min<uint64_t>(unseen, kPieceBytes) : kPieceBytes;
      ssize_t got;
      if (unseen == 0) {
        got = read(from, buffer.data(), piece);
      } else if (pipe) {
        got = splice(from, nullptr, nothing.get(), nullptr, piece, 0);
      } else {
        got = recv(from, buffer.data(), piece, MSG_TRUNC);
      }
      if (got <= 0) return;
      bytes += static_cast<uint64_t>(got);
      if (unseen == 0) last.append(buffer.data(), static_cast<size_t>(got));
    }
  };
  for (const bool pipe : {false, true}) {
    Connection ends = connect_ends(Family::kTcp);
    PipeEnds writing = pipe_to_write();
    if (pipe) fcntl(writing.ours.get(), F_SETPIPE_SZ, 1 << 20);
    uint64_t bytes = 0;
    std::string last;
    const int from = pipe ? writing.peer.get() : ends.client.get();
    std::thread peer([&] { drop(from, pipe, bytes, last); });
    const Sink sink = pipe ? Sink::pipe(writing.ours.get()) : Sink::socket(ends.server.get());
    EXPECT_EQ(run(send(file.get(), sink)), kHoleBytes + 3);
    ends.server.reset();
    writing.ours.reset();
    peer.join();
    EXPECT_EQ(bytes, kHoleBytes + 3);
    EXPECT_TRUE(last.ends_with(std::string("\0end", 4)));
  }
}

}  // namespace
}  // namespace sluice
