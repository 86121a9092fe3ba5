// What is to be sent, apart from how: handlers make one of these, routes move it.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

namespace sluice {

// Bytes that stay where they are until they are sent.
struct MemoryBody {
  std::string_view bytes;
};

// Part of an open file, which stays open until it is sent.
struct FileRange {
  int fd;
  uint64_t offset_bytes;
  uint64_t length_bytes;
};

// std::monostate: no body at all.
using BodySource = std::variant<std::monostate, MemoryBody, FileRange>;

}  // namespace sluice
