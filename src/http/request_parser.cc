#include "http/request_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.h"
#include "http/characters.h"

namespace sluice::http {

namespace {

// What a chunk needs besides its data: the CRLF after the chunk before it, 16 digits, a CRLF.
constexpr uint64_t kFreeFramingBytes = 2 + 16 + 2;

llhttp_t* as_llhttp(std::byte* state) noexcept {
  return std::launder(reinterpret_cast<llhttp_t*>(state));
}

}  // namespace

static_assert(sizeof(llhttp_t) == 96 && alignof(llhttp_t) <= 8,
              "RequestParser::kParserStateBytes must be the size of llhttp_t");

// llhttp's callbacks, which forward to the parser. One set of settings reads heads and one reads
// bodies, so that trailers are never taken for fields.
struct RequestParser::Callbacks {
  static RequestParser& parser(llhttp_t* state) noexcept {
    return *static_cast<RequestParser*>(state->data);
  }

  static int method_complete(llhttp_t* state) {
    RequestParser& self = parser(state);
    switch (state->method) {
      case HTTP_GET:
        self.layout_.method_kind = Method::kGet;
        return 0;
      case HTTP_HEAD:
        self.layout_.method_kind = Method::kHead;
        return 0;
      case HTTP_OPTIONS:
        self.layout_.method_kind = Method::kOptions;
        return 0;
      case HTTP_PUT:
        self.layout_.method_kind = Method::kPut;
        return 0;
      case HTTP_POST:
        self.layout_.method_kind = Method::kPost;
        return 0;
      case HTTP_PATCH:
        self.layout_.method_kind = Method::kPatch;
        return 0;
      case HTTP_DELETE:
        self.layout_.method_kind = Method::kDelete;
        return 0;
      default:
        self.layout_.method_kind = Method::kOther;
        break;
    }
    // From PRI on: HTTP/2's preface and the methods of RTSP, which are none of HTTP/1.1.
    self.method_unknown_ = state->method >= HTTP_PRI && state->method != HTTP_QUERY;
    return self.method_unknown_ ? -1 : 0;
  }

  static int field_name(llhttp_t* state, const char* at, size_t length) {
    parser(state).on_field_name(at, length);
    return 0;
  }

  static int field_name_complete(llhttp_t* state) {
    return parser(state).on_field_name_complete() ? 0 : -1;
  }

  static int field_value(llhttp_t* state, const char* at, size_t length) {
    parser(state).on_field_value(at, length);
    return 0;
  }

  static int field_value_complete(llhttp_t* state) {
    parser(state).on_field_value_complete();
    return 0;
  }

  static int head_complete(llhttp_t* state) {
    // Neither Upgrade nor CONNECT is taken up, so what follows is a body by the ordinary rules and
    // llhttp must not hand the rest of the connection to another protocol.
    state->upgrade = 0;
    state->flags = static_cast<uint16_t>(state->flags & ~(F_UPGRADE | F_CONNECTION_UPGRADE));
    return HPE_PAUSED;
  }

  // Pauses because only a pause tells how far llhttp has come.
  static int chunk_header(llhttp_t*) { return HPE_PAUSED; }

  static int body_data(llhttp_t* state, const char* at, size_t length) {
    parser(state).data_ = {at, length};
    return 0;
  }

  static int message_complete(llhttp_t* state) {
    parser(state).phase_ = Phase::kComplete;
    return HPE_PAUSED;
  }

  static constexpr llhttp_settings_t head_settings() {
    llhttp_settings_t settings{};
    settings.on_method_complete = method_complete;
    settings.on_header_field = field_name;
    settings.on_header_field_complete = field_name_complete;
    settings.on_header_value = field_value;
    settings.on_header_value_complete = field_value_complete;
    settings.on_headers_complete = head_complete;
    return settings;
  }

  static constexpr llhttp_settings_t body_settings() {
    llhttp_settings_t settings{};
    settings.on_chunk_header = chunk_header;
    settings.on_body = body_data;
    settings.on_message_complete = message_complete;
    return settings;
  }

