// Tells an operator what handlers do wrong.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/reactor.h"
#include "server/operator_log.h"

namespace sluice {

// Where there is no memory for a message there is none. Not thread-safe: one a shard.
class HandlerLog {
 public:
  // What is said of an exception that is none of std::exception.
  static constexpr std::string_view kUnknown = "an exception of an unknown kind";

  HandlerLog(Reactor& reactor, const std::function<void(std::string_view)>& sink) noexcept
      : reactor_(reactor), log_(sink) {}

  // "the handler of '/api' failed: out of cheese".
  void threw(std::string_view where, std::string_view what) noexcept {
    write({where, " failed: ", what});
  }

  // "the handler of '/api': 'Date' is not for a handler to say".
  void refused(std::string_view where, std::string_view why) noexcept { write({where, ": ", why}); }

 private:
  void write(std::initializer_list<std::string_view> pieces) noexcept {
    try {
      if (!log_.due(reactor_.now_ms())) return;
      std::string message;
      for (const std::string_view piece : pieces) message += piece;
      log_.write(std::move(message));
    } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to be told
    }
  }

  Reactor& reactor_;
  OperatorLog log_;
};

}  // namespace sluice
