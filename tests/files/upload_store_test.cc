// Uploads that are gone on with: later, by another process, once at a time.
#include "files/upload_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "files/upload_record_file.h"
#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using testing_support::content_of;
using testing_support::open_descriptors;
using testing_support::TemporaryDirectory;
using Kind = UploadCondition::Kind;

class UploadStoreTest : public testing::Test {
 protected:
  UploadStoreTest() { restart(); }

  // As the next process does.
  void restart() {
    store_.reset();
    uploads_.reset();
    uploads_ = std::make_unique<UploadDirectory>(root_, options_);
    store_ = std::make_unique<UploadStore>(*uploads_);
  }

  UploadResult<StoredUpload> try_create(const std::string& path, UploadCondition condition = {}) {
    UploadRecord record;
    record.path = path;
    record.condition = condition;
    auto upload = store_->create(record);
    EXPECT_TRUE(!upload || store_->keep(*upload));
    return upload;
  }

  StoredUpload create(const std::string& path, UploadCondition condition = {}) {
    auto upload = try_create(path, condition);
    EXPECT_TRUE(upload);
    return std::move(*upload);
  }

  static void append(StoredUpload& upload, std::string_view bytes) {
    EXPECT_EQ(pwrite(upload.fd(), bytes.data(), bytes.size(), static_cast<off_t>(upload.offset())),
              static_cast<ssize_t>(bytes.size()));
    upload.advance(bytes.size());
  }

  UploadProblem problem_of(const UploadToken& token, std::string_view path) {
    const auto upload = store_->open(token, path);
    EXPECT_FALSE(upload);
    return upload ? UploadProblem::kSystem : upload.error().problem;
  }

  std::string at(std::string_view name) const { return directory_.path_of(name); }

  size_t staged() const {
    const fs::directory_iterator entries(at(kUploadDirectoryName));
    return static_cast<size_t>(std::distance(fs::begin(entries), fs::end(entries)));
  }

  // As if so many milliseconds had passed.
  void age(uint64_t ms) const {
    for (const auto& entry : fs::directory_iterator(at(kUploadDirectoryName))) {
      fs::last_write_time(entry, fs::last_write_time(entry) - std::chrono::milliseconds(ms));
    }
  }

  const TemporaryDirectory directory_;
  const DocumentRoot root_{directory_.path()};
  Uploads options_{.sync = UploadSync::kNone};
  std::unique_ptr<UploadDirectory> uploads_;
  std::unique_ptr<UploadStore> store_;
};