  static const llhttp_settings_t kHead;
  static const llhttp_settings_t kBody;
};

constinit const llhttp_settings_t RequestParser::Callbacks::kHead = head_settings();
constinit const llhttp_settings_t RequestParser::Callbacks::kBody = body_settings();

RequestParser::RequestParser(const HeadLimits& limits) noexcept
    : limits_{.head_bytes = std::min(limits.head_bytes, kMaxHeadBytes),
              .target_bytes = limits.target_bytes,
              .field_count = std::min(limits.field_count, kMaxFieldCount)} {
  auto* const state = new (llhttp_) llhttp_t;
  llhttp_init(state, HTTP_REQUEST, &Callbacks::kHead);
  llhttp_set_lenient_version(state, 1);
  layout_.field_count = 0;
}

RequestParser::Step RequestParser::parse_head(std::string_view bytes) noexcept {
  if (phase_ == Phase::kFailed) {
    return {State::kInvalid, 0};
  }
  SLUICE_ASSERT(phase_ == Phase::kHead);
  const std::string_view piece = bytes.substr(0, limits_.head_bytes - consumed_);
  const Outcome outcome = line_.complete() ? execute(piece, 0) : parse_line(piece);
  switch (outcome) {
    case Outcome::kPaused:
      return complete_head();
    case Outcome::kInvalid:
      return fail(400);
    case Outcome::kContinue:
      break;
  }
  consumed_ += piece.size();
  return consumed_ == limits_.head_bytes ? fail(431) : Step{State::kNeedMore, piece.size()};
}

RequestParser::Outcome RequestParser::parse_line(std::string_view piece) noexcept {
  const RequestLine::Step step = line_.scan(piece, limits_.target_bytes);
  if (line_.started() && !method_unknown_) {
    // llhttp sees what the scan let pass, before the scan's own verdict is given: the earlier of
    // two errors decides, in whatever pieces the bytes come. It does not see the empty lines in
    // front.
    const size_t begin = std::max(consumed_, line_.begin()) - consumed_;
    const bool fields_follow = line_.complete() && line_.major_version() == 1;
    const size_t end = fields_follow ? piece.size() : step.accepted;
    const Outcome outcome = execute(piece.substr(begin, end - begin), begin);
    // A method that llhttp does not know may still begin a request, or something else altogether:
    // that shows at the end of the line.
    if (outcome != Outcome::kContinue && !method_unknown_) {
      return outcome;
    }
  }
  if (step.error_status != 0) {
    error_status_ = step.error_status;
  } else if (line_.complete() && line_.major_version() != 1) {
    error_status_ = 505;
  } else if (line_.complete() && method_unknown_) {
    error_status_ = 501;
  }
  return error_status_ == 0 ? Outcome::kContinue : Outcome::kInvalid;
}

RequestParser::Outcome RequestParser::execute(std::string_view bytes, size_t skipped) noexcept {
  llhttp_t* const state = as_llhttp(llhttp_);
  state->data = this;
  piece_ = bytes.data();
  piece_offset_ = consumed_ + skipped;
  const llhttp_errno_t result = llhttp_execute(state, bytes.data(), bytes.size());
  switch (result) {
    case HPE_OK:
      return Outcome::kContinue;
    case HPE_PAUSED:
      piece_used_ = skipped + static_cast<size_t>(llhttp_get_error_pos(state) - bytes.data());
      return Outcome::kPaused;
    case HPE_INVALID_METHOD:
      method_unknown_ = true;
      [[fallthrough]];
    default:
      return Outcome::kInvalid;
  }
}

RequestParser::Step RequestParser::complete_head() noexcept {
  consumed_ += piece_used_;
  layout_.method = line_.method();
  layout_.target = line_.target();
  layout_.minor_version = static_cast<uint8_t>(std::min(line_.minor_version(), 1));
  layout_.keep_alive = connection_.keep_alive(layout_.minor_version);
  llhttp_t* const state = as_llhttp(llhttp_);
  chunked_ = (state->flags & F_CHUNKED) != 0;
  layout_.has_body = chunked_ || state->content_length > 0;
  content_length_ = chunked_ ? 0 : state->content_length;
  if (const int status = head_error(); status != 0) {
    return fail(status);
  }
  phase_ = Phase::kBody;
  state->settings = const_cast<llhttp_settings_t*>(&Callbacks::kBody);
  llhttp_resume(state);
  return {State::kHeadComplete, piece_used_};
}

int RequestParser::head_error() const noexcept {
  const bool host_missing = host_count_ == 0;
  if (host_missing ? layout_.minor_version >= 1 : host_count_ > 1 || !host_.valid()) {
    return 400;
  }
  if (const int status = transfer_codings_.error_status(layout_.minor_version); status != 0) {
    return status;
  }
  // Two readings of one field that differ are how requests are smuggled.
  return transfer_codings_.present() == chunked_ ? 0 : 400;
}

RequestParser::Step RequestParser::parse_body(std::string_view bytes,
                                              std::string_view& data) noexcept {
  data = {};
  if (phase_ == Phase::kFailed) {
    return {State::kInvalid, 0};
  }
  SLUICE_ASSERT(phase_ == Phase::kBody);
  if (!layout_.has_body) {
    phase_ = Phase::kComplete;
    return {State::kMessageComplete, 0};
  }
  size_t consumed = 0;
  while (consumed < bytes.size() && data.empty()) {
    // llhttp stops at the head of every chunk, so this comes upon the data of one at most.
    data_ = {};
    const Outcome outcome = execute(bytes.substr(consumed), 0);
    data = data_;
    if (outcome == Outcome::kInvalid) {
      return fail(400);
    }
    const size_t used = outcome == Outcome::kPaused ? piece_used_ : bytes.size() - consumed;
    consumed += used;
    body_consumed_ += used;
    if (chunked_ && framing_too_large()) {
      return fail(400);
    }
    if (phase_ == Phase::kComplete) {
      return {State::kMessageComplete, consumed};
    }
    if (outcome == Outcome::kPaused) {
      llhttp_resume(as_llhttp(llhttp_));
      if (!begin_chunk()) {
        return fail(400);
      }
    }
  }
  return {State::kNeedMore, consumed};
}

uint64_t RequestParser::framing_excess() const noexcept {
  const uint64_t line = body_consumed_ > framing_begin_ ? body_consumed_ - framing_begin_ : 0;
  return framing_excess_ + (line > kFreeFramingBytes ? line - kFreeFramingBytes : 0);
}

bool RequestParser::framing_too_large() const noexcept {
  return framing_excess() > limits_.head_bytes;
}

bool RequestParser::begin_chunk() noexcept {
  framing_excess_ = framing_excess();
  return !__builtin_add_overflow(body_consumed_, as_llhttp(llhttp_)->content_length,
                                 &framing_begin_);
}

RequestParser::Step RequestParser::fail(int status) noexcept {
  phase_ = Phase::kFailed;
  if (error_status_ == 0) {
    error_status_ = status;
  }
  return {State::kInvalid, 0};
}

void RequestParser::on_field_name(const char* at, size_t length) noexcept {
  if (name_length_ == 0) {
    field_name_.begin = offset_of(at);
  }
  if (name_length_ + length <= sizeof name_) {
    std::memcpy(name_ + name_length_, at, length);
  }
  name_length_ += length;
}

bool RequestParser::on_field_name_complete() noexcept {
  if (layout_.field_count == limits_.field_count) {
    error_status_ = 431;
    return false;
  }
  FieldSpan& field = layout_.fields[layout_.field_count];
  field.name = {field_name_.begin, static_cast<uint16_t>(name_length_)};
  field.value = {field_name_.begin, 0};
  const size_t length = std::exchange(name_length_, 0);
  field_kind_ = FieldKind::kOrdinary;
  if (length > sizeof name_) {
    return true;
  }
  const std::string_view name(name_, length);
  if (equal_ignoring_case(name, "host")) {
    field_kind_ = FieldKind::kHost;
    ++host_count_;
  } else if (equal_ignoring_case(name, "connection")) {
    field_kind_ = FieldKind::kConnection;
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    field_kind_ = FieldKind::kTransferEncoding;
  }
  return true;
}

void RequestParser::on_field_value(const char* at, size_t length) noexcept {
  HeadSpan& value = layout_.fields[layout_.field_count].value;
  if (value.length == 0) {
    value.begin = offset_of(at);
  }
  value.length = static_cast<uint16_t>(value.length + length);
  const std::string_view part(at, length);
  switch (field_kind_) {
    case FieldKind::kOrdinary:
      break;
    case FieldKind::kHost:
      host_.feed(part);
      break;
    case FieldKind::kConnection:
      connection_.feed(part);
      break;
    case FieldKind::kTransferEncoding:
      transfer_codings_.feed(part);
      break;
  }
}

void RequestParser::on_field_value_complete() noexcept {
  if (field_kind_ == FieldKind::kConnection) {
    connection_.end_value();
  } else if (field_kind_ == FieldKind::kTransferEncoding) {
    transfer_codings_.end_value();
  }
  ++layout_.field_count;
}

uint16_t RequestParser::offset_of(const char* at) const noexcept {
  return static_cast<uint16_t>(piece_offset_ + static_cast<size_t>(at - piece_));
}

}  // namespace sluice::http
