// What the system says where it cannot move bytes between two ends by reference.
#pragma once

#include <sys/types.h>

#include <cerrno>

namespace sluice {

// Of splice(2), sendfile(2) and copy_file_range(2), as a negative errno. Other errors are about the
// transfer, these about the route.
constexpr bool is_not_spliceable(ssize_t result) noexcept {
  return result == -EINVAL || result == -EOPNOTSUPP || result == -ENOSYS || result == -EXDEV;
}

// -EAGAIN of splice(2) so many times in a row, from ends that poll(2) calls ready: urgent data of
// TCP lies in the way, which splice(2) does not step over and recv(2) does.
inline constexpr unsigned kFruitlessCount = 8;

}  // namespace sluice
