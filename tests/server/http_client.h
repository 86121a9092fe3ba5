// A client that does one thing after the other, for tests of a server in the same process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/unique_fd.h>

namespace sluice {

struct HttpResponse {
  int status = 0;
  std::string head;
  std::string body;
};

// Throws std::runtime_error when the server does not do its part within half a minute: what waits
// for a server that hangs must not hang itself.
class HttpClient {
 public:
  // One of Server::addresses(): "http://127.0.0.1:8080", "http://[::1]:8080", "unix:/path".
  explicit HttpClient(const std::string& address);

  void send(std::string_view bytes);
  void send_get(std::string_view target, std::string_view fields = {});

  // The next response; `to_head` tells that it answers HEAD, and so has no body.
  HttpResponse read(bool to_head = false);
  HttpResponse get(std::string_view target, std::string_view fields = {});

  // The next response, which comes in chunks; strict about their form (RFC 9112 §7.1), and without
  // trailers. `sizes`, if given, is told of each chunk.
  HttpResponse read_chunked(std::vector<size_t>* sizes = nullptr);

  // The next response, whose end is that of the connection (RFC 9112 §6.3).
  HttpResponse read_to_the_end();

  // Receives and throws away that many bytes; fewer where the connection ends before.
  uint64_t skip(uint64_t bytes);

  // Waits for the end of the connection, and tells whether nothing came before it.
  bool ended();

 private:
  // False at the end of the connection.
  bool receive();
  HttpResponse read_head();
  // What is in front of the next CRLF, which is taken as well.
  std::string take_line();
  std::string take(size_t bytes);

  UniqueFd socket_;
  std::string received_;  // and not read yet
};

// A request that any server answers, and its status.
int status_of(const std::string& address, std::string_view target);

}  // namespace sluice
