// A body from another process, without a copy of it: a child builds it in a sealed memfd and hands
// that over a Unix socket; the parent serves it, to as many clients as come, from that memory.
//
//   $ shared_memory
//   HTTP/1.1 200 OK
//   ... made by process 4711
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>

#include <sluice/descriptor_passing.h>
#include <sluice/server.h>
#include <sluice/shared_memory.h>

namespace {

// The child's part. What it returns is its exit status.
int produce(int to_parent) {
  auto writer = sluice::SharedMemoryWriter::create("report");
  if (!writer || !writer->write("made by process " + std::to_string(getpid()) + "\n")) return 1;
  const auto report = std::move(*writer).seal();  // from now on nobody can change it
  return report && sluice::send_descriptor(to_parent, report->fd(), "report") ? 0 : 1;
}

// The parent's: takes what comes only if it is sealed.
sluice::SharedMemory receive(int from_child) {
  auto passed = sluice::receive_descriptor(from_child);
  if (!passed) throw std::runtime_error(to_string(passed.error()));
  auto report = sluice::SharedMemory::adopt(std::move(passed->descriptor));
  if (!report) throw std::runtime_error(to_string(report.error()));
  return *report;
}

std::string fetch(const std::string& address, const std::string& path) {
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const sluice::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  connect(socket.get(), reinterpret_cast<sockaddr*>(&server), sizeof server);
  send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string response;
  char buffer[4096];
  for (ssize_t n; (n = read(socket.get(), buffer, sizeof buffer)) > 0;) {
    response.append(buffer, static_cast<size_t>(n));
  }
  return response;
}

}  // namespace

int main() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 1;
  const pid_t child = fork();
  if (child == 0) _exit(produce(ends[1]));
  const sluice::SharedMemory report = receive(ends[0]);
  waitpid(child, nullptr, 0);
  sluice::Options options;
  options.listen = {"127.0.0.1:0"};
  sluice::Server server(options);
  server.route("/report", [report](sluice::Request&) -> sluice::Task<sluice::Response> {
    sluice::Response response;
    response.body(report).header("Content-Type", "text/plain");
    co_return response;
  });
  server.start();
  const std::string response = fetch(server.addresses()[0], "/report");
  server.stop(1'000);
  std::printf("%s", response.c_str());
  return response.find("made by process " + std::to_string(child)) != std::string::npos ? 0 : 1;
}
