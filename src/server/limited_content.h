// Content that may not be longer than what somebody allows.
#pragma once

#include <cstdint>

#include "transfer/content_reader.h"

namespace sluice {

// The content of another reader, up to `limit_bytes`; beyond that reading it is kExhausted.
class LimitedContent final : public ContentReader {
 public:
  // `content` outlives this.
  LimitedContent(ContentReader& content, uint64_t limit_bytes) noexcept
      : content_(content), left_bytes_(limit_bytes) {}

  // True once there was more than the limit.
  bool exceeded() const noexcept { return exceeded_; }

  std::optional<uint64_t> length() const noexcept override;
  bool complete() const noexcept override { return content_.complete(); }
  Task<Result<std::string_view>> read() noexcept override;
  Result<std::string_view> read_arrived() noexcept override;
  void give_back(uint64_t bytes) noexcept override;
  Task<Result<Readiness*>> socket() noexcept override;
  uint64_t left_bytes() const noexcept override { return content_.left_bytes(); }
  void took(uint64_t bytes) noexcept override;

 private:
  Result<std::string_view> cut(Result<std::string_view> piece) noexcept;
  bool fits() const noexcept;

  ContentReader& content_;
  uint64_t left_bytes_;     // that are allowed
  uint64_t cut_bytes_ = 0;  // off the end of the last piece
  bool exceeded_ = false;
};

}  // namespace sluice
