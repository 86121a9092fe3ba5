#include "server/listen_address.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

namespace sluice {

namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kDescriptorPrefix = "fd:";

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const noexcept { return storage.ss_family; }
};

[[noreturn]] void refuse_text(const std::string& text) {
  throw StartError(StartError::Kind::kUsage, "listen",
                   "'" + text +
                       "' is no address; allowed are IPv4:PORT, [IPv6]:PORT with PORT from 0 to "
                       "65535 (0: any that is free), unix:/path, and fd:N for a socket that "
                       "listens already");
}

[[noreturn]] void refuse_descriptor(const std::string& text, const std::string& reason) {
  throw StartError(StartError::Kind::kUsage, "listen",
                   "'" + text + "' " + reason +
                       "; it must be the number of a stream socket (TCP or Unix) that listens");
}

[[noreturn]] void refuse_system(const std::string& text, int system_errno) {
  std::string message = "'" + text + "': " + strerrordesc_np(system_errno);
  if (text.starts_with(kUnixPrefix)) {
    message += system_errno == EADDRINUSE
                   ? "; a server listens there, or what is there is no socket: choose another path"
                   : "; the path must be in a directory that this process may write to";
  } else if (system_errno == EADDRINUSE) {
    message += "; another program listens there: choose another port, or 0 for any that is free";
  } else if (system_errno == EADDRNOTAVAIL) {
    message += "; this machine has no such address: choose one of its own, or 0.0.0.0 for all";
  } else if (system_errno == EACCES) {
    message += "; ports below 1024 need the right to them: choose a higher one";
  }
  throw StartError(StartError::Kind::kSystem, "listen", message);
}

SocketAddress parse_unix(const std::string& text) {
  const std::string path = text.substr(kUnixPrefix.size());
  SocketAddress address;
  auto* unix_address = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty() || path.size() >= sizeof unix_address->sun_path) refuse_text(text);
  unix_address->sun_family = AF_UNIX;
  path.copy(unix_address->sun_path, path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

int parse_descriptor(const std::string& text) {
  int fd = -1;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + kDescriptorPrefix.size(), end, fd);
  if (parsed.ec != std::errc() || parsed.ptr != end || fd < 0) refuse_text(text);
  return fd;
}

SocketAddress parse_internet(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) refuse_text(text);
  std::string host = text.substr(0, colon);
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc() || parsed.ptr != end) refuse_text(text);

  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof *v4;
    return address;
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed || inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) != 1) refuse_text(text);
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  address.length = sizeof *v6;
  return address;
}

void set_option(int socket, int level, int option) noexcept {
  const int on = 1;
  setsockopt(socket, level, option, &on, sizeof on);
}

UniqueFd make_socket(const std::string& text, int family) {
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) refuse_system(text, errno);
  if (family == AF_UNIX) return socket;
  set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR);
  // Inherited by what is accepted; what belongs together is held together by MSG_MORE.
  set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
  if (family == AF_INET6) set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  return socket;
}

