#include "sim/trace.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace sluice::sim {

bool tracing() noexcept {
  static const bool wanted = std::getenv("SLUICE_SIM_TRACE") != nullptr;
  return wanted;
}

void trace(uint64_t now_ms, const char* format, ...) {
  if (!tracing()) return;
  std::fprintf(stderr, "%10.3f  ", static_cast<double>(now_ms) / 1000);
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
}

}  // namespace sluice::sim
