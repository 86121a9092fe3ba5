// From what a handler answers to what is sent.
#pragma once

#include <string_view>

#include <sluice/response.h>

#include "server/handler_log.h"
#include "server/response_draft.h"
#include "server/site_request.h"

namespace sluice {

// Decides on the response: what `answer` says, or 500 where that cannot be sent; then `log` is told
// why, with `where` as the place ("the handler of '/api'"). REQUIRES: no Response::Directory.
void draft_response(Response answer, const SiteRequest& request, std::string_view where,
                    ResponseDraft& response, HandlerLog& log) noexcept;

// The same, where a directory has answered already: adds the fields of `answer`, each in the place
// of those of that name. REQUIRES: a Response::Directory.
void add_fields(const Response& answer, std::string_view where, ResponseDraft& response,
                HandlerLog& log) noexcept;

}  // namespace sluice
