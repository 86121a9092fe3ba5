#include "server/static_handler.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http/accept.h"
#include "http/location.h"
#include "server/file_response.h"

namespace sluice {

namespace {

// Room for every byte of the path escaped, and the query.
constexpr size_t kLocationCapacity = 12 * 1024;

// A response waits this long for a file to be hashed, and then goes without an entity tag.
constexpr uint64_t kHashPatienceMs = 1'000;

// RFC 9110 §15.4.2. The location has no authority, so it cannot lead to another host.
void redirect_to_directory(const http::TargetPath& target, Response& response) noexcept {
  std::array<char, kLocationCapacity> location;
  const size_t length = http::write_directory_location(target, location);
  if (length == 0) return response.fail(414);
  response.fail(301);
  response.head().field("Location", std::string_view(location.data(), length));
}

bool has_hidden_segment(std::string_view path) noexcept {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

bool wants_fallback(const Request& request, const MountedDirectory& mount) noexcept {
  if (mount.options.fallback.empty()) return false;
  if (!http::is_navigation(request.fields.value(http::FieldName::kSecFetchMode),
                           request.fields.value(http::FieldName::kAccept))) {
    return false;
  }
  return std::ranges::none_of(mount.fallback_exclude, [&](const rules::Pattern& pattern) {
    return pattern.match(request.target->absolute());
  });
}

}  // namespace

Task<Found> StaticHandler::find(const Request& request, const MountedDirectory& mount,
                                PathBuffer& buffer) noexcept {
  const auto local = mount.local(request.target->absolute());
  const LocalPath path{local.value_or(std::string_view()), request.target->directory_form()};
  Found found;
  if (mount.options.hidden_files || !has_hidden_segment(path.path)) {
    FileReference open = finder_.find_open(mount, path, buffer);
    if (open) {
      found.kind = Found::Kind::kFile;
      found.file = std::move(open);
      co_return found;
    }
    Task<Found> finding = finder_.find(mount, path, buffer);
    found = co_await finding;
  }
  const bool missing = found.kind == Found::Kind::kFailure && found.status == 404;
  if (missing && wants_fallback(request, mount)) {
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

Task<void> StaticHandler::respond(const Request& request, const MountedDirectory& mount,
                                  Found found, PathBuffer& buffer, Response& response) noexcept {
  switch (found.kind) {
    case Found::Kind::kFile:
      break;
    case Found::Kind::kDirectory: {
      if (!mount.options.listing) {
        response.fail(403);
        co_return;
      }
      Task<void> listing = listings_.respond(request, mount, response);
      co_await listing;
      co_return;
    }
    case Found::Kind::kDirectoryNoSlash:
      redirect_to_directory(*request.target, response);
      co_return;
    case Found::Kind::kFailure:
      response.fail(found.status);
      co_return;
  }
  if (found.file->wants_content_tag()) {
    Task<void> hashing = add_content_tag(found.file);
    co_await hashing;
  }
  if (!variants_.applies(mount, *found.file)) {
    respond_with_file(request, std::move(found.file), false, response);
    co_return;
  }
  const bool plain = found.file->variants() && found.file->variants()->empty() &&
                     !request.fields.value(http::FieldName::kAcceptEncoding) &&
                     !variants_.makes(mount, *found.file);
  if (plain) {
    respond_with_file(request, std::move(found.file), false, response);
    co_return;
  }
  Task<void> responding =
      respond_with_variant(request, mount, std::move(found.file), buffer, response);
  co_await responding;
}

Task<void> StaticHandler::respond_with_variant(const Request& request,
                                               const MountedDirectory& mount, FileReference file,
                                               PathBuffer& buffer, Response& response) noexcept {
  const OpenFile* const original = &*file;  // whose content has been hashed, if need be
  Task<ChosenVariant> choosing = variants_.choose(request, mount, std::move(file), buffer);
  ChosenVariant chosen = co_await choosing;
  if (!chosen.file) {
    response.fail(406, VariantChooser::kVary);
    co_return;
  }
  if (&*chosen.file != original && chosen.file->wants_content_tag()) {
    Task<void> hashing = add_content_tag(chosen.file);
    co_await hashing;
  }
  respond_with_file(request, std::move(chosen.file), chosen.varies, response);
}

Task<void> StaticHandler::add_content_tag(FileReference& file) noexcept {
  Task<std::optional<ContentHash>> hashing = content_hash_of(
      parts_.reactor, parts_.workers, parts_.hashes, file->fd(), file->state(), kHashPatienceMs);
  const std::optional<ContentHash> hash = co_await hashing;
  if (hash) {
    parts_.files.set_content_tag(file, http::make_content_entity_tag(hash->high, hash->low));
  }
}

Task<void> StaticHandler::replace_page(const MountedDirectory& mount, Response& response) noexcept {
  const auto page = mount.options.error_pages.find(response.status());
  if (page == mount.options.error_pages.end()) co_return;
  PathBuffer buffer;
  Task<FileReference> finding = finder_.find_configured(mount, page->second, buffer);
  FileReference file = co_await finding;
  if (file) response.replace_page(std::move(file));
}

}  // namespace sluice
