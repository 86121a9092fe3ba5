// Requests, each with the only response that is right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sluice/options.h>

#include "sim/site.h"
#include "support/random.h"
#include "support/response_reader.h"

namespace sluice::sim {

using testing_support::Random;
using testing_support::ReceivedResponse;

enum class Afterwards : uint8_t {
  kPersists,  // the next request is answered
  kEnds,      // the response says "close", and the connection ends
  kMayEnd,    // either, without a word
};

struct Expectation {
  int status = 200;
  bool head_only = false;
  std::string body;  // what a GET would yield
  std::vector<std::pair<std::string, std::string>> fields;
  Afterwards afterwards = Afterwards::kPersists;
  bool of_shrinking_file = false;
  bool of_swapped_file = false;

  static Expectation error(int status, Afterwards afterwards = Afterwards::kPersists);
};

struct RequestPlan {
  std::string bytes;      // head and content
  size_t head_bytes = 0;  // of them
  Expectation expectation;
};

// What the circumstances allow besides.
struct Allowance {
  // The shrinking file was cut to this many bytes, or is going to be.
  std::optional<uint64_t> cut_to;
  // The swapped file may be the old one or the new one.
  bool swapped = false;
  // Descriptors ran out.
  bool refused_opens = false;
  // The server winds down: any response may be the last.
  bool draining = false;
};

// What is wrong with a complete response; empty if it is right.
std::string compare(const ReceivedResponse& response, const Expectation& expectation,
                    const Allowance& allowance);

// The same for one of which a part has arrived: what is there must be right.
std::string compare_beginning(const ReceivedResponse& response, const Expectation& expectation,
                              const Allowance& allowance);

// A request of any kind. `limits` are the server's.
RequestPlan draw_request(Random& random, const Limits& limits, bool with_changing_files);

// GET of a file, and nothing special about it.
RequestPlan plain_get(const SiteFile& file);

}  // namespace sluice::sim
