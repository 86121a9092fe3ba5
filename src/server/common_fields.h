// The fields that every response has, made once a second.
#pragma once

#include <ctime>
#include <string_view>

#include "http/date.h"

namespace sluice {

// Not thread-safe: one a shard.
class CommonFields {
 public:
  // "Server: sluice\r\nDate: …\r\n" (RFC 9110 §6.6.1, §10.2.4), right until the next call.
  std::string_view now() noexcept {
    timespec time;
    clock_gettime(CLOCK_REALTIME_COARSE, &time);
    if (time.tv_sec != seconds_) {
      seconds_ = time.tv_sec;
      http::write_date(seconds_, text_ + kBeforeDate.size());
    }
    return {text_, kTextLength};
  }

  CommonFields() noexcept {
    kBeforeDate.copy(text_, kBeforeDate.size());
    kAfterDate.copy(text_ + kBeforeDate.size() + http::kDateLength, kAfterDate.size());
  }

 private:
  static constexpr std::string_view kBeforeDate = "Server: sluice\r\nDate: ";
  static constexpr std::string_view kAfterDate = "\r\n";
  static constexpr size_t kTextLength = kBeforeDate.size() + http::kDateLength + kAfterDate.size();

  time_t seconds_ = -1;
  char text_[kTextLength];
};

}  // namespace sluice
