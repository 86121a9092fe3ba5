// Why the kernel refuses io_uring, told so that an operator can do something about it.
#pragma once

#include <string>

#include <sluice/error.h>

#include "ring/system_facts.h"

namespace sluice {

// One paragraph, without line breaks: what refused, how to tell, what to change. `error.operation`
// is what failed: "io_uring_setup", or something later, which means that a ring was created but may
// not be used.
std::string explain_refusal(const Error& error, const SystemFacts& facts);

// The same with the facts of this process.
std::string explain_refusal(const Error& error);

}  // namespace sluice
