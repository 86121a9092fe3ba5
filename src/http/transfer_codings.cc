#include "http/transfer_codings.h"

#include "http/characters.h"

namespace sluice::http {

namespace {

// The name of a coding, without its parameters (RFC 9110 §10.1.4): "gzip" of "gzip;level=9".
std::string_view coding_name(std::string_view coding) noexcept {
  size_t length = 0;
  while (length < coding.size() && is_token_char(coding[length])) {
    ++length;
  }
  const std::string_view rest = trim_blanks(coding.substr(length));
  const bool well_formed = length > 0 && (rest.empty() || rest.front() == ';');
  return well_formed ? coding.substr(0, length) : std::string_view();
}

}  // namespace

void TransferCodings::feed(std::string_view part) noexcept {
  scanner_.feed(part, [this](std::string_view coding) { add(coding); });
}

void TransferCodings::end_value() noexcept {
  present_ = true;
  scanner_.finish([this](std::string_view coding) { add(coding); });
}

void TransferCodings::add(std::string_view coding) noexcept {
  const std::string_view name = coding_name(coding);
  chunked_not_last_ = chunked_not_last_ || chunked_;
  if (name.empty()) {
    malformed_ = true;
  } else if (name != "chunked") {
    other_ = true;
  } else if (name.size() != coding.size()) {
    malformed_ = true;  // chunked defines no parameters (RFC 9112 §7.1)
  } else {
    chunked_ = true;
  }
}

int TransferCodings::error_status(int minor_version) const noexcept {
  if (!present_) {
    return 0;
  }
  if (minor_version == 0 || malformed_ || chunked_not_last_) {
    return 400;
  }
  return other_ ? 501 : 0;
}

}  // namespace sluice::http
