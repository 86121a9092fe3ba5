#include "http/error_page.h"

namespace sluice::http {

namespace {

#define SLUICE_ERROR_PAGE(title, text)                                               \
  "<!doctype html>\n"                                                                \
  "<html lang=\"en\">\n"                                                             \
  "<head>\n"                                                                         \
  "<meta charset=\"utf-8\">\n"                                                       \
  "<meta name=\"viewport\" content=\"width=device-width\">\n"                        \
  "<title>" title                                                                    \
  "</title>\n"                                                                       \
  "<style>body{font:1rem/1.5 sans-serif;max-width:36rem;margin:15vh auto}</style>\n" \
  "</head>\n"                                                                        \
  "<body>\n"                                                                         \
  "<h1>" title                                                                       \
  "</h1>\n"                                                                          \
  "<p>" text                                                                         \
  "</p>\n"                                                                           \
  "</body>\n"                                                                        \
  "</html>\n"

}  // namespace

std::string_view error_page(int status) noexcept {
  switch (status) {
    case 301:
      return SLUICE_ERROR_PAGE("301 Moved Permanently",
                               "The address of this page ends in a slash.");
    case 400:
      return SLUICE_ERROR_PAGE("400 Bad Request",
                               "The server could not make sense of the request.");
    case 403:
      return SLUICE_ERROR_PAGE("403 Forbidden", "The server may not read this file.");
    case 404:
      return SLUICE_ERROR_PAGE("404 Not Found", "There is nothing at this address.");
    case 405:
      return SLUICE_ERROR_PAGE("405 Method Not Allowed", "Files here can only be fetched.");
    case 408:
      return SLUICE_ERROR_PAGE("408 Request Timeout", "The request did not arrive in time.");
    case 413:
      return SLUICE_ERROR_PAGE("413 Content Too Large",
                               "The request carries more than is accepted.");
    case 414:
      return SLUICE_ERROR_PAGE("414 URI Too Long", "The address is longer than is accepted.");
    case 416:
      return SLUICE_ERROR_PAGE("416 Range Not Satisfiable",
                               "The file does not have the part that was asked for.");
    case 417:
      return SLUICE_ERROR_PAGE("417 Expectation Failed",
                               "The server cannot do what the request expects of it.");
    case 421:
      return SLUICE_ERROR_PAGE("421 Misdirected Request",
                               "This server does not answer for that host.");
    case 431:
      return SLUICE_ERROR_PAGE("431 Request Header Fields Too Large",
                               "The header fields of the request are more than is accepted.");
    case 500:
      return SLUICE_ERROR_PAGE("500 Internal Server Error", "Something went wrong on the server.");
    case 501:
      return SLUICE_ERROR_PAGE("501 Not Implemented", "The server does not know how to do that.");
    case 503:
      return SLUICE_ERROR_PAGE("503 Service Unavailable",
                               "The server has too much to do. Please try again in a moment.");
    case 505:
      return SLUICE_ERROR_PAGE("505 HTTP Version Not Supported",
                               "This server speaks HTTP/1.1 and HTTP/1.0.");
    default:
      return SLUICE_ERROR_PAGE("Error", "The request could not be answered.");
  }
}

#undef SLUICE_ERROR_PAGE

}  // namespace sluice::http
