#include "http/error_page.h"

#include <algorithm>
#include <iterator>

namespace sluice::http {

namespace {

// The colours are those of listings; what a browser does not know leaves it with its own.
#define SLUICE_ERROR_PAGE(title, text)                                                       \
  "<!doctype html>\n"                                                                        \
  "<html lang=\"en\">\n"                                                                     \
  "<head>\n"                                                                                 \
  "<meta charset=\"utf-8\">\n"                                                               \
  "<meta name=\"viewport\" content=\"width=device-width\">\n"                                \
  "<title>" title                                                                            \
  "</title>\n"                                                                               \
  "<style>:root{color-scheme:light dark}"                                                    \
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:20vh auto;padding:0 2rem;" \
  "background:light-dark(#fff,#14171a);color:light-dark(#1b1f24,#e4e7eb)}"                   \
  "h1{font-size:1.75rem;line-height:1.2;margin:0}"                                           \
  "p{opacity:.7;margin:.75rem 0}</style>\n"                                                  \
  "</head>\n"                                                                                \
  "<body>\n"                                                                                 \
  "<h1>" title                                                                               \
  "</h1>\n"                                                                                  \
  "<p>" text                                                                                 \
  "</p>\n"                                                                                   \
  "</body>\n"                                                                                \
  "</html>\n"

struct Page {
  int status;
  std::string_view document;
};

// By status.
constexpr Page kPages[] = {
    {301, SLUICE_ERROR_PAGE("301 Moved Permanently", "This page has moved to another address.")},
    {302, SLUICE_ERROR_PAGE("302 Found", "This page has moved to another address for now.")},
    {303, SLUICE_ERROR_PAGE("303 See Other", "The answer is at another address.")},
    {307, SLUICE_ERROR_PAGE("307 Temporary Redirect",
                            "This page has moved to another address for now.")},
    {308, SLUICE_ERROR_PAGE("308 Permanent Redirect",
                            "This page has moved to another address for good.")},
    {400, SLUICE_ERROR_PAGE("400 Bad Request", "The server could not make sense of the request.")},
    {401, SLUICE_ERROR_PAGE("401 Unauthorized", "A name and a password are needed here.")},
    {403, SLUICE_ERROR_PAGE("403 Forbidden", "The server may not read this file.")},
    {404, SLUICE_ERROR_PAGE("404 Not Found", "There is nothing at this address.")},
    {405, SLUICE_ERROR_PAGE("405 Method Not Allowed", "This address does not take such requests.")},
    {406, SLUICE_ERROR_PAGE("406 Not Acceptable",
                            "There is nothing here in a form that the client accepts.")},
    {408, SLUICE_ERROR_PAGE("408 Request Timeout", "The request did not arrive in time.")},
    {409, SLUICE_ERROR_PAGE("409 Conflict", "The request does not fit what is there now.")},
    {411,
     SLUICE_ERROR_PAGE("411 Length Required", "The request does not say how much it carries.")},
    {412, SLUICE_ERROR_PAGE("412 Precondition Failed",
                            "What is there now is not what the request was made for.")},
    {413, SLUICE_ERROR_PAGE("413 Content Too Large", "The request carries more than is accepted.")},
    {414, SLUICE_ERROR_PAGE("414 URI Too Long", "The address is longer than is accepted.")},
    {415, SLUICE_ERROR_PAGE("415 Unsupported Media Type",
                            "The server does not take content of this kind.")},
    {416, SLUICE_ERROR_PAGE("416 Range Not Satisfiable",
                            "The file does not have the part that was asked for.")},
    {417, SLUICE_ERROR_PAGE("417 Expectation Failed",
                            "The server cannot do what the request expects of it.")},
    {421,
     SLUICE_ERROR_PAGE("421 Misdirected Request", "This server does not answer for that host.")},
    {431, SLUICE_ERROR_PAGE("431 Request Header Fields Too Large",
                            "The header fields of the request are more than is accepted.")},
    {500, SLUICE_ERROR_PAGE("500 Internal Server Error", "Something went wrong on the server.")},
    {501, SLUICE_ERROR_PAGE("501 Not Implemented", "The server does not know how to do that.")},
    {503, SLUICE_ERROR_PAGE("503 Service Unavailable",
                            "The server has too much to do. Please try again in a moment.")},
    {505, SLUICE_ERROR_PAGE("505 HTTP Version Not Supported",
                            "This server speaks HTTP/1.1 and HTTP/1.0.")},
    {507, SLUICE_ERROR_PAGE("507 Insufficient Storage", "The server has no room left for this.")},
};

constexpr std::string_view kGeneralPage =
    SLUICE_ERROR_PAGE("Error", "The request could not be answered.");

#undef SLUICE_ERROR_PAGE

}  // namespace

std::string_view error_page(int status) noexcept {
  const auto* const page = std::ranges::lower_bound(kPages, status, {}, &Page::status);
  const bool found = page != std::end(kPages) && page->status == status;
  return found ? page->document : kGeneralPage;
}

}  // namespace sluice::http
