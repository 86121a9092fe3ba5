// The response to a request for a file that has been found.
#pragma once

#include <string_view>

#include "files/open_file.h"
#include "server/response_draft.h"
#include "server/site_request.h"

namespace sluice {

// What every response says for a file that has variants (RFC 9110 §12.5.5).
inline constexpr std::string_view kVaryByEncoding = "Vary: Accept-Encoding\r\n";

// Evaluates the preconditions (RFC 9110 §13.2.2) and then the ranges (§14.2): 200, 206, 304, 412 or
// 416. `varies`: the file is one of several variants (§12.5.5).
void respond_with_file(const SiteRequest& request, FileReference file, bool varies,
                       ResponseDraft& response) noexcept;

// True exactly when the Range field of `request` may be honoured for this file (§14.2, §13.1.5);
// also when there is none. A date tells neither variants apart, nor what is written to a file
// within a second.
bool range_condition_holds(const SiteRequest& request, const OpenFile& file, bool varies) noexcept;

}  // namespace sluice
