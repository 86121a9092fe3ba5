// A program's own answers, beside the files of a site.
#pragma once

#include <functional>
#include <string>

#include <sluice/export.h>
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
// not "/apix"; "/" is all). A slash at its end makes no difference. The longest prefix of a site's
// handlers and mounts wins, of two that are the same that of the handler. Redirects, passwords and
// rewrites of the site come first. A handler is given every method that the HTTP parser (llhttp)
// knows but CONNECT and TRACE: those of RFC 9110, WebDAV and some more. Others are answered with
// 501 before, such as "FOO", and "get", since methods are case-sensitive.
struct HandlerRoute {
  std::string prefix;
  Handler handler;
};

// Answers with the files below `root`, as a Mount at the prefix that the handler is routed by would
// (ranges, preconditions, variants, …). Another handler may ask it in its turn:
//   co_return co_await files(request);
// Throws StartError when the root cannot be opened, or an option is not allowed.
SLUICE_API Handler static_files(std::string root);
SLUICE_API Handler static_files(Directory directory);

}  // namespace sluice
