#include "server/response.h"

#include "http/error_page.h"

namespace sluice {

void Response::fail(int status, std::string_view fields) noexcept {
  const std::string_view page = http::error_page(status);
  begin(status)
      .raw(fields)
      .field("Content-Type", "text/html; charset=utf-8")
      .field("Content-Length", page.size());
  body_ = MemoryBody{page};
}

}  // namespace sluice
