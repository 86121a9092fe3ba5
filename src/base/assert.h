// Assertions are for programmer errors only; what the outside world does is an Error.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace sluice {

[[noreturn]] inline void assertion_failed(const char* condition, const char* file,
                                          int line) noexcept {
  std::fprintf(stderr, "sluice: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace sluice

// Checked in every build: what follows from its failure is worse than stopping.
#define SLUICE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::sluice::assertion_failed(#condition, __FILE__, __LINE__))

// Checked in debug and sanitizer builds.
#ifdef NDEBUG
#define SLUICE_ASSERT(condition) static_cast<void>(0)
#else
#define SLUICE_ASSERT(condition) SLUICE_CHECK(condition)
#endif
