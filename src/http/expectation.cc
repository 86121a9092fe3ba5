#include "http/expectation.h"

#include "http/characters.h"
#include "http/list_elements.h"

namespace sluice::http {

Expectation read_expectation(const RequestFields& fields, int minor_version) noexcept {
  if (minor_version == 0) {
    return Expectation::kNone;
  }
  auto expectation = Expectation::kNone;
  const auto on_element = [&expectation](std::string_view element) {
    if (!equal_ignoring_case(element, "100-continue")) {
      expectation = Expectation::kUnknown;
    } else if (expectation == Expectation::kNone) {
      expectation = Expectation::kContinue;
    }
  };
  fields.for_each(FieldName::kExpect,
                  [&on_element](std::string_view value) { for_each_element(value, on_element); });
  return expectation;
}

}  // namespace sluice::http
