// What kinds of content a client takes (RFC 9110 §12.5.1), and what it is going to do with them.
//
// Each function reads the value of one Accept field. Elements that are malformed are skipped: "*",
// a weight out of its grammar, no type.
#pragma once

#include <optional>
#include <string_view>

namespace sluice::http {

// How acceptable `type` ("text/html", without parameters) is: from 0, not at all, to 1000. Of the
// media ranges that match the most specific counts (type/subtype;charset=utf-8, type/subtype,
// type/*, */*), and of equal ones the highest weight. A range with parameters matches only if
// charset=utf-8 is all of them, since that is what sluice sends; "q" is a weight wherever it
// stands.
int media_quality(std::string_view accept, std::string_view type) noexcept;

// True exactly when JSON is more acceptable than HTML, or as acceptable and only JSON is named. No
// field: no.
bool prefers_json(std::optional<std::string_view> accept) noexcept;

// True exactly when text/html or application/xhtml+xml is named, with whatever parameters, and is
// not refused by a weight of 0. Browsers name it when a person goes somewhere; scripts and images
// ask for "*/*" or for what they need. No field: no.
bool names_html(std::optional<std::string_view> accept) noexcept;

// True exactly when the request is a navigation: Sec-Fetch-Mode (Fetch Metadata Request Headers,
// §2.2) says "navigate", in any case, or there is no such field and Accept names HTML.
bool is_navigation(std::optional<std::string_view> sec_fetch_mode,
                   std::optional<std::string_view> accept) noexcept;

}  // namespace sluice::http
