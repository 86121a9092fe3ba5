// Somebody exchanges a directory on the way for a link that leads outside, again and again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <stdio.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>

#include "files/upload_directory.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using testing_support::TemporaryDirectory;

constexpr int kExchanges = 10'000;
constexpr int kAttempts = 500;
constexpr std::chrono::seconds kPatience(60);

// Has `act` called while "a/way" is a directory and a link in turns: so often, at least, and until
// it has met both.
template <class Act, class MetBoth>
void while_exchanging(const TemporaryDirectory& directory, Act act, MetBoth met_both) {
  const std::string way = directory.path_of("a/way");
  const std::string other = directory.path_of("a/other");
  std::atomic<int> exchanges = 0;
  std::jthread exchanging([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      EXPECT_EQ(renameat2(AT_FDCWD, way.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE), 0);
      ++exchanges;
    }
  });
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (int i = 0; i < kAttempts || exchanges < kExchanges || !met_both(); ++i) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    act();
  }
}

class UploadRaceTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    fs::create_directories(directory_.path_of("a/way"));
    fs::create_directory_symlink(GetParam() == std::string_view("absolute")
                                     ? outside_.path()
                                     : "../../../../.." + outside_.path(),
                                 directory_.path_of("a/other"));
    outside_.write("victim", "safe");
  }

  bool outside_is_untouched() const {
    const auto entries = fs::recursive_directory_iterator(outside_.path());
    const auto count = std::distance(fs::begin(entries), fs::end(entries));
    return count == 1 && fs::file_size(outside_.path_of("victim")) == 4;
  }

  const TemporaryDirectory directory_;
  const TemporaryDirectory outside_;
  const DocumentRoot root_{directory_.path()};
  const Uploads options_{.make_parents = true, .sync = UploadSync::kNone};
  UploadDirectory uploads_{root_, options_};
};

TEST_P(UploadRaceTest, NothingIsWrittenOrRemovedOutside) {
  int published = 0;
  int refused = 0;
  const auto attempt = [&] {
    auto file = uploads_.begin("a/way/new/victim");
    const bool done = file && uploads_.publish(*file, {});
    (done ? published : refused) += 1;
    if (auto over = uploads_.begin("a/way/victim")) {
      if (uploads_.publish(*over, {})) ++published;
    }
    if (uploads_.remove("a/way/victim", {})) ++published;
  };
  while_exchanging(directory_, attempt, [&] { return published > 0 && refused > 0; });
  EXPECT_TRUE(outside_is_untouched());
}

INSTANTIATE_TEST_SUITE_P(Links, UploadRaceTest, testing::Values("absolute", "relative"));

// The last name as well: a link there is replaced at most, and never written through.
TEST(UploadLastNameRaceTest, ALinkIsNeverWrittenThrough) {
  const TemporaryDirectory directory;
  const TemporaryDirectory outside;
  outside.write("victim", "safe");
  directory.write("a/way", "mine");
  fs::create_symlink(outside.path_of("victim"), directory.path_of("a/other"));
  const DocumentRoot root(directory.path());
  const Uploads options{.sync = UploadSync::kNone};
  UploadDirectory uploads(root, options);
  int refused = 0;
  std::atomic<int> exchanges = 0;
  std::jthread exchanging([&](const std::stop_token& stop) {
    const std::string way = directory.path_of("a/way");
    const std::string other = directory.path_of("a/other");
    for (; !stop.stop_requested(); ++exchanges) {
      renameat2(AT_FDCWD, way.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
      if (fs::is_symlink(way) || fs::is_symlink(other)) continue;
      fs::remove(other);
      fs::create_symlink(outside.path_of("victim"), other);
    }
  });
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (exchanges < kExchanges || refused == 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    auto file = uploads.begin("a/way");
    if (!file) {
      ++refused;
      continue;
    }
    EXPECT_EQ(write(file->fd(), "longer than the victim", 22), 22);
    refused += uploads.publish(*file, {}) ? 0 : 1;
  }
  EXPECT_EQ(fs::file_size(outside.path_of("victim")), 4U);
}

}  // namespace
}  // namespace sluice
