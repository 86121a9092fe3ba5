// The files that the simulated server serves, and what is in them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/temporary_directory.h"

namespace sluice::sim {

struct SiteFile {
  std::string path;  // relative to the root
  std::string content;
};

// A directory on disk. Files differ from each other at every position, and each from itself at
// positions that are a page, a pipe or a buffer apart: bytes of a wrong place are noticed.
class Site {
 public:
  Site();

  const std::string& root() const noexcept { return directory_.path(); }
  const testing_support::TemporaryDirectory& directory() const noexcept { return directory_; }

  // Regular files, the empty one among them. Constant after construction.
  const std::vector<SiteFile>& files() const noexcept { return files_; }
  const SiteFile& index() const noexcept { return index_; }  // kIndexDirectory/index.html
  const SiteFile& shrinking() const noexcept { return shrinking_; }
  const SiteFile& swapped() const noexcept { return swapped_; }
  const std::string& swapped_content() const noexcept { return other_.content; }

  static constexpr std::string_view kIndexDirectory = "docs";
  static constexpr std::string_view kBareDirectory = "bare";
  static constexpr std::string_view kHiddenFile = ".secret";

  // Gives shrinking() and swapped() their first content again.
  void restore() const;
  // Cuts shrinking().
  void shrink(uint64_t bytes) const;
  // Puts a file with swapped_content() in the place of swapped(), by a rename.
  void swap() const;

  // The one of this process.
  static const Site& shared();

 private:
  void add(const SiteFile& file) const;

  testing_support::TemporaryDirectory directory_;
  std::vector<SiteFile> files_;
  SiteFile index_;
  SiteFile shrinking_;
  SiteFile swapped_;
  SiteFile other_;
};

}  // namespace sluice::sim