TEST_F(UploadStoreTest, GoesOnAfterARestart) {
  UploadToken token;
  {
    StoredUpload upload = create("file");
    token = upload.token();
    append(upload, "first ");
    ASSERT_TRUE(store_->set_length(upload, 12));
  }
  restart();
  auto upload = store_->open(token, "file");
  ASSERT_TRUE(upload);
  EXPECT_EQ(upload->offset(), 6U);
  EXPECT_EQ(upload->record().length, 12U);
  append(*upload, "second");
  const auto published = store_->publish(*upload);
  ASSERT_TRUE(published);
  EXPECT_TRUE(published->created);
  EXPECT_EQ(content_of(at("file")), "first second");
  struct stat state;
  ASSERT_EQ(stat(at("file").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0111U, 0U);
}

TEST_F(UploadStoreTest, WhatIsCompleteIsKnownForAWhile) {
  StoredUpload upload = create("file");
  append(upload, "all");
  ASSERT_TRUE(store_->publish(upload));
  const UploadToken token = upload.token();
  restart();
  const auto complete = store_->open(token, "file");
  ASSERT_TRUE(complete);
  EXPECT_EQ(complete->fd(), -1);
  EXPECT_EQ(complete->offset(), 3U);
  ASSERT_TRUE(complete->record().outcome);
  EXPECT_TRUE(complete->record().outcome->created);
  age(options_.resume_ms + 1000);
  EXPECT_EQ(problem_of(token, "file"), UploadProblem::kNotFound);
  EXPECT_EQ(store_->sweep(), 0U);
  EXPECT_EQ(staged(), 0U);
  EXPECT_EQ(content_of(at("file")), "all");
}

TEST_F(UploadStoreTest, WhatNobodyWasToldOfGoesWithTheProcess) {
  UploadRecord record;
  record.path = "file";
  {
    auto upload = store_->create(record);
    ASSERT_TRUE(upload);
    append(*upload, "some");
    EXPECT_EQ(problem_of(upload->token(), "file"), UploadProblem::kNotFound);
    age(61'000);
    EXPECT_EQ(store_->sweep(), 1U);
    EXPECT_EQ(staged(), 1U);
  }
  restart();
  EXPECT_FALSE(fs::exists(at(kUploadDirectoryName)));

  auto upload = store_->create(record);
  ASSERT_TRUE(upload);
  append(*upload, "all");
  ASSERT_TRUE(store_->publish(*upload));
  EXPECT_EQ(content_of(at("file")), "all");
  EXPECT_FALSE(fs::exists(at(kUploadDirectoryName)));
}

TEST_F(UploadStoreTest, WhatIsKeptLateIsFoundAsWell) {
  UploadRecord record;
  record.path = "file";
  UploadToken token;
  {
    auto upload = store_->create(record);
    ASSERT_TRUE(upload);
    append(*upload, "some");
    age(61'000);
    ASSERT_TRUE(store_->keep(*upload));
    ASSERT_TRUE(store_->keep(*upload));
    EXPECT_EQ(staged(), 2U);
    token = upload->token();
  }
  restart();
  const auto upload = store_->open(token, "file");
  ASSERT_TRUE(upload);
  EXPECT_EQ(upload->offset(), 4U);
}

TEST_F(UploadStoreTest, WhatCannotBeKeptLeavesNothing) {
  UploadRecord record;
  record.path = "file";
  auto upload = store_->create(record);
  ASSERT_TRUE(upload);
  // A directory is in the way of the record.
  fs::create_directories(at(kUploadDirectoryName) + "/" + upload_record_name(upload->token()) +
                         "/in the way");
  EXPECT_FALSE(store_->keep(*upload));
  append(*upload, "all");
  EXPECT_TRUE(store_->publish(*upload));
  EXPECT_EQ(content_of(at("file")), "all");
  EXPECT_EQ(staged(), 1U);  // the directory
}

TEST_F(UploadStoreTest, OneAtATime) {
  const auto before = open_descriptors();
  {
    const StoredUpload upload = create("file");
    EXPECT_EQ(problem_of(upload.token(), "file"), UploadProblem::kBusy);
    EXPECT_EQ(problem_of(upload.token(), "other"), UploadProblem::kNotFound);
    // By another process, too: the lock is on the file.
    UploadDirectory other_uploads(root_, options_);
    UploadStore other(other_uploads);
    EXPECT_EQ(other.open(upload.token(), "file").error().problem, UploadProblem::kBusy);
  }
  EXPECT_LE(open_descriptors().size(), before.size() + 1);  // that of the staging directory stays
}

TEST_F(UploadStoreTest, TheTokenIsForOnePath) {
  UploadToken token;
  {
    const StoredUpload upload = create("file");
    token = upload.token();
  }
  EXPECT_EQ(problem_of(token, "other"), UploadProblem::kNotFound);
  EXPECT_EQ(problem_of(*UploadToken::make(), "file"), UploadProblem::kNotFound);
  EXPECT_TRUE(store_->open(token, "file"));
}

TEST_F(UploadStoreTest, TheConditionHoldsWhenItIsComplete) {
  directory_.write("file", "old");
  const auto old = uploads_->look("file");
  ASSERT_TRUE(old && *old);
  StoredUpload unchanged = create("file", {.kind = Kind::kSame, .file = **old});
  StoredUpload late = create("file", {.kind = Kind::kSame, .file = **old});
  StoredUpload absent = create("new", {.kind = Kind::kNothing});
  append(unchanged, "second");
  const auto published = store_->publish(unchanged);
  ASSERT_TRUE(published);
  EXPECT_FALSE(published->created);
  const UploadToken token = late.token();
  const auto refused = store_->publish(late);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, UploadProblem::kConditionFailed);
  EXPECT_EQ(problem_of(token, "file"), UploadProblem::kNotFound);  // it is of no use any more
  directory_.write("new", "x");
  EXPECT_EQ(store_->publish(absent).error().problem, UploadProblem::kConditionFailed);
  EXPECT_EQ(content_of(at("file")), "second");
  EXPECT_EQ(content_of(at("new")), "x");
}

TEST_F(UploadStoreTest, Cancelling) {
  StoredUpload upload = create("file");
  append(upload, "some");
  const UploadToken token = upload.token();
  store_->cancel(std::move(upload));
  EXPECT_EQ(problem_of(token, "file"), UploadProblem::kNotFound);
  EXPECT_FALSE(fs::exists(at(kUploadDirectoryName)));
}

TEST_F(UploadStoreTest, WhatIsPublishedIsThereAllTheTime) {
  for (int round = 0; round < 40; ++round) {
    StoredUpload upload = create("file");
    const UploadToken token = upload.token();
    std::atomic<bool> missed = false;
    std::thread asking([&] {
      while (true) {
        const auto found = store_->open(token, "file");
        if (found && found->record().outcome) return;
        if (found || found.error().problem == UploadProblem::kBusy) continue;
        missed = true;
        return;
      }
    });
    EXPECT_TRUE(store_->publish(upload));
    // Unlocks it: those that have seen its data wait for that.
    {
      const StoredUpload ended = std::move(upload);
    }
    asking.join();
    EXPECT_FALSE(missed);
  }
}

TEST_F(UploadStoreTest, ExpiredOnesGoAndOthersStay) {
  UploadToken expired;
  UploadToken held;
  StoredUpload at_work = create("held");
  {
    StoredUpload upload = create("file");
    append(upload, "some");
    expired = upload.token();
  }
  age(options_.resume_ms + 1000);
  EXPECT_EQ(problem_of(expired, "file"), UploadProblem::kNotFound);
  const StoredUpload fresh = create("file");
  EXPECT_EQ(store_->sweep(), 2U);  // one fresh, one that somebody is at work on
  EXPECT_EQ(staged(), 4U);
  append(at_work, "x");
  EXPECT_TRUE(store_->publish(at_work));
}

TEST_F(UploadStoreTest, ThereIsALimit) {
  StoredUpload first = create("file");
  ASSERT_TRUE(store_->publish(first));
  const UploadToken complete = first.token();
  const std::string staging = at(kUploadDirectoryName);
  for (size_t i = 1; i < UploadStore::kCapacity; ++i) {
    const std::string token(UploadToken::make()->view());
    std::ofstream(staging + "/" + token) << "";
    std::ofstream(staging + "/" + token + ".record") << "";
  }
  // What is complete makes room.
  ASSERT_TRUE(store_->open(complete, "file"));
  restart();
  EXPECT_TRUE(try_create("file"));
  EXPECT_EQ(problem_of(complete, "file"), UploadProblem::kNotFound);
  const auto refused = try_create("file");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem, UploadProblem::kTooMany);
  age(options_.resume_ms + 1000);
  restart();
  EXPECT_TRUE(try_create("file"));
}

TEST_F(UploadStoreTest, WhatIsCancelledMakesRoomAtOnce) {
  for (size_t i = 1; i < UploadStore::kCapacity; ++i) create("file");
  for (int i = 0; i < 3; ++i) {
    StoredUpload last = create("file");
    EXPECT_FALSE(try_create("file"));
    store_->cancel(std::move(last));
  }
}

TEST_F(UploadStoreTest, AStartKeepsUploadsOnly) {
  UploadToken token;
  {
    StoredUpload upload = create("file");
    append(upload, "half");
    token = upload.token();
  }
  const std::string staging = kUploadDirectoryName;
  // Its process was killed between the data's becoming the file and the record's saying so.
  const UploadToken published = create("published").token();
  fs::remove(at(staging + "/" + std::string(published.view())));
  directory_.write(staging + "/.sluice-upload-x", "temporary");
  directory_.write(staging + "/" + upload_record_name(*UploadToken::make()), "no record");
  directory_.write(staging + "/" + upload_data_name(*UploadToken::make()), "without a record");
  restart();
  EXPECT_EQ(store_->open(token, "file")->offset(), 4U);
  EXPECT_EQ(problem_of(published, "published"), UploadProblem::kNotFound);
  EXPECT_EQ(staged(), 2U);  // the data and the record of the first
}

TEST_F(UploadStoreTest, MountsOfTheirOwnGetACopy) {
  fs::create_directory(at("m"));
  if (mount("none", at("m").c_str(), "tmpfs", 0, nullptr) != 0) GTEST_SKIP() << "cannot mount";
  StoredUpload upload = create("m/file");
  append(upload, "content");
  EXPECT_TRUE(store_->publish(upload));
  EXPECT_EQ(content_of(at("m/file")), "content");
  EXPECT_EQ(staged(), 1U);  // the record
  umount2(at("m").c_str(), MNT_DETACH);
}

}  // namespace
}  // namespace sluice
