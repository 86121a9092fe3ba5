// A program's own answers, beside the files of a site.
#pragma once

#include <functional>
#include <string>

#include <sluice/request.h>
#include <sluice/response.h>
#include <sluice/task.h>

namespace sluice {

struct Directory;

// A coroutine from a request to a response:
//
//   Task<Response> tell_time(Request& request) { co_return Response::text(now()); }
//
// Called on the threads of the server, by several at a time, so what it shares must be thread-safe;
// one request and all that it awaits stay on one thread. It must not block: that would hold up
// every connection of its thread. An exception is answered with 500, and told to Options::log. What
// a lambda has captured lives as long as the server.
using Handler = std::function<Task<Response>(Request&)>;

// Which requests a handler answers: those whose path is `prefix` or below it ("/api" and "/api/x",
// not "/apix"; "/" is all). The longest prefix of a site's handlers and mounts wins.
struct HandlerRoute {
  std::string prefix;
  Handler handler;
};

// Answers with the files below `root`, as a site does (ranges, preconditions, variants, …), by the
// rest of the path behind the prefix. Throws StartError when it cannot be opened.
Handler static_files(std::string root);
Handler static_files(Directory directory);

}  // namespace sluice
