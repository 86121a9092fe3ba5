#include "server/site_handler.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "files/variant_name.h"
#include "http/expectation.h"
#include "http/location.h"

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
  const std::string_view method = request.head.method_name();
  // Neither is about a file: one wants a tunnel, the other its own request back.
  if (method == "CONNECT" || method == "TRACE") {
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

// What the rules and the method answer by themselves. True when they did.
bool answer_without_file(const SiteRequest& request, const RoutedSite& site,
                         const rules::Matches& matches, ResponseDraft& response) noexcept {
  if (is_preflight(request) && site.rules.answers_preflight(matches)) {
    response.begin(204).raw(rules::kPreflightLines);
    return true;
  }
  if (const auto rule = site.rules.first_redirect(matches)) {
    redirect(request, site.rules, *rule, response);
    return true;
  }
  switch (request.method()) {
    case http::Method::kGet:
    case http::Method::kHead:
      return false;
    case http::Method::kOptions:
      response.begin(204).raw(kAllow);
      return true;
    case http::Method::kOther:
      response.fail(405, kAllow);
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
                         StaticHandler& files)
    : router_(router), files_(files) {
  for (const RoutedSite& site : router.sites()) {
    auto& checks = auth_.emplace_back();
    for (const RoutedSite::Auth& auth : site.auth) {
      checks.push_back(std::make_unique<BasicAuth>(reactor, workers, *auth.passwords));
    }
  }
}

Task<void> SiteHandler::respond(const http::RequestHead& head, ResponseDraft& response) noexcept {
  SiteRequest request(head);
  if (answer_without_site(request, response)) co_return;
  const RoutedSite* const site = router_.find(request.host());
  if (site == nullptr) {
    response.fail(421);
    co_return;
  }
  rules::Matches matches = site->rules.match(request.asked_for.absolute());
  if (!answer_without_file(request, *site, matches, response)) {
    Task<void> answering = answer(request, *site, matches, response);
    co_await answering;
  }
  if (response.status() >= 400) {
    Task<void> replacing =
        files_.replace_page(site->directory_of(request.target->absolute()), response);
    co_await replacing;
  }
  edit_fields(request, site->rules, matches, response);
  // Header rules may say more than a head has room for.
  if (response.head().room() < ResponseDraft::kConnectionBytes) response.fail(500);
}

Task<void> SiteHandler::answer(SiteRequest& request, const RoutedSite& site,
                               rules::Matches& matches, ResponseDraft& response) noexcept {
  if (!site.auth.empty()) {
    Task<bool> authorising = authorise(request, site, request.asked_for.absolute(), response);
    if (const bool granted = co_await authorising; !granted) co_return;
  }
  if (const int status = rewrite(request, site.rules, matches); status != 0) {
    response.fail(status);
    co_return;
  }
  const MountedDirectory& mount = site.directory_of(request.target->absolute());
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
      matches.add_all(rules::RuleKind::kHeader, site.rules.match(path));
    }
  }
  if (files_.respond_at_once(request, mount, found, response)) co_return;
  Task<void> responding = files_.respond(request, mount, std::move(found), buffer, response);
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
  for (const std::string_view name :
       {path, page_path_of(mount, path), directory_path_of(mount, path)}) {
    if (name.empty()) continue;
    Task<bool> authorising_file = authorise(request, site, name, response);
    if (const bool granted = co_await authorising_file; !granted) co_return false;
  }
  co_return true;
}

}  // namespace sluice
