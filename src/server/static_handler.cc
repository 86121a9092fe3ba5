#include "server/static_handler.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/accept.h"
#include "http/location.h"
#include "server/file_response.h"
#include "server/requested_path.h"

namespace sluice {

namespace {

// A response waits this long for a file to be hashed, and then goes without an entity tag.
constexpr uint64_t kHashPatienceMs = 1'000;

// What the choice between a fallback and 404 depends on (RFC 9110 §12.5.5).
constexpr std::string_view kNavigationVary = "Vary: Accept, Sec-Fetch-Mode\r\n";

// RFC 9110 §15.4.2. The location has no authority, so it cannot lead to another host.
void redirect_to_directory(const http::TargetPath& target, ResponseDraft& response) noexcept {
  std::array<char, http::kLocationCapacity> location;
  const size_t length = http::write_directory_location(target, location);
  if (length == 0) return response.fail(414);
  response.fail(301);
  response.head().field("Location", std::string_view(location.data(), length));
}

bool has_fallback(const SiteRequest& request, const MountedDirectory& mount) noexcept {
  if (mount.options.fallback.empty()) return false;
  return std::ranges::none_of(mount.fallback_exclude, [&](const rules::Pattern& pattern) {
    return pattern.match(request.target->absolute());
  });
}

// Whether the answer depends on the entity tag so much that none is better than one without it.
bool needs_tag(const SiteRequest& request) noexcept {
  const auto condition = request.fields.value(http::FieldName::kIfMatch);
  return condition && *condition != "*";
}

bool is_navigation(const SiteRequest& request) noexcept {
  bool navigates = false;
  const auto mode = request.fields.value(http::FieldName::kSecFetchMode);
  if (mode) return http::is_navigation(mode, std::nullopt);
  request.fields.for_each(http::FieldName::kAccept, [&navigates](std::string_view accept) {
    navigates = navigates || http::names_html(accept);
  });
  return navigates;
}

SendOptions send_options_for(const MountedDirectory& mount, const OpenFile& file) noexcept {
  const Directory& options = mount.options;
  const bool one_time =
      options.one_time_bytes != 0 && file.state().size_bytes >= options.one_time_bytes;
  return {options.transfer, one_time};
}

}  // namespace

FileReference StaticHandler::find_open(const SiteRequest& request, const MountedDirectory& mount,
                                       PathBuffer& buffer) noexcept {
  const LocalPath path = requested_path(request, mount);
  if (is_hidden(path, mount)) return {};
  return finder_.find_open(mount, path, buffer);
}

Task<Found> StaticHandler::find(const SiteRequest& request, const MountedDirectory& mount,
                                PathBuffer& buffer) noexcept {
  const LocalPath path = requested_path(request, mount);
  Found found;
  if (!is_hidden(path, mount)) {
    Task<Found> finding = finder_.find(mount, path, buffer);
    found = co_await finding;
  }
  const bool missing = found.kind == Found::Kind::kFailure && found.status == 404;
  if (!missing || !has_fallback(request, mount)) co_return found;
  found.depends_on_navigation = true;
  if (is_navigation(request)) {
    Task<FileReference> falling_back =
        finder_.find_configured(mount, mount.options.fallback, buffer);
    FileReference fallback = co_await falling_back;
    if (fallback) {
      found.kind = Found::Kind::kFile;
      found.file = std::move(fallback);
    }
  }
  co_return found;
}

bool StaticHandler::respond_at_once(const SiteRequest& request, const MountedDirectory& mount,
                                    Found& found, ResponseDraft& response) noexcept {
  switch (found.kind) {
    case Found::Kind::kFile: {
      if (found.depends_on_navigation || found.file->wants_content_tag() ||
          variants_.applies(mount, request, *found.file)) {
        return false;
      }
      response.set_send_options(send_options_for(mount, *found.file));
      respond_with_file(request, std::move(found.file), false, response);
      return true;
    }
    case Found::Kind::kDirectory:
      if (mount.options.listing) return false;
      response.fail(403);
      return true;
    case Found::Kind::kDirectoryNoSlash:
      redirect_to_directory(*request.target, response);
      return true;
    case Found::Kind::kFailure:
      response.fail(found.status);
      if (found.depends_on_navigation) response.head().raw(kNavigationVary);
      return true;
  }
  return true;
}

Task<void> StaticHandler::respond(const SiteRequest& request, const MountedDirectory& mount,
                                  Found found, PathBuffer& buffer,
                                  ResponseDraft& response) noexcept {
  if (found.kind == Found::Kind::kDirectory) {
    // The references in a listing hold below a path with its slash.
    if (!request.asked_for.directory_form()) {
      redirect_to_directory(*request.target, response);
      co_return;
    }
    Task<void> listing = listings_.respond(request, mount, response);
    co_await listing;
    co_return;
  }
  if (found.file->wants_content_tag()) {
    Task<void> hashing = add_content_tag(found.file);
    co_await hashing;
    if (found.file->wants_content_tag() && needs_tag(request)) {
      response.refuse_for_now();
      co_return;
    }
  }
  const std::string_view vary = found.depends_on_navigation ? kNavigationVary : std::string_view();
  if (!variants_.applies(mount, request, *found.file)) {
    response.set_send_options(send_options_for(mount, *found.file));
    respond_with_file(request, std::move(found.file), false, response);
    response.head().raw(vary);
    if (found.depends_on_navigation) response.mark_as_fallback();
    co_return;
  }
  const OpenFile* const original = &*found.file;  // whose content has been hashed, if need be
  Task<ChosenVariant> choosing = variants_.choose(request, mount, std::move(found.file), buffer);
  ChosenVariant chosen = co_await choosing;
  if (!chosen.file) {
    response.fail(406, kVaryByEncoding);
    response.head().raw(vary);
    co_return;
  }
  if (&*chosen.file != original && chosen.file->wants_content_tag()) {
    Task<void> hashing = add_content_tag(chosen.file);
    co_await hashing;
  }
  response.set_send_options(send_options_for(mount, *chosen.file));
  respond_with_file(request, std::move(chosen.file), chosen.varies, response);
  response.head().raw(vary);
  if (found.depends_on_navigation) response.mark_as_fallback();
}

Task<FileReference> StaticHandler::find_exactly(const SiteRequest& request,
                                                const MountedDirectory& mount,
                                                PathBuffer& buffer) noexcept {
  Task<FileReference> finding = finder_.find_configured(mount, request.target->absolute(), buffer);
  FileReference file = co_await finding;
  if (file && file->wants_content_tag()) {
    Task<void> hashing = add_content_tag(file);
    co_await hashing;
  }
  co_return file;
}

Task<void> StaticHandler::add_content_tag(FileReference& file) noexcept {
  Task<std::optional<ContentHash>> hashing = content_hash_of(
      parts_.reactor, parts_.workers, parts_.hashes, file->fd(), file->state(), kHashPatienceMs);
  const std::optional<ContentHash> hash = co_await hashing;
  if (hash) {
    parts_.files.set_content_tag(file, http::make_content_entity_tag(hash->high, hash->low));
  }
}

Task<void> StaticHandler::replace_page(const MountedDirectory& mount,
                                       ResponseDraft& response) noexcept {
  const auto page = mount.options.error_pages.find(response.status());
  if (page == mount.options.error_pages.end()) co_return;
  PathBuffer buffer;
  Task<FileReference> finding = finder_.find_configured(mount, page->second, buffer);
  FileReference file = co_await finding;
  if (!file) co_return;
  response.set_send_options(send_options_for(mount, *file));
  response.replace_page(std::move(file));
}

}  // namespace sluice
