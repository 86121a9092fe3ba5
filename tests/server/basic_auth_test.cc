// Credentials: checked by a worker, remembered for a while, forgotten when the file changes.
#include "server/basic_auth.h"

#include <crypt.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ring/ring.h"
#include "runtime/held_worker.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::TemporaryDirectory;
using Verdict = BasicAuth::Verdict;

constexpr std::string_view kAnn = "Basic YW5uOnNlY3JldA==";     // ann:secret
constexpr std::string_view kAnnNew = "Basic YW5uOm5ldw==";      // ann:new
constexpr std::string_view kBob = "Basic Ym9iOnNlY3JldA==";     // bob:secret
constexpr std::string_view kAnnEmpty = "Basic YW5uOg==";        // ann:
constexpr std::string_view kJoined = "Basic YW46bnNlY3JldA==";  // an:nsecret

std::string hash_of(const std::string& password) {
  const auto data = std::make_unique<crypt_data>();
  return crypt_r(password.c_str(), "$2b$04$abcdefghijklmnopqrstuu", data.get());
}

// Has a clock that stands still, and nothing to do with a kernel.
class ClockRing final : public Ring {
 public:
  io_uring_sqe& prepare(Operation&, unsigned) noexcept override { std::abort(); }
  void reserve(unsigned) noexcept override {}
  io_uring_sqe& prepare_unattended() noexcept override { std::abort(); }
  void submit_and_wait(uint64_t) noexcept override {}
  void drain() noexcept override {}
  uint64_t now_ms() noexcept override { return now; }
  ReceiveBuffers& receive_buffers() noexcept override { std::abort(); }
  DirectCalls& direct() noexcept override { std::abort(); }

  uint64_t now = 1'000'000;
};

Detached run(BasicAuth& auth, std::string_view authorization, std::optional<Verdict>& verdict) {
  Task<Verdict> checking = auth.check(authorization);
  verdict = co_await checking;
}

// A shard with one rule, and a pool with so many threads.
class AuthShard {
 public:
  AuthShard(LivePasswordFile& passwords, unsigned thread_count, uint32_t queue_count = 8)
      : reactor_(ring_),
        pool_(thread_count, queue_count),
        auth_(reactor_, {pool_, mailbox_}, passwords) {}

  WorkerPool& pool() noexcept { return pool_; }

  void begin(std::string_view authorization, std::optional<Verdict>& verdict) {
    run(auth_, authorization, verdict);
  }
  Verdict end(const std::optional<Verdict>& verdict) {
    while (!verdict) {
      mailbox_.take_deliveries(reactor_);
      reactor_.turn();
    }
    return *verdict;
  }
  Verdict check(std::string_view authorization) {
    std::optional<Verdict> verdict;
    begin(authorization, verdict);
    return end(verdict);
  }

  void pass(uint64_t duration_ms) {
    ring_.now += duration_ms;
    reactor_.turn();
  }

 private:
  ClockRing ring_;
  Reactor reactor_;
  Mailbox mailbox_;
  WorkerPool pool_;
  BasicAuth auth_;
};

class BasicAuthTest : public testing::Test {
 protected:
  BasicAuthTest() {
    replace("ann:" + hash_of("secret") + "\n");
    live_.emplace(path_, [this](std::string_view line) { lines_.emplace_back(line); });
  }

  void replace(const std::string& content) const {
    directory_.write("new", content);
    ASSERT_EQ(rename(directory_.path_of("new").c_str(), path_.c_str()), 0);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path_of("htpasswd");
  std::vector<std::string> lines_;
  std::optional<LivePasswordFile> live_;
};

TEST_F(BasicAuthTest, GrantsAndDenies) {
  for (const unsigned thread_count : {0U, 2U}) {
    SCOPED_TRACE(thread_count);
    AuthShard shard(*live_, thread_count);
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(shard.check(kAnn), Verdict::kGranted);
      for (const std::string_view denied :
           {kAnnNew, kAnnEmpty, kBob, kJoined, std::string_view(), std::string_view("Basic"),
            std::string_view("Basic !"), std::string_view("Bearer YW5uOnNlY3JldA==")}) {
        EXPECT_EQ(shard.check(denied), Verdict::kDenied) << denied;
      }
    }
  }
}

