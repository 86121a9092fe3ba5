// Changes of a response's header fields, ready to be made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sluice/options.h>

namespace sluice::rules {

// First all fields called one of `erased` go, also those that earlier edits have appended; then
// `lines` come behind what is left.
struct HeaderEdit {
  std::vector<std::string> erased;  // names, compared without case
  std::string lines;                // "Name: value\r\n", any number of them
  bool always = false;              // also on 4xx and 5xx
  bool hashed_names_only = false;   // only for paths that is_hashed_name() accepts
};

// Of one rule. The head of a response has room for several such rules, and not for any number.
inline constexpr size_t kMaxLinesBytes = 4096;

struct CompiledHeaderRule {
  std::vector<HeaderEdit> edits;  // in this order: of the preset, of the rule's own
  bool cors = false;              // preflight requests are answered: kPreflightLines
};

// What a 204 to a preflight request (OPTIONS with Access-Control-Request-Method) says beside the
// edits of its rule, one of which says Access-Control-Allow-Origin.
inline constexpr std::string_view kPreflightLines =
    "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
    "Access-Control-Allow-Headers: *, Authorization\r\n"
    "Access-Control-Max-Age: 86400\r\n";

// Adds to `problems` what is wrong with the fields of `rule`, whose name is `option`
// ("sites[0].headers[1]"): names that are no tokens (RFC 9110 §5.6.2), values with control bytes,
// fields that are the server's own to say, a name that is set twice, too much of it all. Does not
// look at `path`.
CompiledHeaderRule compile_header_rule(const HeaderRule& rule, const std::string& option,
                                       std::vector<OptionProblem>& problems);

}  // namespace sluice::rules
