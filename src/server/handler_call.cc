#include "server/handler_call.h"

#include <exception>
#include <utility>

namespace sluice {

Task<std::optional<Response>> call_handler(const Handler& handler, Request& request,
                                           std::string_view where, HandlerLog& log) noexcept {
  try {
    Task<Response> answering = handler(request);
    Response answer = co_await answering;
    co_return std::move(answer);
  } catch (const std::exception& thrown) {
    log.threw(where, thrown.what());
  } catch (...) {
    log.threw(where, HandlerLog::kUnknown);
  }
  co_return std::nullopt;
}

}  // namespace sluice
