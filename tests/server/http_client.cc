#include "server/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace sluice {

namespace {

constexpr time_t kPatienceSeconds = 30;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + strerrordesc_np(errno));
}

UniqueFd connect_to(const sockaddr* address, socklen_t length, const std::string& name) {
  UniqueFd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) fail("socket");
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(socket.get(), address, length) != 0) fail("connect to " + name);
  return socket;
}

UniqueFd connect_unix(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address, path);
}

UniqueFd connect_internet(const std::string& authority) {
  const size_t colon = authority.rfind(':');
  const auto port = htons(static_cast<uint16_t>(std::stoi(authority.substr(colon + 1))));
  if (authority.front() == '[') {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = port;
    inet_pton(AF_INET6, authority.substr(1, colon - 2).c_str(), &address.sin6_addr);
    return connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address, authority);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = port;
  inet_pton(AF_INET, authority.substr(0, colon).c_str(), &address.sin_addr);
  return connect_to(reinterpret_cast<sockaddr*>(&address), sizeof address, authority);
}

uint64_t content_length(std::string_view head) {
  constexpr std::string_view kField = "\r\nContent-Length: ";
  const size_t field = head.find(kField);
  if (field == std::string_view::npos) throw std::runtime_error("no Content-Length");
  return std::stoull(std::string(head.substr(field + kField.size(), 20)));
}

}  // namespace

HttpClient::HttpClient(const std::string& address)
    : socket_(address.starts_with("unix:") ? connect_unix(address.substr(5))
                                           : connect_internet(address.substr(7))) {}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void HttpClient::send_get(std::string_view target, std::string_view fields) {
  std::string request = "GET ";
  request.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(fields).append("\r\n");
  send(request);
}

HttpResponse HttpClient::read_head() {
  HttpResponse response;
  size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) throw std::runtime_error("the connection ended before a response");
  }
  response.head = received_.substr(0, end + 2);
  response.status = std::stoi(response.head.substr(9, 3));
  received_.erase(0, end + 4);
  return response;
}

HttpResponse HttpClient::read(bool to_head) {
  HttpResponse response = read_head();
  const uint64_t length = to_head ? 0 : content_length(response.head);
  while (received_.size() < length) {
    if (!receive()) throw std::runtime_error("the connection ended in mid-response");
  }
  response.body = received_.substr(0, length);
  received_.erase(0, length);
  return response;
}

std::string HttpClient::take(size_t bytes) {
  while (received_.size() < bytes) {
    if (!receive()) throw std::runtime_error("the connection ended in mid-response");
  }
  std::string taken = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return taken;
}

std::string HttpClient::take_line() {
  size_t end;
  while ((end = received_.find("\r\n")) == std::string::npos) {
    if (!receive()) throw std::runtime_error("the connection ended in mid-response");
  }
  std::string line = take(end + 2);
  line.resize(end);
  return line;
}

HttpResponse HttpClient::read_chunked(std::vector<size_t>* sizes) {
  HttpResponse response = read_head();
  if (response.head.find("\r\nTransfer-Encoding: chunked\r\n") == std::string::npos ||
      response.head.find("\r\nContent-Length") != std::string::npos) {
    throw std::runtime_error("not in chunks: " + response.head);
  }
  while (true) {
    const std::string line = take_line();
    if (line.empty() || line.find_first_not_of("0123456789abcdef") != std::string::npos ||
        (line.size() > 1 && line.front() == '0')) {
      throw std::runtime_error("'" + line + "' is no size of a chunk");
    }
    const size_t size = std::stoull(line, nullptr, 16);
    response.body += take(size);
    if (take(2) != "\r\n") throw std::runtime_error("a chunk is longer than its size");
    if (size == 0) return response;
    if (sizes != nullptr) sizes->push_back(size);
  }
}

HttpResponse HttpClient::read_to_the_end() {
  HttpResponse response = read_head();
  while (receive()) {
  }
  response.body = std::exchange(received_, "");
  return response;
}

HttpResponse HttpClient::get(std::string_view target, std::string_view fields) {
  send_get(target, fields);
  return read();
}

uint64_t HttpClient::skip(uint64_t bytes) {
  uint64_t skipped = 0;
  while (skipped < bytes) {
    if (received_.empty() && !receive()) break;
    const uint64_t some = std::min<uint64_t>(received_.size(), bytes - skipped);
    received_.erase(0, some);
    skipped += some;
  }
  return skipped;
}

bool HttpClient::ended() {
  while (receive()) {
  }
  return received_.empty();
}

bool HttpClient::receive() {
  char buffer[64 * 1024];
  const ssize_t bytes = recv(socket_.get(), buffer, sizeof buffer, 0);
  if (bytes < 0 && errno != ECONNRESET) fail("recv");
  if (bytes <= 0) return false;
  received_.append(buffer, static_cast<size_t>(bytes));
  return true;
}

int status_of(const std::string& address, std::string_view target) {
  HttpClient client(address);
  return client.get(target, "Connection: close\r\n").status;
}

}  // namespace sluice
