// Whether a text is JSON, and which strings are in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::fuzz {

// The strings of a JSON text (RFC 8259) in their order, names of members too, decoded to UTF-8.
// Aborts with a message where the text is none. Knows what listings are made of: objects, arrays,
// strings and whole numbers.
std::vector<std::string> json_strings(std::string_view text);

// True exactly when the bytes are UTF-8 (Unicode §3.9, table 3-7).
bool is_utf8(std::string_view bytes);

}  // namespace sluice::fuzz
