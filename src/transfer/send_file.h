// A file to a socket, by whatever route does it.
#pragma once

#include <sluice/error.h>
#include <sluice/route.h>

#include "runtime/task.h"
#include "transfer/outgoing_file.h"

namespace sluice {

// The route to begin with: `asked`, or, for kAuto, what the size, the page cache and what was sent
// lately make the cheapest. Never kAuto. Asked once for each range of a file. REQUIRES: `asked` is
// not kCopyFileRange.
Route choose_route(OutgoingFile& file, Route asked) noexcept;

// Goes on until all of it is sent; yields the route that did it. After an error `file.left` says
// what the socket has not taken. REQUIRES: the file is not empty; `route` is one of
// choose_route().
Task<Result<Route>> send_file(OutgoingFile& file, Route route) noexcept;

}  // namespace sluice
