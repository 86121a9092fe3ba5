// What a client does with a content coding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/accept_encoding.h"

namespace sluice::testing_support {

// Nothing for what is not one complete stream of that coding, or (zstd) wants a window that
// RFC 9659 does not allow.
std::optional<std::string> decompress(std::string_view bytes, http::Coding coding);

}  // namespace sluice::testing_support
