// Answers a request by what its site says.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "http/request_head.h"
#include "runtime/offload.h"
#include "runtime/task.h"
#include "server/basic_auth.h"
#include "server/response_draft.h"
#include "server/router.h"
#include "server/static_handler.h"

namespace sluice {

// In this order: host, redirects, method, passwords, rewrites, files, error pages, header rules.
// Not thread-safe: one a shard. Everything it is given outlives it.
class SiteHandler {
 public:
  // Throws std::system_error.
  SiteHandler(Reactor& reactor, Workers workers, const Router& router, StaticHandler& files);

  // Decides on the response; `head` must stay valid until this is done, and no longer.
  Task<void> respond(const http::RequestHead& head, ResponseDraft& response) noexcept;

 private:
  // Adds to `matches` the header rules of the file that answers.
  Task<void> answer(SiteRequest& request, const RoutedSite& site, rules::Matches& matches,
                    ResponseDraft& response) noexcept;
  Task<bool> authorise(SiteRequest& request, const RoutedSite& site, std::string_view path,
                       ResponseDraft& response) noexcept;
  Task<bool> authorise_file(SiteRequest& request, const RoutedSite& site,
                            const MountedDirectory& mount, const Found& found,
                            ResponseDraft& response) noexcept;

  const Router& router_;
  StaticHandler& files_;
  std::vector<std::vector<std::unique_ptr<BasicAuth>>> auth_;  // by site, by rule
};

}  // namespace sluice
