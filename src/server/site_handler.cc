#include "server/site_handler.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "files/variant_name.h"
#include "http/expectation.h"
#include "http/location.h"
#include "server/handler_call.h"
#include "server/handler_response.h"

namespace sluice {

namespace {

constexpr std::string_view kAllow = "Allow: GET, HEAD, OPTIONS\r\n";

bool is_preflight(const SiteRequest& request) noexcept {
  return request.method() == http::Method::kOptions &&
         request.fields.value(http::FieldName::kOrigin) &&
         request.fields.value(http::FieldName::kAccessControlRequestMethod);
}

// What is answered without a look at the site. True when it was.
bool answer_without_site(SiteRequest& request, ResponseDraft& response) noexcept {
  if (http::read_expectation(request.fields, request.head.minor_version()) ==
      http::Expectation::kUnknown) {
    response.fail(417);
    return true;
  }
  if (request.head.method_name() == "CONNECT") {  // wants a tunnel; its target is no path
    response.fail(405, kAllow);
    return true;
  }
  if (request.method() == http::Method::kOptions && request.head.target() == "*") {
    response.begin(204).raw(kAllow);
    return true;
  }
  const auto parsed = http::parse_target(request.head.target(), request.asked_for);
  if (!parsed) response.fail(parsed.error());
  return !parsed;
}

void redirect(const SiteRequest& request, const rules::SiteRules& rules, size_t rule,
              ResponseDraft& response) noexcept {
  std::array<char, http::kLocationCapacity> location;
  const size_t length =
      rules.write_location(rule, request.asked_for.absolute(), request.asked_for.query(), location);
  if (length == 0) return response.fail(414);
  response.fail(rules.redirect_status(rule));
  response.head().field("Location", std::string_view(location.data(), length));
}

// What the rules answer by themselves. True when they did.
bool answer_by_rules(const SiteRequest& request, const RoutedSite& site,
                     const rules::Matches& matches, ResponseDraft& response) noexcept {
  if (is_preflight(request) && site.rules.answers_preflight(matches)) {
    response.begin(204).raw(rules::kPreflightLines);
    return true;
  }
  if (const auto rule = site.rules.first_redirect(matches)) {
    redirect(request, site.rules, *rule, response);
    return true;
  }
  return false;
}

// What is answered by the method alone where files answer. True when it was.
bool answer_by_method(const SiteRequest& request, const MountedDirectory* directory,
                      ResponseDraft& response) noexcept {
  const bool takes_uploads = directory != nullptr && directory->uploads != nullptr;
  if (takes_uploads && UploadHandler::takes(request, *directory)) return false;
  const std::string_view allow = takes_uploads ? UploadHandler::kAllow : kAllow;
  switch (request.method()) {
    case http::Method::kGet:
    case http::Method::kHead:
      return false;
    case http::Method::kOptions:
      response.begin(204).raw(allow);
      if (takes_uploads) {
        response.head().raw(ResumableUploads::limit_line(directory->options.upload));
      }
      return true;
    case http::Method::kPut:
    case http::Method::kPost:
    case http::Method::kPatch:
    case http::Method::kDelete:
    case http::Method::kOther:
      response.fail(405, allow);
      return true;
  }
  return false;
}

// Applies rewrites until none matches any more. Returns the status of a failure, or 0.
int rewrite(SiteRequest& request, const rules::SiteRules& rules,
            const rules::Matches& matches) noexcept {
  std::optional<size_t> rule = rules.first_rewrite(matches);
  for (size_t step = 0; rule; ++step) {
    if (step == rules::kMaxRewriteSteps) return 500;
    std::array<char, http::kPathCapacity> path;
    const size_t length = rules.write_rewritten(*rule, request.target->absolute(), path);
    if (length == 0) return 404;
    const auto assigned =
        request.rewritten.assign(std::string_view(path.data(), length), request.asked_for.query());
    if (!assigned) return assigned.error();
    request.target = &request.rewritten;
    rule = rules.first_rewrite(rules.match(request.target->absolute()));
  }
  return 0;
}

// The first rule decides. A compressed variant beside a file has what is in the file, so the rule
// for that counts as well.
std::optional<size_t> auth_rule_for(const rules::SiteRules& rules, std::string_view path) noexcept {
  std::optional<size_t> rule = rules.first_auth(rules.match(path));
  for (const http::Coding coding :
       {http::Coding::kBrotli, http::Coding::kZstd, http::Coding::kGzip}) {
    const std::string_view extension = variant_extension(coding);
    if (!path.ends_with(extension)) continue;
    const auto of_file =
        rules.first_auth(rules.match(path.substr(0, path.size() - extension.size())));
    if (of_file && (!rule || *of_file < *rule)) rule = of_file;
  }
  return rule;
}

// The path in the site of the file that answers; empty when it is longer than paths can be.
std::string_view site_path_of(const MountedDirectory& mount, const Found& found,
                              PathBuffer& buffer) noexcept {
  return buffer.join({mount.prefix, "/", found.file->path()});
}

// The clean URL of a page at `path`, or empty.
std::string_view page_path_of(const MountedDirectory& mount, std::string_view path) noexcept {
  constexpr std::string_view kSuffix = ".html";
  if (!mount.options.clean_urls || !path.ends_with(kSuffix)) return {};
  return path.substr(0, path.size() - kSuffix.size());
}

// The directory that a file at `path` is the index of, or empty.
std::string_view directory_path_of(const MountedDirectory& mount, std::string_view path) noexcept {
  const size_t name = path.rfind('/') + 1;
  const bool index =
      std::ranges::find(mount.options.index, path.substr(name)) != mount.options.index.end();
  return index ? path.substr(0, name) : std::string_view();
}

void edit_fields(const SiteRequest& request, const rules::SiteRules& rules,
                 const rules::Matches& matches, ResponseDraft& response) noexcept {
  http::HeadWriter& head = response.head();
  const auto edit_head = [&head](const rules::HeaderEdit& edit) {
    for (const std::string& name : edit.erased) head.erase(name);
    head.raw(edit.lines);
  };
  // A fallback is not what a name with a hash in it stands for.
  const std::string_view path =
      response.is_fallback() ? std::string_view() : request.asked_for.absolute();
  rules.visit_header_edits(matches, path, response.status(), edit_head);
  response.restore_framing_fields();
}

}  // namespace

SiteHandler::SiteHandler(Reactor& reactor, Workers workers, const Router& router,
                         StaticHandler& files, Counters& counters)
    : router_(router),
      files_(files),
      uploads_({reactor, workers, files, counters}),
      handler_log_(reactor, router.log()) {
  for (const RoutedSite& site : router.sites()) {
    auto& checks = auth_.emplace_back();
    for (const RoutedSite::Auth& auth : site.auth) {
      checks.push_back(std::make_unique<BasicAuth>(reactor, workers, *auth.passwords));
    }
  }
}

Task<void> SiteHandler::respond(const http::RequestHead& head, ClientChannel& content,
                                ResponseDraft& response) noexcept {
  SiteRequest request(head, content);
  if (answer_without_site(request, response)) co_return;
  const RoutedSite* const site = router_.find(request.host());
  if (site == nullptr) {
    response.fail(421);
    co_return;
  }
  Decision decision{.site = *site,
                    .matches = site->rules.match(request.asked_for.absolute()),
                    .rewrite_failure = 0,
                    .place = {}};
  if (!answer_by_rules(request, *site, decision.matches, response)) {
    decision.rewrite_failure = rewrite(request, site->rules, decision.matches);
    decision.place = site->place_of(request.target->absolute());
    // TRACE wants its own request back, which is nobody's to give.
    if (decision.place.handler != nullptr && request.head.method_name() != "TRACE") {
      Task<void> answering = answer_by_handler(request, decision, response);
      co_await answering;
    } else if (!answer_by_method(request, decision.place.directory, response)) {
      Task<void> answering =
          answer_with_files(request, decision, decision.place.directory, response);
      co_await answering;
    }
  }
  if (response.is_error_page()) {
    const MountedDirectory* const directory = site->directory_of(request.target->absolute());
    if (directory != nullptr) {
      Task<void> replacing = files_.replace_page(*directory, response);
      co_await replacing;
    }
  }
  edit_fields(request, site->rules, decision.matches, response);
  // Header rules may say more than a head has room for.
  if (response.head().room() < ResponseDraft::kConnectionBytes) response.fail(500);
}

Task<void> SiteHandler::answer_by_handler(SiteRequest& request, Decision& decision,
                                          ResponseDraft& response) noexcept {
  Task<bool> admitting = admit(request, decision, response);
  if (const bool admitted = co_await admitting; !admitted) co_return;
  const RoutedHandler& routed = *decision.place.handler;
  Request asked(request, *request.content,
                std::min(routed.prefix.size() + 1, request.target->absolute().size()));
  Task<std::optional<Response>> calling =
      call_handler(routed.handler, asked, routed.name, handler_log_);
  std::optional<Response> answer = co_await calling;
  if (!answer) {
    response.fail(500);
  } else if (const auto* body = std::get_if<Response::Directory>(&answer->content())) {
    Task<void> answering =
        answer_for_handler(request, decision, *answer, *body->directory, response);
    co_await answering;
  } else {
    draft_response(std::move(*answer), request, routed.name, response, handler_log_);
  }
}

// With the files of a directory that a handler has named: as one mounted at its prefix.
Task<void> SiteHandler::answer_for_handler(SiteRequest& request, Decision& decision,
                                           const Response& answer, const ServedDirectory& directory,
                                           ResponseDraft& response) noexcept {
  const RoutedHandler& routed = *decision.place.handler;
  const MountedDirectory mounted = directory.at(routed.prefix);
  if (!answer_by_method(request, &mounted, response)) {
    Task<void> answering = answer_with_files(request, decision, &mounted, response);
    co_await answering;
  }
  if (response.is_error_page()) {
    Task<void> replacing = files_.replace_page(mounted, response);
    co_await replacing;
  }
  add_fields(answer, routed.name, response, handler_log_);
}

Task<bool> SiteHandler::admit(SiteRequest& request, const Decision& decision,
                              ResponseDraft& response) noexcept {
  if (!decision.site.auth.empty()) {
    for (const http::TargetPath* const path : {&std::as_const(request.asked_for), request.target}) {
      Task<bool> authorising = authorise(request, decision.site, path->absolute(), response);
      if (const bool granted = co_await authorising; !granted) co_return false;
    }
  }
  if (decision.rewrite_failure != 0) response.fail(decision.rewrite_failure);
  co_return decision.rewrite_failure == 0;
}

Task<void> SiteHandler::answer_with_files(SiteRequest& request, Decision& decision,
                                          const MountedDirectory* directory,
                                          ResponseDraft& response) noexcept {
  const RoutedSite& site = decision.site;
  if (!site.auth.empty()) {
    Task<bool> authorising = authorise(request, site, request.asked_for.absolute(), response);
    if (const bool granted = co_await authorising; !granted) co_return;
  }
  if (decision.rewrite_failure != 0) {
    response.fail(decision.rewrite_failure);
    co_return;
  }
  if (directory == nullptr) {
    response.fail(404);
    co_return;
  }
  const MountedDirectory& mount = *directory;
  if (UploadHandler::takes(request, mount)) {
    Task<void> answering = answer_upload(request, site, mount, response);
    co_await answering;
    co_return;
  }
  PathBuffer buffer;
  Found found;
  found.file = files_.find_open(request, mount, buffer);
  if (found.file) {
    found.kind = Found::Kind::kFile;
  } else {
    Task<Found> finding = files_.find(request, mount, buffer);
    found = co_await finding;
  }
  if (!site.auth.empty()) {
    Task<bool> authorising = authorise_file(request, site, mount, found, response);
    if (const bool granted = co_await authorising; !granted) co_return;
  }
  if (found.kind == Found::Kind::kFile && !site.rules.empty()) {
    // Fields are chosen by the path that was asked for, and by that of the file which answers.
    PathBuffer file_path;
    const std::string_view path = site_path_of(mount, found, file_path);
    if (path != request.asked_for.absolute()) {
      decision.matches.add_all(rules::RuleKind::kHeader, site.rules.match(path));
    }
  }
  if (files_.respond_at_once(request, mount, found, response)) co_return;
  Task<void> responding = files_.respond(request, mount, std::move(found), buffer, response);
  co_await responding;
}

// Whoever may not have a file, by whatever path, may not put it there either.
Task<void> SiteHandler::answer_upload(SiteRequest& request, const RoutedSite& site,
                                      const MountedDirectory& mount,
                                      ResponseDraft& response) noexcept {
  if (!site.auth.empty()) {
    Task<bool> authorising =
        authorise_names(request, site, mount, request.target->absolute(), response);
    if (const bool granted = co_await authorising; !granted) co_return;
  }
  PathBuffer buffer;
  Task<void> responding = uploads_.respond(request, mount, buffer, response);
  co_await responding;
}

// True when the client may have what is at `path`; otherwise it has been told what it lacks.
Task<bool> SiteHandler::authorise(SiteRequest& request, const RoutedSite& site,
                                  std::string_view path, ResponseDraft& response) noexcept {
  const std::optional<size_t> rule = auth_rule_for(site.rules, path);
  if (!rule || rule == request.granted_rule) co_return true;
  const auto authorization = request.fields.value(http::FieldName::kAuthorization);
  // Two of them are two readings of who the client is.
  const bool usable = authorization && !request.fields.repeated(http::FieldName::kAuthorization);
  Task<BasicAuth::Verdict> checking =
      auth_[site.index][*rule]->check(usable ? *authorization : std::string_view());
  const BasicAuth::Verdict verdict = co_await checking;
  if (verdict == BasicAuth::Verdict::kGranted) {
    request.granted_rule = rule;
    co_return true;
  }
  if (verdict == BasicAuth::Verdict::kDenied) {
    response.fail(401, site.auth[*rule].challenge);
  } else {
    response.refuse_for_now();
  }
  co_return false;
}

// What is served may be at another path than what was asked for: an index, a page without its
// ".html", a fallback, the outcome of a rewrite. Whatever path leads to it, its password is needed.
Task<bool> SiteHandler::authorise_file(SiteRequest& request, const RoutedSite& site,
                                       const MountedDirectory& mount, const Found& found,
                                       ResponseDraft& response) noexcept {
  Task<bool> authorising = authorise(request, site, request.target->absolute(), response);
  if (const bool granted = co_await authorising; !granted) co_return false;
  if (found.kind != Found::Kind::kFile) co_return true;
  PathBuffer buffer;
  const std::string_view path = site_path_of(mount, found, buffer);
  if (path.empty()) {
    // Longer than any path that a rule could match, so nobody can say who may have it.
    response.fail(404);
    co_return false;
  }
  Task<bool> authorising_names = authorise_names(request, site, mount, path, response);
  co_return co_await authorising_names;
}

// The names that the file at `path`, in the site, can be asked for by.
Task<bool> SiteHandler::authorise_names(SiteRequest& request, const RoutedSite& site,
                                        const MountedDirectory& mount, std::string_view path,
                                        ResponseDraft& response) noexcept {
  for (const std::string_view name :
       {path, page_path_of(mount, path), directory_path_of(mount, path)}) {
    if (name.empty()) continue;
    Task<bool> authorising_file = authorise(request, site, name, response);
    if (const bool granted = co_await authorising_file; !granted) co_return false;
  }
  co_return true;
}

}  // namespace sluice
