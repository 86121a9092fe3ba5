#include "server/server_fixture.h"

#include <filesystem>
#include <fstream>

namespace sluice {

std::vector<ThreadStatus> shard_threads() {
  std::vector<ThreadStatus> threads;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");  // empty for a thread that has just ended
    ThreadStatus thread;
    bool of_a_shard = false;
    for (std::string line; std::getline(status, line);) {
      if (line == "Name:\tsluice-shard") of_a_shard = true;
      if (line.starts_with("SigBlk:")) {
        thread.blocked_signals = std::stoull(line.substr(7), nullptr, 16);
      }
    }
    if (of_a_shard) threads.push_back(thread);
  }
  return threads;
}

ServerFixture::ServerFixture() { directory_.write("file.txt", "content"); }

Options ServerFixture::options() const {
  Options options;
  options.sites[0].root = directory_.path();
  options.listen = {"127.0.0.1:0"};
  options.threads = 1;
  return options;
}

}  // namespace sluice
