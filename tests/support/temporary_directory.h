// A directory that lives as long as a test.
#pragma once

#include <string>
#include <string_view>

namespace sluice::testing_support {

// What a file consists of; "" where there is none.
std::string content_of(const std::string& path);

// Throws std::system_error or std::filesystem::filesystem_error where the system refuses.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string path_of(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Writes a file, in folders that are made as needed, over the one that was there.
  void write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

}  // namespace sluice::testing_support
