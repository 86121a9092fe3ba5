// A server whose answers come from handlers.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/server.h>

#include "server/http_client.h"
#include "server/server_fixture.h"

namespace sluice {

class HandlerFixture : public ServerFixture {
 protected:
  HandlerFixture() {
    options_ = options();
    options_.log = [this](std::string_view line) {
      const std::scoped_lock lock(log_mutex_);
      log_.emplace_back(line);
    };
  }

  // Before what handlers refer to is destroyed: the members of a test.
  void TearDown() override { server_.reset(); }

  // REQUIRES: before start().
  void route(std::string prefix, Handler handler) {
    options_.sites[0].handlers.push_back({std::move(prefix), std::move(handler)});
  }

  void start() {
    server_.emplace(options_);
    server_->start();
  }

  HttpClient connect() { return HttpClient(server_->addresses()[0]); }
  HttpResponse get(std::string_view target, std::string_view fields = {}) {
    return connect().get(target, fields);
  }

  bool logged(std::string_view text) {
    const std::scoped_lock lock(log_mutex_);
    for (const std::string& line : log_) {
      if (line.find(text) != std::string::npos) return true;
    }
    return false;
  }

  Options options_;
  std::optional<Server> server_;

 private:
  std::mutex log_mutex_;
  std::vector<std::string> log_;
};

// The value of the only field of that name; "" if there is none or two.
inline std::string field(const HttpResponse& response, std::string_view name) {
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  const size_t at = response.head.find(wanted);
  if (at == std::string::npos || response.head.find(wanted, at + 1) != std::string::npos) return "";
  const size_t begin = at + wanted.size();
  return response.head.substr(begin, response.head.find("\r\n", begin) - begin);
}

}  // namespace sluice
