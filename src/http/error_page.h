// The content of responses that are not a file: a short HTML document a status.
#pragma once

#include <string_view>

namespace sluice::http {

// A complete document for `status`, for text/html; charset=utf-8. Statuses that sluice has no text
// for share a general one. Static storage.
std::string_view error_page(int status) noexcept;

}  // namespace sluice::http
