// How files come into a served directory and leave it: whole, at once, and nowhere else.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <sluice/site.h>

#include "files/document_root.h"
#include "files/made_directories.h"
#include "files/upload_error.h"
#include "files/upload_file.h"

namespace sluice {

// What publish() and remove() rely on at the name of a file.
struct UploadCondition {
  enum class Kind : uint8_t {
    kAny,      // nothing: a regular file or no file
    kNothing,  // there must be no file (If-None-Match: *)
    kSame,     // there must be this file, unchanged (If-Match)
  };

  Kind kind = Kind::kAny;
  FileState file{};  // of kSame: device, inode, size and modification time count
};

// Readers see the old file or the new one, never a part. Everything is resolved beneath the root as
// for reading (DocumentRoot), and a symbolic link is never followed as the last name. Paths are
// relative to the root, without slashes at their ends, decoded, with dot segments resolved; names
// that begin with a dot are the caller's to refuse, but for those of uploads (upload_name.h), which
// are kNotFound.
//
// A file has no name (O_TMPFILE, open(2)) while it is written, or a temporary one where the file
// system knows no such files. What must have a name for a while has it in a directory of its own
// below the root, kUploadDirectoryName (mode 0700), which is there while it is needed. Where that
// is on another file system than the file, the temporary name is beside the file, and a note of it,
// a symbolic link to it, is in that directory. So whatever a killed process leaves behind is found
// and removed by the next one, at its start.
//
// Thread-safe. All of it blocks: for workers. Several processes may have the same directory.
class UploadDirectory {
 public:
  // Removes what killed processes have left, if nobody else uses the directory. What both refer to
  // must outlive this.
  UploadDirectory(const DocumentRoot& root, const Uploads& options) noexcept;
  UploadDirectory(const UploadDirectory&) = delete;
  UploadDirectory& operator=(const UploadDirectory&) = delete;
  ~UploadDirectory() { tidy(); }

  // A new file for `path`. Where Uploads::make_parents says so 32 directories on the way may be
  // missing, else kNoParent: publish() makes them.
  UploadResult<UploadFile> begin(std::string_view path) noexcept;

  struct Published {
    bool created;  // true exactly when there was no file of that name: 201, else 204
    FileState state;
  };

  // Gives a complete file its name, after waiting for the disk as Uploads::sync says. The mode is
  // that of the file whose place it takes, without set-ID bits, or 0666 without the umask.
  // The condition is looked at in the same moment, as far as this process goes: of two uploads with
  // the same kSame one is kConditionFailed; kNothing holds against everybody (linkat(2)). What
  // fails leaves no directories that it has made.
  UploadResult<Published> publish(UploadFile& file, const UploadCondition& condition) noexcept;

  // Removes a regular file. kNotFound, kNotAFile and kConditionFailed.
  UploadResult<void> remove(std::string_view path, const UploadCondition& condition) noexcept;

  // Whether begin() would be refused, as far as that shows without a file.
  UploadResult<void> check(std::string_view path) noexcept;

  // The regular file at `path`, absent where there is nothing, or can be; kNoParent and kNotAFile
  // as begin().
  UploadResult<std::optional<FileState>> look(std::string_view path) noexcept;

  // Removes the directory for temporary names, if nothing is in it and nobody uses it.
  void tidy() noexcept;

  const DocumentRoot& root() const noexcept { return root_; }
  const Uploads& options() const noexcept { return options_; }

 private:
  friend class UploadStore;

  using Staging = std::shared_ptr<const UniqueFd>;

  // A directory, and its path below the root.
  struct Place {
    UniqueFd directory;
    std::string_view path;
  };

  // Fills where the file belongs: its parent, which may be missing or not, its name, and what has
  // that. Makes nothing.
  UploadResult<void> find(std::string_view path, bool may_be_missing, UploadFile& file) noexcept;
  // The directory at `path`, or the lowest one above that is there if so many of its names may be
  // missing.
  UploadResult<Place> open_lowest(std::string_view path, int most_missing) const noexcept;
  // Whether there could be directories, and a file, of the names that are missing.
  static UploadResult<void> check_missing(const UploadFile& file) noexcept;
  // Afterwards the file's parent is there, and open.
  UploadResult<void> make_missing(UploadFile& file, MadeDirectories& made) noexcept;
  // One name further on `path`, which is made if it is missing. 0 or an errno.
  int descend(std::string_view path, Place& place, MadeDirectories& made) const noexcept;
  UploadResult<void> open_new(UploadFile& file) noexcept;
  // Whether what has failed did so because another upload has removed the file's directory, which
  // can be made again.
  bool has_lost_parent(const UploadFile& file) const noexcept;
  bool is_staging(int directory) const noexcept;
  // The directory for temporary names; made if it is not there, or kNotFound. It stays as long as
  // somebody has this.
  UploadResult<Staging> staging(bool make) noexcept;
  Staging open_staging(bool make) noexcept;
  // A name for `file` to have until it gets its own; noted if it has to be.
  UploadResult<UploadFile::Temporary> choose_temporary(const UploadFile& file) noexcept;
  // Gives the file its name, in its directory, which is made if it is missing: or removed again.
  UploadResult<bool> settle(UploadFile& file, const UploadCondition& condition,
                            MadeDirectories& made) noexcept;
  UploadResult<bool> give_name(UploadFile& file, const UploadCondition& condition) noexcept;
  UploadResult<void> take_name(UploadFile& file, const UploadCondition& condition) noexcept;
  // What has been named, or unnamed, in this directory is on the disk as Uploads::sync says.
  UploadResult<void> sync_names_in(int directory) const noexcept;
  static int give_free_name(const UploadFile& file) noexcept;
  UploadResult<void> replace(UploadFile& file) noexcept;

  const DocumentRoot& root_;
  const Uploads& options_;
  std::mutex naming_;  // held from the look at a condition to what depends on it
  std::mutex opening_staging_;
  // Locked as long as it is open (flock(2)): shared, and alone while it is swept at start.
  Staging staging_;
};

}  // namespace sluice
