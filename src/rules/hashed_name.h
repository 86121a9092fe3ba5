// File names that carry a hash of their content, as bundlers make them.
#pragma once

#include <string_view>

namespace sluice::rules {

// True exactly when the last segment has an extension and before it, between '.', '-' or '_', a
// part other than the first that is at least 8 letters and digits long and has both:
// "main.8f2a1c3b.js", "index-BkZ3x9aQ.css"; not "report-20240115.pdf", not "my-document.html".
bool is_hashed_name(std::string_view path) noexcept;

}  // namespace sluice::rules
