// Answers requests with the files of a directory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "files/open_file_table.h"
#include "http/request_head.h"
#include "http/target_path.h"
#include "runtime/task.h"
#include "server/response.h"

namespace sluice {

// GET and HEAD of regular files, of directories by their index file, with single ranges (RFC 9110
// §14). Not thread-safe: one a shard. Everything it is given outlives it.
class StaticHandler {
 public:
  StaticHandler(OpenFileTable& files, const std::vector<std::string>& index_names) noexcept
      : files_(files), index_names_(index_names) {}

  // Decides on the response; `request` must stay valid until this is done, and no longer.
  Task<void> respond(const http::RequestHead& request, Response& response) noexcept;

 private:
  Task<void> respond_with_index(const http::RequestHead& request, const http::TargetPath& target,
                                Response& response) noexcept;
  Task<Result<FileReference>> find_or_open(std::string_view path) noexcept;

  OpenFileTable& files_;
  const std::vector<std::string>& index_names_;
};

}  // namespace sluice
