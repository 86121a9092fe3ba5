#include <algorithm>

#include <sluice/request.h>

#include "server/site_request.h"
#include "transfer/content_reader.h"

namespace sluice {

std::string_view Request::method() const noexcept { return request_.head.method_name(); }

std::string_view Request::path() const noexcept { return request_.target->absolute(); }

std::string_view Request::query() const noexcept {
  const std::string_view query = request_.target->query();
  return query.substr(query.empty() ? 0 : 1);
}

std::string_view Request::host() const noexcept { return request_.host(); }

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
  return request_.head.find(name);
}

std::optional<uint64_t> RequestContent::length() const noexcept { return reader_.length(); }

Task<Result<std::string_view>> RequestContent::read() { return reader_.read(); }

Task<Result<std::string>> RequestContent::read_all(uint64_t limit_bytes) {
  constexpr Error kTooLong{ErrorCode::kExhausted, 0, "content of a request"};
  // What is told may never come.
  constexpr uint64_t kMostReserved = 1024 * 1024;
  std::string all;
  if (const auto told = length()) {
    if (*told > limit_bytes) co_return std::unexpected(kTooLong);
    all.reserve(std::min(*told, kMostReserved));
  }
  while (true) {
    Task<Result<std::string_view>> reading = read();
    const Result<std::string_view> piece = co_await reading;
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return all;
    if (piece->size() > limit_bytes - all.size()) co_return std::unexpected(kTooLong);
    all += *piece;
  }
}

}  // namespace sluice
