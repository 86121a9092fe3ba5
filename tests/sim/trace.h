// Tells on standard error what happens in a run, if SLUICE_SIM_TRACE is set: for one seed at a
// time.
#pragma once

#include <cstdint>

namespace sluice::sim {

bool tracing() noexcept;

// As printf(3), with a moment of the simulation in front.
[[gnu::format(printf, 2, 3)]] void trace(uint64_t now_ms, const char* format, ...);

}  // namespace sluice::sim
