// The content of a request that has none.
#pragma once

#include "server/client_channel.h"

namespace sluice::testing_support {

class NoContent final : public ClientChannel {
 public:
  std::optional<uint64_t> length() const noexcept override { return 0; }
  bool complete() const noexcept override { return true; }
  Task<Result<std::string_view>> read() noexcept override { co_return std::string_view(); }
  void give_back(uint64_t) noexcept override {}
  Result<std::string_view> read_arrived() noexcept override { return std::string_view(); }
  Task<Result<Readiness*>> socket() noexcept override { co_return nullptr; }
  uint64_t left_bytes() const noexcept override { return 0; }
  void took(uint64_t /*bytes*/) noexcept override {}
  Task<Result<void>> send_interim(std::string_view /*head*/) noexcept override {
    co_return Result<void>();
  }
  int socket_fd() const noexcept override { return -1; }
};

}  // namespace sluice::testing_support