TEST_F(BasicAuthTest, IsBusyWhereTooMuchWaits) {
  AuthShard shard(*live_, 1, 0);
  EXPECT_EQ(shard.check(kAnn), Verdict::kBusy);
  EXPECT_EQ(shard.check(kBob), Verdict::kBusy);
  EXPECT_EQ(shard.check("Basic !"), Verdict::kDenied);  // which takes no worker
}

TEST_F(BasicAuthTest, IsBusyWhenTheServerEnds) {
  AuthShard shard(*live_, 1);
  std::optional<Verdict> verdict;
  HeldWorker held(shard.pool());
  shard.begin(kAnn, verdict);
  EXPECT_FALSE(verdict);
  shard.pool().cancel();
  EXPECT_EQ(shard.end(verdict), Verdict::kBusy);
}

TEST_F(BasicAuthTest, WhatWasGrantedNeedsNoWorker) {
  for (const unsigned thread_count : {0U, 2U}) {
    SCOPED_TRACE(thread_count);
    AuthShard shard(*live_, thread_count);
    ASSERT_EQ(shard.check(kAnn), Verdict::kGranted);
    shard.pool().stop();
    std::optional<Verdict> verdict;
    shard.begin(kAnn, verdict);
    EXPECT_EQ(verdict, Verdict::kGranted);
    EXPECT_EQ(shard.check(kAnnNew), Verdict::kBusy);
    EXPECT_EQ(shard.check(kJoined), Verdict::kBusy);
  }
}

TEST_F(BasicAuthTest, WhatWasDeniedIsNotRemembered) {
  AuthShard shard(*live_, 0);
  ASSERT_EQ(shard.check(kAnnNew), Verdict::kDenied);
  shard.pool().stop();
  EXPECT_EQ(shard.check(kAnnNew), Verdict::kBusy);
}

TEST_F(BasicAuthTest, RemembersForFiveMinutesFromTheCheckOn) {
  AuthShard shard(*live_, 0);
  ASSERT_EQ(shard.check(kAnn), Verdict::kGranted);
  shard.pool().stop();
  shard.pass(200'000);
  EXPECT_EQ(shard.check(kAnn), Verdict::kGranted);
  shard.pass(99'999);
  EXPECT_EQ(shard.check(kAnn), Verdict::kGranted);
  shard.pass(1);
  EXPECT_EQ(shard.check(kAnn), Verdict::kBusy);
}

// Base64 of "NNNN:password", whose digits are those of 1000 + `number`.
std::string numbered(size_t number) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string text = std::to_string(1'000 + number) + ":password";  // 13 bytes
  std::string encoded = "Basic ";
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8U | (i + j < text.size() ? static_cast<uint8_t>(text[i + j]) : 0U);
    }
    for (int shift = 18; shift >= 0; shift -= 6) encoded += kAlphabet[group >> shift & 0x3FU];
  }
  return encoded.replace(encoded.size() - 2, 2, "==");
}

