#include "support/connections.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <vector>

namespace sluice::testing_support {

namespace {

void check(bool worked, const char* what) {
  if (!worked) throw std::system_error(errno, std::system_category(), what);
}

UniqueFd tcp_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(fd >= 0, "socket");
  return UniqueFd(fd);
}

// A peer whose reader is gone notices it by EPIPE.
void block_broken_pipe_signal() {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &only, nullptr);
}

}  // namespace

Connection connect_ends(Family family) {
  if (family == Family::kUnix) {
    int ends[2];
    check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
    Connection made{UniqueFd(ends[0]), UniqueFd(ends[1])};
    check(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0, "fcntl");
    return made;
  }
  const UniqueFd listener = tcp_socket();
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof name;
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  check(bind(listener.get(), address, length) == 0, "bind");
  check(getsockname(listener.get(), address, &length) == 0, "getsockname");
  check(listen(listener.get(), 1) == 0, "listen");
  Connection made;
  made.client = tcp_socket();
  check(::connect(made.client.get(), address, length) == 0, "connect");
  made.server = UniqueFd(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  check(made.server.get() >= 0, "accept4");
  return made;
}

bool feed(int fd, std::string_view bytes) {
  block_broken_pipe_signal();
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string drain(int fd) {
  std::string all;
  std::vector<char> buffer(256 * 1024);
  ssize_t got;
  while ((got = read(fd, buffer.data(), buffer.size())) > 0) {
    all.append(buffer.data(), static_cast<size_t>(got));
  }
  return all;
}

}  // namespace sluice::testing_support
