// A request while it is answered.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "http/request_fields.h"
#include "http/request_head.h"
#include "http/target_path.h"
#include "server/client_channel.h"

namespace sluice {

// Refers to the bytes of the head, which stay as they are until the handler is done.
struct SiteRequest {
  SiteRequest(const http::RequestHead& request_head, ClientChannel& request_content) noexcept
      : head(request_head), fields(request_head), content(&request_content) {}

  http::Method method() const noexcept { return head.method(); }

  // The name that the client knows the server by (RFC 9110 §7.2): the target's own comes before the
  // Host field (RFC 9112 §3.2.2). REQUIRES: `asked_for` is filled.
  std::string_view host() const noexcept {
    if (!asked_for.authority().empty()) return asked_for.authority();
    return fields.value(http::FieldName::kHost).value_or(std::string_view());
  }

  const http::RequestHead& head;
  const http::RequestFields fields;
  ClientChannel* const content;  // never null: empty where the request has none
  http::TargetPath asked_for;
  http::TargetPath rewritten;                   // filled exactly when `target` points to it
  const http::TargetPath* target = &asked_for;  // the path that is answered
  std::optional<size_t> granted_rule;           // of Site::auth: whose password has been given
};

}  // namespace sluice
