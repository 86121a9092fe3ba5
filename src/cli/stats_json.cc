#include "cli/stats_json.h"

#include <fmt/core.h>

#include <cstdint>
#include <string_view>

namespace sluice::cli {

namespace {

class JsonObject {
 public:
  void add(std::string_view name, uint64_t number) { add_text(name, std::to_string(number)); }
  void add(std::string_view name, JsonObject object) { add_text(name, std::move(object).take()); }
  std::string take() && { return std::move(text_) + '}'; }

 private:
  void add_text(std::string_view name, std::string_view value) {
    text_ += fmt::format("{}\"{}\":{}", text_.size() == 1 ? "" : ",", name, value);
  }

  std::string text_ = "{";
};

JsonObject object_of(const std::array<RouteStats, kRouteCount>& routes) {
  JsonObject object;
  for (size_t i = 0; i < routes.size(); ++i) {
    // By name, so that what is added to the struct is not forgotten here; so below.
    const auto& [transfers, bytes] = routes[i];
    JsonObject route;
    route.add("transfers", transfers);
    route.add("bytes", bytes);
    object.add(name_of(static_cast<Route>(i)), std::move(route));
  }
  return object;
}

JsonObject object_of(const TransferStats& stats) {
  const auto& [routes, fallbacks, copied_body_bytes, zero_copy_copied, pipes_in_use] = stats;
  JsonObject reasons;
  for (size_t i = 0; i < fallbacks.size(); ++i) {
    reasons.add(name_of(static_cast<Fallback>(i)), fallbacks[i]);
  }
  JsonObject object;
  object.add("routes", object_of(routes));
  object.add("fallbacks", std::move(reasons));
  object.add("copied_body_bytes", copied_body_bytes);
  object.add("zero_copy_copied", zero_copy_copied);
  object.add("pipes_in_use", pipes_in_use);
  return object;
}

}  // namespace

std::string to_json(const Stats& stats) {
  const auto& [connections_accepted, connections_open, accept_failures, connection_limit_hits,
               requests, responses_aborted, clients_timed_out, requests_refused, uploads_completed,
               uploads_failed, transfer] = stats;
  JsonObject object;
  object.add("connections_accepted", connections_accepted);
  object.add("connections_open", connections_open);
  object.add("accept_failures", accept_failures);
  object.add("connection_limit_hits", connection_limit_hits);
  object.add("requests", requests);
  object.add("responses_aborted", responses_aborted);
  object.add("clients_timed_out", clients_timed_out);
  object.add("requests_refused", requests_refused);
  object.add("uploads_completed", uploads_completed);
  object.add("uploads_failed", uploads_failed);
  object.add("transfer", object_of(transfer));
  return std::move(object).take();
}

}  // namespace sluice::cli
