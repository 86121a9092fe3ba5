// run() as programs call it: what it returns, what it leaves, several at once.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sluice/run.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

#include "support/descriptors.h"
#include "support/temporary_directory.h"
#include "transfer/ends.h"
#include "transfer/route_fixture.h"

namespace sluice {
namespace {

Task<int> answer() { co_return 42; }
Task<std::string> fail() {
  throw std::invalid_argument("no");
  co_return "";
}
Task<std::unique_ptr<int>> own() { co_return std::make_unique<int>(7); }

TEST(RunTest, ReturnsWhatItsTaskReturns) {
  const auto before = testing_support::open_descriptors();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(run(answer()), 42);
  EXPECT_EQ(*run(own()), 7);
  EXPECT_THROW(run(fail()), std::invalid_argument);
  EXPECT_EQ(testing_support::open_descriptors(), before);
}

TEST(RunTest, ThreadsRunLoopsOfTheirOwn) {
  const std::string bytes = varied_bytes(4 * 1024 * 1024);
  testing_support::TemporaryDirectory directory;
  directory.write("file", bytes);
  const UniqueFd file(open(directory.path_of("file").c_str(), O_RDONLY | O_CLOEXEC));
  std::atomic<unsigned> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 3; ++round) {
        std::string text;
        const TransferResult moved =
            run(transfer(Source::file(file.get()), Sink::string(text, bytes.size())));
        if (moved == bytes.size() && text == bytes) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 12U);
}

}  // namespace
}  // namespace sluice
