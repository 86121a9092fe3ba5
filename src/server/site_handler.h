// Answers a request by what its site says.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "http/request_head.h"
#include "runtime/offload.h"
#include "runtime/task.h"
#include "server/basic_auth.h"
#include "server/handler_log.h"
#include "server/response_draft.h"
#include "server/router.h"
#include "server/static_handler.h"
#include "server/upload_handler.h"

namespace sluice {

// In this order: host, redirects, method, passwords, rewrites, handler or files, error pages,
// header rules. Which methods there are is for a handler to say, where one answers. Not
// thread-safe: one a shard. Everything it is given outlives it.
class SiteHandler {
 public:
  // Throws std::system_error.
  SiteHandler(Reactor& reactor, Workers workers, const Router& router, StaticHandler& files,
              Counters& counters);

  // Decides on the response; `head` must stay valid until this is done, and no longer. Of `content`
  // it takes as much as the answer needs.
  Task<void> respond(const http::RequestHead& head, ClientChannel& content,
                     ResponseDraft& response) noexcept;

  // What is told of exceptions of handlers.
  HandlerLog& handler_log() noexcept { return handler_log_; }

 private:
  // What has been found out about a request before somebody answers it.
  struct Decision {
    const RoutedSite& site;
    rules::Matches matches;
    int rewrite_failure;  // the status, 0 for none
    Place place;
  };

  // Adds to the matches the header rules of the file that answers. `directory` may be null.
  Task<void> answer_with_files(SiteRequest& request, Decision& decision,
                               const MountedDirectory* directory, ResponseDraft& response) noexcept;
  Task<void> answer_upload(SiteRequest& request, const RoutedSite& site,
                           const MountedDirectory& mount, ResponseDraft& response) noexcept;
  Task<void> answer_by_handler(SiteRequest& request, Decision& decision,
                               ResponseDraft& response) noexcept;
  Task<void> answer_for_handler(SiteRequest& request, Decision& decision, const Response& answer,
                                const ServedDirectory& directory, ResponseDraft& response) noexcept;
  // Whether the client may have what it has asked for, and that can be found.
  Task<bool> admit(SiteRequest& request, const Decision& decision,
                   ResponseDraft& response) noexcept;
  Task<bool> authorise(SiteRequest& request, const RoutedSite& site, std::string_view path,
                       ResponseDraft& response) noexcept;
  Task<bool> authorise_file(SiteRequest& request, const RoutedSite& site,
                            const MountedDirectory& mount, const Found& found,
                            ResponseDraft& response) noexcept;
  Task<bool> authorise_names(SiteRequest& request, const RoutedSite& site,
                             const MountedDirectory& mount, std::string_view path,
                             ResponseDraft& response) noexcept;

  const Router& router_;
  StaticHandler& files_;
  UploadHandler uploads_;
  HandlerLog handler_log_;
  std::vector<std::vector<std::unique_ptr<BasicAuth>>> auth_;  // by site, by rule
};

}  // namespace sluice
