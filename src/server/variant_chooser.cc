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

VariantKey key_of(const MountedDirectory& mount, const OpenFile& file) noexcept {
  return variant_key(mount.root.path(), file.path(), file.entity_tag().view(), file.state());
}

bool older(const FileState& variant, const FileState& original) noexcept {
  return std::tie(variant.modified_seconds, variant.modified_nanoseconds) <
         std::tie(original.modified_seconds, original.modified_nanoseconds);
}

// A client that goes on with a download may be sent only what it has the beginning of, or the file
// itself from its beginning.
bool continues_another(const Request& request, const OpenFile& variant) noexcept {
  return request.fields.value(http::FieldName::kRange) &&
         request.fields.value(http::FieldName::kIfRange) &&
         !range_condition_holds(request, variant, true);
}

}  // namespace

bool VariantChooser::applies(const MountedDirectory& mount, const OpenFile& file) const noexcept {
  if (mount.options.precompressed && !file.compressed_by_itself()) return true;
  return makes(mount, file);
}

bool VariantChooser::makes(const MountedDirectory& mount, const OpenFile& file) const noexcept {
  return store_ != nullptr && mount.options.compress && !file.entity_tag().empty() &&
         file.compressible() &&
         !store_->possible(key_of(mount, file), file.state().size_bytes).empty();
}

Task<ChosenVariant> VariantChooser::choose(const Request& request, const MountedDirectory& mount,
                                           FileReference file, PathBuffer& buffer) noexcept {
  if (!file->variants()) {
    Task<http::CodingSet> looking = look(mount, *file, buffer);
    const http::CodingSet seen = co_await looking;
    files_.set_variants(file, seen);
  }
  http::CodingSet available = *file->variants();
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
    Task<FileReference> opening = open(mount, *file, *best, buffer);
    FileReference variant = co_await opening;
    if (!variant) available.remove(*best);
    if (variant && !(may_continue && continues_another(request, *variant))) {
      co_return ChosenVariant{std::move(variant), varies};
    }
    candidates.remove(*best);
  }
}

// Finds out once for as long as the file is kept open.
Task<http::CodingSet> VariantChooser::look(const MountedDirectory& mount, const OpenFile& file,
                                           PathBuffer& buffer) noexcept {
  http::CodingSet seen;
  http::CodingSet missing;
  for (const Coding coding : kCodings) {
    Task<FileReference> opening = open(mount, file, coding, buffer);
    const FileReference variant = co_await opening;
    if (variant) {
      seen.add(coding);
    } else {
      missing.add(coding);
    }
  }
  if (makes(mount, file) && !missing.empty()) {
    store_->want(key_of(mount, file), Original{file.fd(), file.state()}, missing);
  }
  co_return seen;
}

Task<FileReference> VariantChooser::open(const MountedDirectory& mount, const OpenFile& file,
                                         Coding coding, PathBuffer& buffer) noexcept {
  if (mount.options.precompressed) {
    Task<FileReference> opening = open_beside(mount, file, coding, buffer);
    FileReference variant = co_await opening;
    if (variant) co_return variant;
  }
  if (!makes(mount, file)) co_return FileReference();
  Task<FileReference> opening = open_made(mount, file, coding, buffer);
  co_return co_await opening;
}

Task<FileReference> VariantChooser::open_beside(const MountedDirectory& mount, const OpenFile& file,
                                                Coding coding, PathBuffer& buffer) noexcept {
  const std::string_view path = buffer.join({file.path(), variant_extension(coding)});
  if (path.empty()) co_return FileReference();
  FileReference variant = files_.find({&mount.root, path, coding});
  if (!variant) {
    const FileRequest request{.root = mount.root,
                              .path = path,
                              .entity_tags = mount.options.etag,
                              .coding = coding,
                              .media_type = file.media_type()};
    Task<Result<FileReference>> opening = files_.open(request);
    Result<FileReference> opened = co_await opening;
    if (!opened || !(*opened)->state().regular()) co_return FileReference();
    variant = std::move(*opened);
  }
  if (older(variant->state(), file.state())) co_return FileReference();
  co_return variant;
}

Task<FileReference> VariantChooser::open_made(const MountedDirectory& mount, const OpenFile& file,
                                              Coding coding, PathBuffer& buffer) noexcept {
  const VariantName name(key_of(mount, file), coding);
  const std::string_view path = buffer.join({name.view()});
  FileReference variant = files_.find({made_, path, coding});
  if (variant) co_return variant;
  const FileRequest request{.root = *made_,
                            .path = path,
                            .coding = coding,
                            .media_type = file.media_type(),
                            .made_from = &file};
  Task<Result<FileReference>> opening = files_.open(request);
  Result<FileReference> opened = co_await opening;
  if (!opened || !(*opened)->state().regular()) co_return FileReference();
  co_return std::move(*opened);
}

}  // namespace sluice
