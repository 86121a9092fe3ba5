// Bytes that anybody may have chosen, written into HTML, JSON and URI references. What comes out is
// UTF-8 whatever goes in.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// For HTML text and quoted attribute values: what means something there as a character reference,
// a control character as the picture of it (U+2400 to U+2421), so that it shows and changes
// nothing. U+FFFD for each part that is not UTF-8 (Unicode §3.9, maximal subparts) and for C1
// controls.
void append_html(std::string& out, std::string_view text);

// A JSON string with its quotation marks (RFC 8259 §7). U+FFFD for each part that is not UTF-8.
void append_json(std::string& out, std::string_view text);

// All but unreserved characters as %XX (RFC 3986 §2): a name or value of a query, byte by byte.
void append_percent_encoded(std::string& out, std::string_view bytes);

// All but http::is_location_char() as %XX: a segment of a path, byte by byte.
void append_path_segment(std::string& out, std::string_view bytes);

}  // namespace sluice
