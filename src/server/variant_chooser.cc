#include "server/variant_chooser.h"

#include <optional>
#include <tuple>
#include <utility>

#include "http/accept_encoding.h"
#include "server/file_response.h"

namespace sluice {

namespace {

using http::Coding;

constexpr Coding kCodings[] = {Coding::kBrotli, Coding::kZstd, Coding::kGzip};

constexpr Error kNoVariant{ErrorCode::kNotFound, 0, "variant"};

// Not so when descriptors or the disk have failed: the next request may find one.
constexpr bool tells_that_there_is_none(const Error& error) noexcept {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kForbidden;
}

VariantKey key_of(const MountedDirectory& mount, const OpenFile& file) noexcept {
  return variant_key(mount.root.path(), file.path(), file.entity_tag().view(), file.state());
}

bool older(const FileState& variant, const FileState& original) noexcept {
  // Some programs copy the time of the original without its fraction, brotli(1) among them.
  if (variant.modified_nanoseconds == 0)
    return variant.modified_seconds < original.modified_seconds;
  return std::tie(variant.modified_seconds, variant.modified_nanoseconds) <
         std::tie(original.modified_seconds, original.modified_nanoseconds);
}

// A client that goes on with a download may be sent only what it has the beginning of, or the file
// itself from its beginning.
bool continues_another(const SiteRequest& request, const OpenFile& variant) noexcept {
  return request.fields.value(http::FieldName::kRange) &&
         request.fields.value(http::FieldName::kIfRange) &&
         !range_condition_holds(request, variant, true);
}

}  // namespace

bool VariantChooser::applies(const MountedDirectory& mount, const SiteRequest& request,
                             const OpenFile& file) const noexcept {
  const bool made = makes(mount, file);
  if (!made && (!mount.options.precompressed || file.compressed_by_itself())) return false;
  const bool known_to_be_alone = file.variants() && file.variants()->empty() && !made;
  return !known_to_be_alone || request.fields.value(http::FieldName::kAcceptEncoding);
}

bool VariantChooser::makes(const MountedDirectory& mount, const OpenFile& file) const noexcept {
  return store_ != nullptr && mount.options.compress && !file.entity_tag().empty() &&
         file.compressible() &&
         !store_->possible(key_of(mount, file), file.state().size_bytes).empty();
}

Task<ChosenVariant> VariantChooser::choose(const SiteRequest& request,
                                           const MountedDirectory& mount, FileReference file,
                                           PathBuffer& buffer) noexcept {
  http::CodingSet available;
  if (file->variants()) {
    available = *file->variants();
  } else {
    Task<Seen> looking = look(mount, *file, buffer);
    const Seen seen = co_await looking;
    available = seen.codings;
    if (seen.certain) files_.set_variants(file, available);
  }
  // What is being made will be there soon, and caches must know that now.
  const bool varies = !available.empty() || makes(mount, *file);
  available.add(Coding::kIdentity);
  const http::EncodingPreferences preferences(request.fields);
  http::CodingSet candidates = available;
  bool may_continue = true;
  while (true) {
    std::optional<Coding> best = preferences.best_of(candidates);
    if (!best && may_continue) {
      // Nothing that is acceptable goes on where the client left off: it begins anew.
      may_continue = false;
      candidates = available;
      best = preferences.best_of(candidates);
    }
    if (!best) co_return ChosenVariant{FileReference(), varies};
    if (*best == Coding::kIdentity) co_return ChosenVariant{std::move(file), varies};
    Task<Result<FileReference>> opening = open(mount, *file, *best, buffer);
    Result<FileReference> variant = co_await opening;
    if (!variant) available.remove(*best);
    if (variant && !(may_continue && continues_another(request, **variant))) {
      co_return ChosenVariant{std::move(*variant), varies};
    }
    candidates.remove(*best);
  }
}

// Finds out once for as long as the file is kept open.
Task<VariantChooser::Seen> VariantChooser::look(const MountedDirectory& mount, const OpenFile& file,
                                                PathBuffer& buffer) noexcept {
  Seen seen;
  http::CodingSet missing;
  for (const Coding coding : kCodings) {
    Task<Result<FileReference>> opening = open(mount, file, coding, buffer);
    const Result<FileReference> variant = co_await opening;
    if (variant) {
      seen.codings.add(coding);
    } else if (tells_that_there_is_none(variant.error())) {
      missing.add(coding);
    } else {
      seen.certain = false;
    }
  }
  if (makes(mount, file) && !missing.empty()) {
    store_->want(key_of(mount, file), Original{file.fd(), file.state()}, missing);
  }
  co_return seen;
}

Task<Result<FileReference>> VariantChooser::open(const MountedDirectory& mount,
                                                 const OpenFile& file, Coding coding,
                                                 PathBuffer& buffer) noexcept {
  if (mount.options.precompressed) {
    Task<Result<FileReference>> opening = open_beside(mount, file, coding, buffer);
    Result<FileReference> variant = co_await opening;
    if (variant || !tells_that_there_is_none(variant.error())) co_return variant;
  }
  if (!makes(mount, file)) co_return std::unexpected(kNoVariant);
  Task<Result<FileReference>> opening = open_made(mount, file, coding, buffer);
  co_return co_await opening;
}

Task<Result<FileReference>> VariantChooser::open_beside(const MountedDirectory& mount,
                                                        const OpenFile& file, Coding coding,
                                                        PathBuffer& buffer) noexcept {
  const std::string_view path = buffer.join({file.path(), variant_extension(coding)});
  if (path.empty()) co_return std::unexpected(kNoVariant);
  FileReference variant = files_.find({mount.root.id(), path, coding});
  if (!variant) {
    const FileRequest request{.root = mount.root,
                              .path = path,
                              .entity_tags = mount.options.etag,
                              .coding = coding,
                              .media_type = file.media_type(),
                              .optional = true};
    Task<Result<FileReference>> opening = files_.open(request);
    Result<FileReference> opened = co_await opening;
    if (!opened) co_return opened;
    if (!(*opened)->state().regular()) co_return std::unexpected(kNoVariant);
    variant = std::move(*opened);
  }
  if (older(variant->state(), file.state())) co_return std::unexpected(kNoVariant);
  co_return variant;
}

Task<Result<FileReference>> VariantChooser::open_made(const MountedDirectory& mount,
                                                      const OpenFile& file, Coding coding,
                                                      PathBuffer& buffer) noexcept {
  const VariantName name(key_of(mount, file), coding);
  const std::string_view path = buffer.join({name.view()});
  FileReference variant = files_.find({made_->id(), path, coding});
  if (variant) co_return variant;
  const FileRequest request{.root = *made_,
                            .path = path,
                            .coding = coding,
                            .media_type = file.media_type(),
                            .made_from = &file,
                            .optional = true};
  Task<Result<FileReference>> opening = files_.open(request);
  Result<FileReference> opened = co_await opening;
  if (opened && !(*opened)->state().regular()) co_return std::unexpected(kNoVariant);
  co_return opened;
}

}  // namespace sluice
