// read_expectation(). Input: field lines.
#include <algorithm>
#include <string>

#include "base/assert.h"
#include "fuzz/fuzz_head.h"
#include "fuzz/fuzz_input.h"
#include "http/characters.h"
#include "http/expectation.h"

namespace sluice::fuzz {
namespace {

using http::Expectation;
using http::FieldName;

// The elements of lists without quoted strings, which have another grammar.
Expectation slow_expectation(const http::RequestFields& fields, bool& quoted) {
  auto expectation = Expectation::kNone;
  fields.for_each(FieldName::kExpect, [&](std::string_view value) {
    quoted = quoted || value.find('"') != std::string_view::npos;
    while (!value.empty()) {
      const std::string_view part = value.substr(0, value.find(','));
      value.remove_prefix(std::min(value.size(), part.size() + 1));
      const std::string_view element = http::trim_blanks(part);
      if (element.empty()) continue;
      if (!http::equal_ignoring_case(element, "100-continue")) expectation = Expectation::kUnknown;
      if (expectation == Expectation::kNone) expectation = Expectation::kContinue;
    }
  });
  return expectation;
}

}  // namespace
}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const fuzz::FuzzInput input(data, size);
  const fuzz::FuzzHead source(input.rest());
  if (!source.complete()) return 0;
  const http::RequestFields fields(source.head());
  SLUICE_CHECK(http::read_expectation(fields, 0) == http::Expectation::kNone);
  bool quoted = false;
  const http::Expectation slow = fuzz::slow_expectation(fields, quoted);
  const http::Expectation read = http::read_expectation(fields, 1);
  // Who quotes something expects something else than 100-continue.
  SLUICE_CHECK(read == (quoted ? http::Expectation::kUnknown : slow));
  return 0;
}
