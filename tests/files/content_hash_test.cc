// Hashes of contents: made once, waited for only so long, and of one state of a file.
#include "files/content_hash.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <sluice/unique_fd.h>

#include "runtime/held_worker.h"
#include "runtime/worker_loop.h"
#include "support/random.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::Random;
using testing_support::TemporaryDirectory;

constexpr uint64_t kForever = UINT64_MAX;

std::string random_bytes(size_t count, uint64_t seed) {
  Random random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

ContentHash hash_of(std::string_view content) {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return {.high = hash.high64, .low = hash.low64};
}

// An open file and the state that it was opened in.
struct OpenedFile {
  OpenedFile(const TemporaryDirectory& directory, const std::string& content,
             const std::string& name = "file")
      : path(directory.path_of(name)) {
    directory.write(name, content);
    fd.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    state = *state_of(fd.get());
  }

  // A change that shows even where the clock of the file system stands still.
  void change() const {
    const timespec times[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  std::string path;
  UniqueFd fd;
  FileState state;
};

class ContentHashTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
};

TEST_F(ContentHashTest, IsXxh3OfTheWholeFile) {
  for (const size_t size : {0U, 1U, 240U, 4096U, 262'143U, 262'144U, 262'145U, 1'000'000U}) {
    SCOPED_TRACE(size);
    const std::string content = random_bytes(size, size);
    const OpenedFile file(directory_, content);
    const Result<ContentHash> hash = hash_content(file.fd.get(), file.state, {});
    ASSERT_TRUE(hash);
    EXPECT_EQ(*hash, hash_of(content));
    EXPECT_EQ(lseek(file.fd.get(), 0, SEEK_CUR), 0);
  }
}

TEST_F(ContentHashTest, OfAFileThatHasChangedIsAnError) {
  const OpenedFile file(directory_, "content");
  file.change();
  const Result<ContentHash> hash = hash_content(file.fd.get(), file.state, {});
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, ErrorCode::kChanged);
}

TEST_F(ContentHashTest, OfAFileThatEndsEarlyIsAnError) {
  const OpenedFile file(directory_, random_bytes(300'000, 1));
  ASSERT_EQ(truncate(file.path.c_str(), 270'000), 0);
  const Result<ContentHash> hash = hash_content(file.fd.get(), file.state, {});
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, ErrorCode::kChanged);
}

TEST_F(ContentHashTest, GivesUpWhenToldTo) {
  const OpenedFile file(directory_, "content");
  std::stop_source source;
  source.request_stop();
  const Result<ContentHash> hash = hash_content(file.fd.get(), file.state, source.get_token());
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().code, ErrorCode::kTimedOut);
}

TEST_F(ContentHashTest, OfWhatCannotBeReadIsAnError) {
  const UniqueFd place(open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  FileState state = *state_of(place.get());
  state.size_bytes = 1;
  const Result<ContentHash> hash = hash_content(place.get(), state, {});
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().system_errno, EISDIR);
}

TEST_F(ContentHashTest, IsFoundAgainForTheSameStateOnly) {
  for (const unsigned thread_count : {0U, 2U}) {
    SCOPED_TRACE(thread_count);
    ContentHashes hashes;
    WorkerLoop loop(thread_count);
    const OpenedFile file(directory_, "content");
    EXPECT_FALSE(hashes.find(ContentHashes::Key(file.state)));
    const auto hash = loop.run(content_hash_of(loop.reactor(), loop.workers(), hashes,
                                               file.fd.get(), file.state, kForever));
    EXPECT_EQ(hash, hash_of("content"));
    EXPECT_EQ(hashes.find(ContentHashes::Key(file.state)), hash);
    file.change();
    EXPECT_FALSE(hashes.find(ContentHashes::Key(*state_of(file.fd.get()))));
  }
}

TEST_F(ContentHashTest, EveryPartOfTheStateCounts) {
  const FileState state{.device = 1,
                        .inode = 2,
                        .size_bytes = 3,
                        .modified_seconds = 4,
                        .modified_nanoseconds = 5,
                        .changed_seconds = 6,
                        .changed_nanoseconds = 7};
  const ContentHashes::Key key(state);
  std::vector<FileState> others(7, state);
  ++others[0].device;
  ++others[1].inode;
  ++others[2].size_bytes;
  ++others[3].modified_seconds;
  ++others[4].modified_nanoseconds;
  ++others[5].changed_seconds;
  ++others[6].changed_nanoseconds;
  for (size_t i = 0; i < others.size(); ++i) EXPECT_NE(ContentHashes::Key(others[i]), key) << i;
  EXPECT_EQ(ContentHashes::Key(state), key);
}

TEST_F(ContentHashTest, OfAChangedFileIsNothingAndIsNotKept) {
  ContentHashes hashes;
  WorkerLoop loop(1);
  const OpenedFile file(directory_, "content");
  file.change();
  EXPECT_FALSE(loop.run(content_hash_of(loop.reactor(), loop.workers(), hashes, file.fd.get(),
                                        file.state, kForever)));
  EXPECT_EQ(hashes.size(), 0u);
}

TEST_F(ContentHashTest, TheOldestAreForgotten) {
  ContentHashes hashes(2);
  WorkerLoop loop(0);
  std::vector<std::unique_ptr<OpenedFile>> files;
  for (const char* const content : {"a", "ab", "abc"}) {
    files.push_back(std::make_unique<OpenedFile>(directory_, content));
    const OpenedFile& file = *files.back();
    EXPECT_TRUE(loop.run(content_hash_of(loop.reactor(), loop.workers(), hashes, file.fd.get(),
                                         file.state, kForever)));
  }
  EXPECT_EQ(hashes.size(), 2u);
  EXPECT_FALSE(hashes.find(ContentHashes::Key(files[0]->state)));
  EXPECT_TRUE(hashes.find(ContentHashes::Key(files[1]->state)));
  EXPECT_TRUE(hashes.find(ContentHashes::Key(files[2]->state)));
}

// One request's wait for a hash.
struct Request {
  std::optional<ContentHash> hash;
  bool over = false;
};

Detached ask(WorkerLoop& loop, ContentHashes& hashes, const OpenedFile& file, uint64_t patience_ms,
             Request& request) {
  Task<std::optional<ContentHash>> asking = content_hash_of(loop.reactor(), loop.workers(), hashes,
                                                            file.fd.get(), file.state, patience_ms);
  request.hash = co_await asking;
  request.over = true;
}

TEST_F(ContentHashTest, WhoAsksAtOnceWaitsForOneJob) {
  ContentHashes hashes;
  WorkerLoop loop(1, 1);  // there is no room for a second job
  const OpenedFile file(directory_, "content");
  HeldWorker held(loop.pool());
  std::vector<Request> requests(5);
  for (Request& request : requests) ask(loop, hashes, file, kForever, request);
  for (const Request& request : requests) EXPECT_FALSE(request.over);
  held.release();
  for (const Request& request : requests) {
    loop.turn_until([&] { return request.over; });
    EXPECT_EQ(request.hash, hash_of("content"));
  }
}

TEST_F(ContentHashTest, WhoIsTiredOfWaitingGoesOnAndTheJobDoesToo) {
  ContentHashes hashes;
  WorkerLoop loop(1);
  Request impatient;
  Request patient;
  ContentHashes::Key key{FileState()};
  HeldWorker held(loop.pool());
  const auto file = std::make_unique<OpenedFile>(directory_, "content");
  key = ContentHashes::Key(file->state);
  ask(loop, hashes, *file, 1, impatient);
  ask(loop, hashes, *file, kForever, patient);
  loop.turn_until([&] { return impatient.over; });
  EXPECT_FALSE(impatient.hash);
  EXPECT_FALSE(patient.over);
  file->fd.reset();  // the job has its own
  held.release();
  loop.turn_until([&] { return patient.over; });
  EXPECT_EQ(patient.hash, hash_of("content"));
  EXPECT_EQ(hashes.find(key), patient.hash);
}

TEST_F(ContentHashTest, WhereTooMuchWaitsThereIsNone) {
  ContentHashes hashes;
  WorkerLoop loop(1, 0);
  const OpenedFile file(directory_, "content");
  EXPECT_FALSE(loop.run(content_hash_of(loop.reactor(), loop.workers(), hashes, file.fd.get(),
                                        file.state, kForever)));
}

TEST_F(ContentHashTest, WhoWaitsWhenTheServerEndsGoesOn) {
  ContentHashes hashes;
  WorkerLoop loop(1);
  const OpenedFile file(directory_, "content");
  Request request;
  HeldWorker held(loop.pool());
  ask(loop, hashes, file, kForever, request);
  EXPECT_FALSE(request.over);
  loop.pool().cancel();
  loop.turn_until([&] { return request.over; });
  EXPECT_FALSE(request.hash);
}

// Of others: it ends when it is told to.
struct Signals {
  std::binary_semaphore begun{0};
  std::binary_semaphore released{0};
};
class BackgroundWork final : public WorkerPool::Job {
 public:
  explicit BackgroundWork(Signals& signals) : signals_(signals) {}

 private:
  void run(std::stop_token) noexcept override {
    signals_.begun.release();
    signals_.released.acquire();
  }

  Signals& signals_;
};

TEST_F(ContentHashTest, ALargeFileLeavesAWorkerToOthers) {
  ContentHashes hashes;
  WorkerLoop loop(2);
  const OpenedFile file(directory_, "");
  ASSERT_EQ(truncate(file.path.c_str(), 65 * 1024 * 1024), 0);
  const FileState state = *state_of(file.fd.get());
  Signals signals;
  loop.pool().submit_background(std::make_unique<BackgroundWork>(signals));
  signals.begun.acquire();
  // Background work does not take the last worker, so this has not begun.
  EXPECT_FALSE(
      loop.run(content_hash_of(loop.reactor(), loop.workers(), hashes, file.fd.get(), state, 1)));
  signals.released.release();
  const auto hash = loop.run(
      content_hash_of(loop.reactor(), loop.workers(), hashes, file.fd.get(), state, kForever));
  EXPECT_EQ(hash, hash_of(std::string(65 * 1024 * 1024, '\0')));
}

// Shards that ask for the same few files with little patience, while workers finish.
TEST_F(ContentHashTest, ManyShardsWithLittlePatience) {
  ContentHashes hashes(4);
  const std::string content = random_bytes(400'000, 7);
  std::vector<std::unique_ptr<OpenedFile>> files;
  for (size_t i = 0; i < 8; ++i) {
    files.push_back(std::make_unique<OpenedFile>(directory_, content.substr(i), std::to_string(i)));
  }
  std::vector<std::jthread> shards;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    shards.emplace_back([&, seed] {
      WorkerLoop loop(2, 4);
      Random random(seed);
      for (int round = 0; round < 30; ++round) {
        std::vector<Request> requests(8);
        std::vector<size_t> asked;
        for (Request& request : requests) {
          asked.push_back(random.below(files.size()));
          ask(loop, hashes, *files[asked.back()], random.below(60), request);
        }
        loop.turn_until([&] { return std::ranges::all_of(requests, &Request::over); });
        for (size_t i = 0; i < requests.size(); ++i) {
          const ContentHash expected = hash_of(content.substr(asked[i]));
          EXPECT_EQ(requests[i].hash.value_or(expected), expected);
        }
      }
    });
  }
}

}  // namespace
}  // namespace sluice
