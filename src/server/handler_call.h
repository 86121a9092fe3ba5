// The border between sluice, where errors are values, and handlers, where they may be exceptions.
#pragma once

#include <optional>
#include <string_view>

#include <sluice/handler.h>

#include "runtime/task.h"
#include "server/handler_log.h"

namespace sluice {

// What `handler` answers; nothing where it throws, and then `log` is told, with `where` as the
// place. `request` outlives the call.
Task<std::optional<Response>> call_handler(const Handler& handler, Request& request,
                                           std::string_view where, HandlerLog& log) noexcept;

}  // namespace sluice
