#include "cli/serve_flags.h"

#include <fmt/ranges.h>

#include "cli/flag_errors.h"
#include "cli/serving_routes.h"

namespace sluice::cli {

namespace {

// A flag that takes one value and may be given more than once.
CLI::Option* add_list(CLI::App& command, const char* name, std::vector<std::string>& values,
                      const char* description) {
  return command.add_option(name, values, description)
      ->expected(1)
      ->allow_extra_args(false)  // one value each: "[::1]:80" is no list
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->capture_default_str();
}

CLI::Validator serving_route() {
  const auto check = [](const std::string& text) {
    if (serving_route_named(text)) return std::string();
    return fmt::format("'{}' is not allowed; one of {} is", text,
                       fmt::join(serving_route_names(), ", "));
  };
  return {check, ""};
}

}  // namespace

ServeFlags::ServeFlags(CLI::App& command) {
  config_flag_ = command
                     .add_option("--config", config_path_,
                                 "Serve what a configuration file says (docs/CONFIGURATION.md)")
                     ->type_name("FILE");
  add_directory_flags(command);
  add_listener_flags(command);
  command.add_flag("--quiet", quiet_, "Print nothing but errors");
  command.add_flag("--stats", stats_,
                   "Print what was counted at the end, as JSON, to standard error; SIGUSR1 prints "
                   "it at any time");
}

void ServeFlags::add_listener_flags(CLI::App& command) {
  listen_flag_ = add_list(command, "--listen", listen_,
                          "Where to listen: IPv4:PORT, [IPv6]:PORT, unix:/path, or fd:N for an "
                          "inherited socket that listens; port 0 takes any that is free; may be "
                          "given more than once")
                     ->type_name("ADDR:PORT");
  threads_flag_ =
      command
          .add_option("--threads", threads_,
                      "Threads that serve (default: the processors this process may run on)")
          ->type_name("N")
          ->check(whole_number(1, 1024));
  drain_timeout_flag_ = command
                            .add_option("--drain-timeout", drain_timeout_seconds_,
                                        "Seconds that responses in flight are given at the end")
                            ->type_name("SECONDS")
                            ->check(whole_number(0, 86'400))
                            ->capture_default_str();
}

void ServeFlags::add_directory_flags(CLI::App& command) {
  directory_.root = ".";
  CLI::Option* const flags[] = {
      command.add_option("DIR", directory_.root, "The directory to serve")->capture_default_str(),
      add_list(command, "--index", directory_.index,
               "File that stands for its directory; may be given more than once")
          ->type_name("NAME"),
      command.add_flag("--listing", directory_.listing, "List directories without an index"),
      command.add_flag("--spa", single_page_,
                       "Answer navigations that find nothing with /index.html"),
      command.add_flag("--clean-urls", directory_.clean_urls, "Find about.html as /about"),
      command.add_flag("--cors", cors_, "Let every origin read what is served"),
      command
          .add_option("--cache-control", cache_control_,
                      "Value of the Cache-Control field of responses")
          ->type_name("VALUE")
          ->check(not_empty("a value such as 'no-cache'")),
      command.add_flag("--uploads", directory_.uploads,
                       "Let every client put files here, replace and delete them"),
      command
          .add_option("--transfer", transfer_,
                      fmt::format("How files are sent: {}", fmt::join(serving_route_names(), ", ")))
          ->type_name("ROUTE")
          ->check(serving_route())
          ->default_str("auto"),
  };
  for (CLI::Option* const flag : flags) config_flag_->excludes(flag);
}

Options ServeFlags::options() const {
  Options options;
  options.listen = listen_;
  options.threads = threads_;
  Site& site = options.sites[0];
  static_cast<Directory&>(site) = directory_;
  if (single_page_) site.fallback = "/index.html";
  site.transfer = serving_route_named(transfer_).value_or(Route::kAuto);
  if (!cache_control_.empty()) {
    HeaderRule& rule = site.headers.emplace_back();
    rule.set.push_back({.name = "Cache-Control", .value = cache_control_});
  }
  if (cors_) site.headers.emplace_back().preset = HeaderPreset::kCors;
  return options;
}

void ServeFlags::override(Options& options) const {
  if (listen_flag_->count() != 0) options.listen = listen_;
  if (threads_flag_->count() != 0) options.threads = threads_;
}

std::string_view ServeFlags::flag_of(std::string_view option) const {
  if (option.starts_with("listen")) {
    return has_config() && listen_flag_->count() == 0 ? "" : "--listen";
  }
  if (option.starts_with("threads")) return threads_flag_->count() == 0 ? "" : "--threads";
  if (has_config()) return "";
  constexpr std::string_view kSite = "sites[0].";
  if (!option.starts_with(kSite)) return "";
  option.remove_prefix(kSite.size());
  if (option == "root") return "DIR";
  if (option.starts_with("index")) return "--index";
  if (option.starts_with("listing")) return "--listing";
  if (option.starts_with("clean_urls")) return "--clean-urls";
  if (option.starts_with("fallback")) return "--spa";
  if (option.starts_with("upload")) return "--uploads";
  if (option.starts_with("transfer")) return "--transfer";
  if (option.starts_with("headers")) {
    const bool first = option.starts_with("headers[0]");
    return first && !cache_control_.empty() ? "--cache-control" : "--cors";
  }
  return "";
}

uint64_t ServeFlags::drain_timeout_seconds(std::optional<uint64_t> configured) const {
  return drain_timeout_flag_->count() != 0 ? drain_timeout_seconds_
                                           : configured.value_or(drain_timeout_seconds_);
}

}  // namespace sluice::cli
