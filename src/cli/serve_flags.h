// The flags of `sluice serve`.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/options.h>

namespace sluice::cli {

class ServeFlags {
 public:
  // Adds the flags to `command`, which refers to this object from then on.
  explicit ServeFlags(CLI::App& command);
  ServeFlags(const ServeFlags&) = delete;
  ServeFlags& operator=(const ServeFlags&) = delete;

  // The configuration file, or empty: then a directory is served.
  const std::string& config_path() const { return config_path_; }
  bool has_config() const { return config_flag_->count() != 0; }

  // What is asked for without a configuration file.
  Options options() const;

  // Puts what flags say in the place of what a configuration file says.
  void override(Options& options) const;

  // The flag that the member of Options was set by ("--index"), where one was given; "DIR" and
  // "--listen" also by their defaults where there is no configuration file. Or empty.
  std::string_view flag_of(std::string_view option) const;

  // Seconds; `configured` is what a file says.
  uint64_t drain_timeout_seconds(std::optional<uint64_t> configured) const;

  bool quiet() const { return quiet_; }

  // What was counted is printed at the end.
  bool stats() const { return stats_; }

 private:
  void add_listener_flags(CLI::App& command);
  void add_directory_flags(CLI::App& command);

  std::string config_path_;
  Directory directory_;
  std::vector<std::string> listen_ = Options().listen;
  unsigned threads_ = 0;
  uint64_t drain_timeout_seconds_ = 10;
  std::string cache_control_;
  std::string transfer_;
  bool single_page_ = false;
  bool cors_ = false;
  bool quiet_ = false;
  bool stats_ = false;
  CLI::Option* config_flag_ = nullptr;
  CLI::Option* listen_flag_ = nullptr;
  CLI::Option* threads_flag_ = nullptr;
  CLI::Option* drain_timeout_flag_ = nullptr;
};

}  // namespace sluice::cli
