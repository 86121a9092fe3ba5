#include "server/limited_content.h"

#include <cerrno>
#include <utility>

namespace sluice {

// Whether what is left is known, and allowed: then nobody has to count.
bool LimitedContent::fits() const noexcept {
  return content_.length() && content_.left_bytes() <= left_bytes_;
}

std::optional<uint64_t> LimitedContent::length() const noexcept {
  if (!fits()) return std::nullopt;
  return content_.length();
}

Task<Result<std::string_view>> LimitedContent::read() noexcept {
  if (exceeded_) co_return cut({});
  Task<Result<std::string_view>> reading = content_.read();
  co_return cut(co_await reading);
}

Result<std::string_view> LimitedContent::read_arrived() noexcept {
  if (exceeded_) return cut({});
  return cut(content_.read_arrived());
}

// Hands out what is allowed of a piece; the next one is an error.
Result<std::string_view> LimitedContent::cut(Result<std::string_view> piece) noexcept {
  if (!piece) return piece;
  exceeded_ = exceeded_ || piece->size() > left_bytes_;
  const std::string_view allowed = piece->substr(0, left_bytes_);
  left_bytes_ -= allowed.size();
  cut_bytes_ = piece->size() - allowed.size();
  if (exceeded_ && allowed.empty()) {
    return std::unexpected(Error{ErrorCode::kExhausted, EFBIG, "content"});
  }
  return allowed;
}

void LimitedContent::give_back(uint64_t bytes) noexcept {
  if (bytes == 0) return;
  left_bytes_ += bytes;
  content_.give_back(bytes + std::exchange(cut_bytes_, 0));
  exceeded_ = false;
}

Task<Result<Readiness*>> LimitedContent::socket() noexcept {
  if (!fits()) co_return nullptr;
  Task<Result<Readiness*>> taking = content_.socket();
  co_return co_await taking;
}

void LimitedContent::took(uint64_t bytes) noexcept {
  left_bytes_ -= bytes;
  content_.took(bytes);
}

}  // namespace sluice
