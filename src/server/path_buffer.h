// Paths that are put together while a request is answered.
#pragma once

#include <cstring>
#include <initializer_list>
#include <string_view>

#include "http/target_path.h"

namespace sluice {

// Room for a path and the NUL behind it. About 4 KiB: belongs into a frame that does not live long.
class PathBuffer {
 public:
  // The pieces one after the other, with a NUL behind; empty when they do not fit. Valid until the
  // next call.
  std::string_view join(std::initializer_list<std::string_view> pieces) noexcept {
    size_t length = 0;
    for (const std::string_view piece : pieces) {
      if (piece.size() >= sizeof text_ - length) return {};
      std::memcpy(text_ + length, piece.data(), piece.size());
      length += piece.size();
    }
    text_[length] = '\0';
    return {text_, length};
  }

 private:
  char text_[http::kPathCapacity];
};

}  // namespace sluice
