#include "server/listing_handler.h"

#include <sys/stat.h>

#include <new>
#include <string>
#include <utility>

#include "files/directory_reader.h"
#include "files/listing.h"
#include "http/accept.h"
#include "server/error_status.h"

namespace sluice {

namespace {

// Pages are made of names that somebody else may have chosen: nothing in them is to run or load.
constexpr std::string_view kHtmlFields =
    "Vary: Accept\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n";
constexpr std::string_view kJsonFields =
    "Vary: Accept\r\n"
    "X-Content-Type-Options: nosniff\r\n";

// What a worker is given.
struct Assignment {
  const MountedDirectory& mount;
  std::string_view shown_path;  // what the client calls it
  std::string_view local_path;  // below the root
  const ListingQuery& query;
  bool json;
};

// Directories come first, so the place of a name depends on what it names: also for who leaves out
// the slash behind it.
void find_kind(int directory, ListingEntry& after) noexcept {
  struct stat state;
  if (after.is_directory || fstatat(directory, after.name.c_str(), &state, 0) != 0) return;
  after.is_directory = S_ISDIR(state.st_mode);
}

Result<std::string> list(const Assignment& assignment, const std::stop_token& stop) noexcept {
  try {
    const DocumentRoot& root = assignment.mount.root;
    const Result<UniqueFd> directory = root.open_directory(std::string(assignment.local_path));
    if (!directory) return std::unexpected(directory.error());
    const ListingSource source{.fd = directory->get(),
                               .root_fd = root.fd(),
                               .path = assignment.local_path,
                               .hidden_files = assignment.mount.options.hidden_files,
                               .symlinks = root.symlinks()};
    ListingQuery query = assignment.query;
    if (query.after) find_kind(directory->get(), *query.after);
    const Result<ListingPage> page = read_directory(source, query, stop);
    if (!page) return std::unexpected(page.error());
    if (assignment.json) return listing_json(assignment.shown_path, *page, query.order);
    return listing_html(assignment.shown_path, query, *page);
  } catch (const std::bad_alloc&) {
    return std::unexpected(Error{ErrorCode::kExhausted, 0, "listing"});
  }
}

// Several fields are one list (RFC 9110 §5.3).
bool prefers_json(const SiteRequest& request) {
  std::string accept;
  request.fields.for_each(http::FieldName::kAccept, [&accept](std::string_view value) {
    accept.append(accept.empty() ? "" : ", ").append(value);
  });
  return !accept.empty() && http::prefers_json(accept);
}

}  // namespace

Task<void> ListingHandler::respond(const SiteRequest& request, const MountedDirectory& mount,
                                   ResponseDraft& response) noexcept {
  const auto query = parse_listing_query(request.asked_for.query());
  if (!query) {
    response.fail(query.error());
    co_return;
  }
  if (held_bytes_ >= most_bytes_) {
    response.refuse_for_now();
    co_return;
  }
  const Assignment assignment{
      .mount = mount,
      .shown_path = request.asked_for.absolute(),
      .local_path = mount.local(request.target->absolute()).value_or(std::string_view()),
      .query = *query,
      .json = prefers_json(request)};
  Result<std::string> text = std::unexpected(Error{ErrorCode::kExhausted, 0, "listing"});
  Offload listing(workers_, [&assignment, &text](const std::stop_token& stop) {
    text = list(assignment, stop);
  });
  co_await listing;
  if (!text) {
    if (text.error().code == ErrorCode::kExhausted) {
      response.refuse_for_now();
    } else {
      response.fail(status_of(text.error()));
    }
    co_return;
  }
  response.begin(200).raw(assignment.json ? kJsonFields : kHtmlFields);
  response.send_text(std::move(*text),
                     assignment.json ? "application/json" : "text/html; charset=utf-8",
                     held_bytes_);
}

}  // namespace sluice
