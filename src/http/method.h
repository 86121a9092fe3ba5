// Request methods (RFC 9110 §9), as far as a server tells them apart.
#pragma once

#include <cstdint>

namespace sluice::http {

enum class Method : uint8_t {
  kGet,
  kHead,
  kOptions,
  kPut,
  kPost,
  kPatch,
  kDelete,
  kOther,  // any other registered method; RequestHead::method_name() tells which
};

}  // namespace sluice::http
