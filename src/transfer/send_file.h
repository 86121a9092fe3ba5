// A file to a socket, by whatever route does it.
#pragma once

#include <sluice/error.h>
#include <sluice/route.h>

#include "runtime/task.h"
#include "transfer/outgoing_file.h"

namespace sluice {

// Goes on until all of it is sent; yields the route that did it. After an error `file.left` says
// what the socket has not taken. REQUIRES: the file is not empty; `route` is one of first_route().
Task<Result<Route>> send_file(OutgoingFile& file, Route route) noexcept;

}  // namespace sluice
