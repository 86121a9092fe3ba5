// One download for many: what arrives from an upstream server goes into a file and, at the same
// time, to two clients, of which one is slow. Nothing of it enters this process, and the slow
// client holds nobody up: it is sent the rest out of the file.
//
//   $ fanout
//   file: 8388608 bytes; fast client: 8388608; slow client: 8388608; copied: 0
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>

#include <sluice/run.h>
#include <sluice/transfer.h>
#include <sluice/unique_fd.h>

namespace {

constexpr uint64_t kBytes = 8ULL * 1024 * 1024;

// A connection: this program's end, which must not block, and the other one.
struct Connection {
  Connection() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      throw std::runtime_error("socketpair");
    }
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
    fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  }
  sluice::UniqueFd ours, theirs;
};

void send_all(sluice::UniqueFd socket) {
  const std::string bytes(64 * 1024, 'x');
  for (uint64_t left = kBytes / bytes.size(); left > 0; --left) {
    if (write(socket.get(), bytes.data(), bytes.size()) < 0) return;
  }
}

void receive_all(const sluice::UniqueFd& socket, std::chrono::milliseconds before) {
  std::this_thread::sleep_for(before);
  std::string buffer(64 * 1024, '\0');
  while (read(socket.get(), buffer.data(), buffer.size()) > 0) continue;
}

}  // namespace

int main() {
  Connection upstream, fast, slow;
  std::thread server([&] { send_all(std::move(upstream.theirs)); });
  std::thread reader([&] { receive_all(fast.theirs, std::chrono::milliseconds(0)); });
  std::thread dawdler([&] { receive_all(slow.theirs, std::chrono::milliseconds(500)); });

  const std::string directory = std::filesystem::temp_directory_path();
  const sluice::UniqueFd file(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  sluice::TransferStats stats;
  const sluice::FanOutResult result = sluice::run(
      sluice::fan_out(
          sluice::Source::socket(upstream.ours.get()), sluice::Sink::file(file.get()),
          {sluice::Sink::socket(fast.ours.get()), sluice::Sink::socket(slow.ours.get())}),
      &stats);
  fast.ours.reset();  // the end, for the clients
  slow.ours.reset();
  for (std::thread* thread : {&server, &reader, &dawdler}) thread->join();

  std::printf("file: %ld bytes; fast client: %ld; slow client: %ld; copied: %ld\n",
              static_cast<long>(result.file.value_or(0)),
              static_cast<long>(result.followers[0].value_or(0)),
              static_cast<long>(result.followers[1].value_or(0)),
              static_cast<long>(stats.copied_body_bytes));
  return result.file == kBytes && result.followers[1] == kBytes ? 0 : 1;
}
