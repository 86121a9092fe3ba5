// The fields of resumable uploads (draft-ietf-httpbis-resumable-upload-12).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/request_head.h"

namespace sluice::http {

// 104 is only for clients that send an interoperability version that is known here, and says the
// same (draft, appendix "Draft Version Identification"). That draft has the last of these; the
// others, back to the one that clients of operating systems speak, differ in nothing that a server
// sends or takes here.
inline constexpr int64_t kFirstUploadInteropVersion = 6;
inline constexpr int64_t kLastUploadInteropVersion = 8;
inline constexpr std::string_view kUploadInteropField = "Upload-Draft-Interop-Version";

inline constexpr std::string_view kPartialUploadType = "application/partial-upload";

// What a request says about an upload. A field that is malformed, negative or there twice is as if
// it were not there (draft §4.1), and `malformed` tells.
struct UploadFields {
  std::optional<bool> complete;            // Upload-Complete
  std::optional<uint64_t> offset;          // Upload-Offset
  std::optional<uint64_t> length;          // Upload-Length
  std::optional<int64_t> interop_version;  // absent, too, where it is not one of those above
  bool malformed = false;
};

// One pass over the head.
UploadFields read_upload_fields(const RequestHead& head) noexcept;

// True exactly when the request has the media type of a part of an upload, with whatever
// parameters (RFC 9110 §8.3.1).
bool has_partial_upload_type(const RequestHead& head) noexcept;

// What the length of the whole is, by all that a request says (draft §4.1.3): Upload-Length; the
// offset and the Content-Length of a request that completes it; what was known before. Absent: not
// known yet. `inconsistent`: they do not agree.
struct UploadLength {
  std::optional<uint64_t> length;
  bool inconsistent = false;
};
UploadLength upload_length(const UploadFields& fields, std::optional<uint64_t> content_length,
                           uint64_t offset, std::optional<uint64_t> known) noexcept;

}  // namespace sluice::http