class ManyUsersTest : public BasicAuthTest {
 protected:
  // Grants each of so many users, and then counts whom the shard remembers.
  size_t remembered_count(AuthShard& shard, size_t user_count) {
    std::string content;
    const std::string hash = hash_of("password");
    for (size_t i = 0; i < user_count; ++i) {
      content += std::to_string(1'000 + i) + ":" + hash + "\n";
    }
    replace(content);
    for (size_t i = 0; i < user_count; ++i) {
      EXPECT_EQ(shard.check(numbered(i)), Verdict::kGranted) << i;
    }
    shard.pool().stop();
    size_t count = 0;
    for (size_t i = 0; i < user_count; ++i) {
      count += shard.check(numbered(i)) == Verdict::kGranted ? 1 : 0;
    }
    return count;
  }
};

// Where a user is remembered is random: that more than ten of so few crowd each other out will not
// be seen.
TEST_F(ManyUsersTest, HundredsAreRemembered) {
  AuthShard shard(*live_, 0);
  EXPECT_GE(remembered_count(shard, 200), 190U);
}

TEST_F(ManyUsersTest, AnOlderOneIsForgottenForANewerOne) {
  constexpr size_t kUserCount = BasicAuth::kRememberedCount + BasicAuth::kSetSize;
  AuthShard shard(*live_, 0);
  EXPECT_LE(remembered_count(shard, kUserCount), BasicAuth::kRememberedCount);
  // Wherever they are, there are not enough newer ones to take their places.
  for (size_t i = kUserCount - BasicAuth::kSetSize; i < kUserCount; ++i) {
    EXPECT_EQ(shard.check(numbered(i)), Verdict::kGranted) << i;
  }
}

TEST_F(BasicAuthTest, AChangeOfTheFileCountsAfterASecond) {
  AuthShard shard(*live_, 0);
  ASSERT_EQ(shard.check(kAnn), Verdict::kGranted);
  replace("ann:" + hash_of("new"));
  EXPECT_EQ(shard.check(kAnnNew), Verdict::kGranted);  // a worker reads what is there
  shard.pass(BasicAuth::kLookMs - 1);
  EXPECT_EQ(shard.check(kAnn), Verdict::kGranted);  // still remembered
  shard.pass(1);
  EXPECT_EQ(shard.check(kAnn), Verdict::kDenied);
  EXPECT_EQ(shard.check(kAnnNew), Verdict::kGranted);
}

TEST_F(BasicAuthTest, AFileThatIsWrongOrGoneChangesNothing) {
  AuthShard shard(*live_, 0);
  ASSERT_EQ(shard.check(kAnn), Verdict::kGranted);
  replace("ann:plain");
  shard.pass(BasicAuth::kLookMs);
  EXPECT_EQ(shard.check(kAnn), Verdict::kGranted);
  EXPECT_EQ(shard.check(kAnnNew), Verdict::kDenied);
  EXPECT_EQ(lines_.size(), 1u);
  ASSERT_EQ(unlink(path_.c_str()), 0);
  shard.pass(BasicAuth::kLookMs);
  EXPECT_EQ(shard.check(kAnn), Verdict::kGranted);
  EXPECT_EQ(lines_.size(), 2u);
}

// A worker may have looked into the old file when the shard learns that there is a new one.
TEST_F(BasicAuthTest, WhatAnOlderFileGrantedIsNotRemembered) {
  AuthShard shard(*live_, 1);
  std::optional<Verdict> early;
  std::optional<Verdict> late;
  {
    HeldWorker held(shard.pool());
    shard.begin(kAnn, early);
    replace("ann:" + hash_of("secret") + "\n# changed\n");
    shard.pass(BasicAuth::kLookMs);
    shard.begin(kBob, late);
    held.release();
  }
  EXPECT_EQ(shard.end(early), Verdict::kGranted);
  EXPECT_EQ(shard.end(late), Verdict::kDenied);
  shard.pool().stop();
  EXPECT_EQ(shard.check(kAnn), Verdict::kBusy);
}

TEST_F(BasicAuthTest, ManyAtOnceAreRememberedOnce) {
  AuthShard shard(*live_, 2, 64);
  std::vector<std::optional<Verdict>> verdicts(BasicAuth::kWaitingCount);
  for (auto& verdict : verdicts) shard.begin(kAnn, verdict);
  for (auto& verdict : verdicts) EXPECT_EQ(shard.end(verdict), Verdict::kGranted);
}

TEST_F(BasicAuthTest, OnlySoManyMayWait) {
  AuthShard shard(*live_, 1, 64);
  std::vector<std::optional<Verdict>> verdicts(BasicAuth::kWaitingCount);
  {
    HeldWorker held(shard.pool());
    for (auto& verdict : verdicts) shard.begin(kAnn, verdict);
    EXPECT_EQ(shard.check(kAnn), Verdict::kBusy);
    held.release();
  }
  for (auto& verdict : verdicts) EXPECT_EQ(shard.end(verdict), Verdict::kGranted);
  EXPECT_EQ(shard.check(kBob), Verdict::kDenied);
}

TEST_F(BasicAuthTest, ShardsShareAFile) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([this] {
      AuthShard shard(*live_, 2);
      for (int round = 0; round < 20; ++round) {
        EXPECT_NE(shard.check(kAnn), Verdict::kBusy);
        EXPECT_EQ(shard.check(kBob), Verdict::kDenied);
        shard.pass(BasicAuth::kLookMs);
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    replace("ann:" + hash_of(i % 2 == 0 ? "new" : "secret") + std::string(i, '\n'));
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace sluice
