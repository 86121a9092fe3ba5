// Variants beside a file, and what a failure to open one of them leads to.
#include "server/variant_chooser.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "http/request_parser.h"
#include "sim/ring_fixture.h"
#include "support/no_content.h"
#include "support/temporary_directory.h"

namespace sluice::sim {
namespace {

constexpr char kHead[] = "GET /a.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n";

Detached open_file(OpenFileTable& table, FileRequest request,
                   std::optional<Result<FileReference>>& opened) {
  Task<Result<FileReference>> opening = table.open(request);
  opened = co_await opening;
}

Detached choose(VariantChooser& chooser, const SiteRequest& request, const MountedDirectory& mount,
                FileReference file, std::optional<ChosenVariant>& chosen) {
  PathBuffer buffer;
  Task<ChosenVariant> choosing = chooser.choose(request, mount, std::move(file), buffer);
  chosen = co_await choosing;
}

class VariantChooserTest : public RingTest {
 protected:
  VariantChooserTest() {
    directory_.write("a.txt", "content");
    parser_.parse_head(kHead);
    head_.emplace(parser_.head(kHead));
    request_.emplace(*head_, content_);
  }

  FileReference file() {
    FileReference kept = files_.find({root_.id(), "a.txt", http::Coding::kIdentity});
    if (kept) return kept;
    std::optional<Result<FileReference>> opened;
    open_file(files_, {mount_.root, "a.txt"}, opened);
    EXPECT_TRUE(run_until([&opened] { return opened.has_value(); }));
    return std::move(**opened);
  }

  // The path of what is sent.
  std::string chosen_path() {
    std::optional<ChosenVariant> chosen;
    choose(chooser_, *request_, mount_, file(), chosen);
    EXPECT_TRUE(run_until([&chosen] { return chosen.has_value(); }));
    return chosen && chosen->file ? std::string(chosen->file->path()) : "";
  }

  testing_support::TemporaryDirectory directory_;
  Directory options_;
  DocumentRoot root_{directory_.path()};
  const std::vector<rules::Pattern> no_patterns_;
  MountedDirectory mount_{"", root_, options_, no_patterns_};
  OpenFileTable files_{reactor_, 8, 60'000};
  VariantChooser chooser_{files_, nullptr, nullptr};
  http::RequestParser parser_{{}};
  std::optional<http::RequestHead> head_;
  testing_support::NoContent content_;
  std::optional<SiteRequest> request_;
};

TEST_F(VariantChooserTest, WhatIsThereIsSentAndKnown) {
  directory_.write("a.txt.gz", "compressed");
  EXPECT_EQ(chosen_path(), "a.txt.gz");
  ASSERT_TRUE(file()->variants());
  EXPECT_TRUE(file()->variants()->contains(http::Coding::kGzip));
  EXPECT_FALSE(file()->variants()->contains(http::Coding::kBrotli));
}

TEST_F(VariantChooserTest, ThatThereIsNoneIsKnownToo) {
  EXPECT_EQ(chosen_path(), "a.txt");
  ASSERT_TRUE(file()->variants());
  EXPECT_TRUE(file()->variants()->empty());
}

TEST_F(VariantChooserTest, OneThatCannotBeReadIsNone) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  directory_.write("a.txt.gz", "compressed");
  ASSERT_EQ(chmod(directory_.path_of("a.txt.gz").c_str(), 0), 0);
  EXPECT_EQ(chosen_path(), "a.txt");
  EXPECT_TRUE(file()->variants());
}

TEST_F(VariantChooserTest, ADirectoryOfThatNameIsNone) {
  std::filesystem::create_directory(directory_.path_of("a.txt.gz"));
  EXPECT_EQ(chosen_path(), "a.txt");
  ASSERT_TRUE(file()->variants());
  EXPECT_TRUE(file()->variants()->empty());
}

TEST_F(VariantChooserTest, OutOfDescriptorsTheFileIsSentAndTheNextRequestLooksAgain) {
  directory_.write("a.txt.gz", "compressed");
  const FileReference original = file();
  ring_.faults().open_refused = 1;
  const uint64_t began_ms = ring_.now_ms();
  EXPECT_EQ(chosen_path(), "a.txt");
  EXPECT_LT(ring_.now_ms() - began_ms, 100U);
  EXPECT_FALSE(original->variants());
  ring_.faults().open_refused = 0;
  EXPECT_EQ(file()->fd(), original->fd());  // it was not closed to make room
  EXPECT_EQ(chosen_path(), "a.txt.gz");
  EXPECT_TRUE(original->variants());
}

}  // namespace
}  // namespace sluice::sim
