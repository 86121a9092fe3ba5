// What is to be sent, apart from how: handlers make one of these, routes move it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace sluice {

struct FileMemory;

// Bytes that stay where they are until they are sent.
struct MemoryBody {
  std::string_view bytes;
};

// Part of an open file, which stays open until it is sent.
struct FileRange {
  int fd;
  uint64_t offset_bytes;
  uint64_t length_bytes;
  // Of the whole file (io/file_memory.h), where its owner keeps one: sending it again is cheaper.
  FileMemory* memory = nullptr;
};

// Parts of a file, each with bytes in front of it, and bytes behind the last
// (multipart/byteranges).
struct FileParts {
  struct Part {
    std::string_view before;
    FileRange range;
  };

  std::span<const Part> parts;  // one at least, none of which is empty
  std::string_view after;
};

// std::monostate: no body at all.
using BodySource = std::variant<std::monostate, MemoryBody, FileRange, FileParts>;

}  // namespace sluice