std::string name_of(SocketAddress& address) {
  char host[INET6_ADDRSTRLEN];
  if (address.family() == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
    return "http://[" + std::string(host) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
  inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
  return "http://" + std::string(host) + ":" + std::to_string(ntohs(v4->sin_port));
}

std::string name_of_unix(const SocketAddress& address) {
  const auto* unix_address = reinterpret_cast<const sockaddr_un*>(&address.storage);
  const size_t length = address.length - offsetof(sockaddr_un, sun_path);
  const std::string_view path(unix_address->sun_path, length);
  // The abstract ones (unix(7)) begin with a zero, and are written with '@' in its place.
  if (path.starts_with('\0')) return "unix:@" + std::string(path.substr(1));
  return "unix:" + std::string(path.substr(0, path.find('\0')));
}

// A socket file that nobody listens on any more is what a killed server leaves.
void remove_stale_socket(SocketAddress& address, const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  // Non-blocking: where the backlog is full, connect(2) would wait for its server.
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return;
  const bool answered = connect(probe.get(), address.get(), address.length) == 0;
  if (!answered && errno == ECONNREFUSED) unlink(path.c_str());
}

BoundAddress bind_unix(const std::string& text, unsigned shard_count, uint32_t backlog_count) {
  SocketAddress address = parse_unix(text);
  BoundAddress bound{.name = text, .sockets = {}, .unix_path = text.substr(kUnixPrefix.size())};
  remove_stale_socket(address, bound.unix_path);
  UniqueFd socket = make_socket(text, AF_UNIX);
  for (unsigned shard = 1; shard < shard_count; ++shard) {
    bound.sockets.emplace_back(fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!bound.sockets.back()) refuse_system(text, errno);
  }
  if (bind(socket.get(), address.get(), address.length) != 0) refuse_system(text, errno);
  if (listen(socket.get(), static_cast<int>(backlog_count)) != 0) {
    const int reason = errno;
    unlink(bound.unix_path.c_str());
    refuse_system(text, reason);
  }
  bound.sockets.push_back(std::move(socket));
  return bound;
}

BoundAddress bind_internet(const std::string& text, unsigned shard_count, uint32_t backlog_count) {
  SocketAddress address = parse_internet(text);
  BoundAddress bound;
  for (unsigned shard = 0; shard < shard_count; ++shard) {
    UniqueFd socket = make_socket(text, address.family());
    // The first is bound without SO_REUSEPORT, which would let this server share the address with
    // another program that has set it, unnoticed.
    if (shard > 0) set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT);
    if (bind(socket.get(), address.get(), address.length) != 0) refuse_system(text, errno);
    if (shard == 0) {
      set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT);
      // With port 0 the others take the port that the first was given.
      getsockname(socket.get(), address.get(), &address.length);
    }
    bound.sockets.push_back(std::move(socket));
  }
  // Only now, so that no connection arrives before every shard can have one.
  for (const UniqueFd& socket : bound.sockets) {
    if (listen(socket.get(), static_cast<int>(backlog_count)) != 0) refuse_system(text, errno);
  }
  bound.name = name_of(address);
  return bound;
}

int option_of(int socket, int option) noexcept {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(socket, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

BoundAddress adopt_descriptor(const std::string& text, unsigned shard_count) {
  const int fd = parse_descriptor(text);
  if (fcntl(fd, F_GETFD) < 0) refuse_descriptor(text, "is no open descriptor");
  const int type = option_of(fd, SO_TYPE);
  if (type < 0) refuse_descriptor(text, "is no socket");
  if (type != SOCK_STREAM) refuse_descriptor(text, "is no stream socket");
  if (option_of(fd, SO_ACCEPTCONN) != 1) refuse_descriptor(text, "does not listen");
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(fd, address.get(), &address.length) != 0) refuse_system(text, errno);
  BoundAddress bound;
  switch (address.family()) {
    case AF_UNIX:
      bound.name = name_of_unix(address);
      break;
    case AF_INET:
    case AF_INET6:
      bound.name = name_of(address);
      set_option(fd, IPPROTO_TCP, TCP_NODELAY);  // as for our own
      break;
    default:
      refuse_descriptor(text, "is of another family");
  }
  for (unsigned shard = 0; shard < shard_count; ++shard) {
    bound.sockets.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!bound.sockets.back()) refuse_system(text, errno);
  }
  return bound;
}

}  // namespace

BoundAddress bind_address(const std::string& text, unsigned shard_count, uint32_t backlog_count) {
  if (text.starts_with(kUnixPrefix)) return bind_unix(text, shard_count, backlog_count);
  if (text.starts_with(kDescriptorPrefix)) return adopt_descriptor(text, shard_count);
  return bind_internet(text, shard_count, backlog_count);
}

std::string problem_of_address(const std::string& text) {
  try {
    if (text.starts_with(kUnixPrefix)) {
      parse_unix(text);
    } else if (text.starts_with(kDescriptorPrefix)) {
      parse_descriptor(text);
    } else {
      parse_internet(text);
    }
  } catch (const StartError& error) {
    return error.what();
  }
  return "";
}

}  // namespace sluice
