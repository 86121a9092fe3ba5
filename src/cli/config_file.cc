#include "cli/config_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sluice/unique_fd.h>

#include "cli/serving_routes.h"

namespace sluice::cli {

namespace {

using enum Presence;

constexpr std::array<std::string_view, 3> kSymlinks = {"none", "beneath", "follow"};
static_assert(static_cast<int>(Symlinks::kBeneath) == 1 &&
              static_cast<int>(Symlinks::kFollow) == 2);

constexpr std::array<std::string_view, 3> kEntityTags = {"modified", "content", "none"};
static_assert(static_cast<int>(EntityTags::kContent) == 1 &&
              static_cast<int>(EntityTags::kNone) == 2);

constexpr std::array<std::string_view, 3> kPresets = {"immutable", "security", "cors"};
static_assert(static_cast<int>(HeaderPreset::kImmutable) == 1 &&
              static_cast<int>(HeaderPreset::kSecurity) == 2 &&
              static_cast<int>(HeaderPreset::kCors) == 3);

constexpr std::array<std::string_view, 3> kUploadSyncs = {"none", "file", "directory"};
static_assert(static_cast<int>(UploadSync::kFile) == 1 &&
              static_cast<int>(UploadSync::kDirectory) == 2);

template <class Table>
void read_transfer(ConfigReader& reader, const TomlValue& value, const Place& place, Table& table) {
  const auto route = serving_route_named(value.text);  // empty where it is no string
  size_t index = 0;
  if (route) {
    table.transfer = *route;
  } else {
    reader.read_name(value, place, serving_route_names(), index);
  }
}

constexpr Key<Uploads> kUploadKeys[] = {
    {"limit_bytes", read_number<&Uploads::limit_bytes>},
    {"make_parents", read_member<&Uploads::make_parents>},
    {"sync", read_choice<&Uploads::sync, kUploadSyncs>},
    {"resume_ms", read_number<&Uploads::resume_ms>},
};

// A rule without a preset does not say so.
void read_preset(ConfigReader& reader, const TomlValue& value, const Place& place,
                 HeaderRule& rule) {
  size_t index = 0;
  if (reader.read_name(value, place, kPresets, index)) {
    rule.preset = static_cast<HeaderPreset>(index + 1);
  }
}

template <auto kMember, bool kLists>
void read_fields(ConfigReader& reader, const TomlValue& value, const Place& place,
                 HeaderRule& rule) {
  reader.read_fields(value, place, kLists, rule.*kMember);
}

// Mount and Site are directories, with keys of their own.
template <class Table, size_t kCount>
constexpr auto with_directory_keys(const std::array<Key<Table>, kCount>& own) {
  const std::array<Key<Table>, 16> directory = {{
      {"root", read_file_path<&Directory::root>, kRequired},
      {"index", read_member<&Directory::index>},
      {"listing", read_member<&Directory::listing>},
      {"hidden_files", read_member<&Directory::hidden_files>},
      {"symlinks", read_choice<&Directory::symlinks, kSymlinks>},
      {"etag", read_choice<&Directory::etag, kEntityTags>},
      {"precompressed", read_member<&Directory::precompressed>},
      {"compress", read_member<&Directory::compress>},
      {"clean_urls", read_member<&Directory::clean_urls>},
      {"fallback", read_member<&Directory::fallback>},
      {"fallback_exclude", read_member<&Directory::fallback_exclude>},
      {"error_pages", read_member<&Directory::error_pages>},
      {"transfer", read_transfer<Table>},
      {"one_time_bytes", read_number<&Directory::one_time_bytes>},
      {"uploads", read_member<&Directory::uploads>},
      {"upload", read_inner_table<&Directory::upload, kUploadKeys>},
  }};
  return [&]<size_t... kOwn, size_t... kDirectory>(std::index_sequence<kOwn...>,
                                                   std::index_sequence<kDirectory...>) {
    return std::array{own[kOwn]..., directory[kDirectory]...};
  }(std::make_index_sequence<kCount>(), std::make_index_sequence<directory.size()>());
}

constexpr auto kMountKeys = with_directory_keys(std::array{
    Key<Mount>("path", read_member<&Mount::path>, kRequired),
});

constexpr Key<HeaderRule> kHeaderKeys[] = {
    {"path", read_member<&HeaderRule::path>},      {"preset", read_preset},
    {"set", read_fields<&HeaderRule::set, false>}, {"add", read_fields<&HeaderRule::add, true>},
    {"remove", read_member<&HeaderRule::remove>},  {"always", read_member<&HeaderRule::always>},
};

constexpr Key<RedirectRule> kRedirectKeys[] = {
    {"from", read_member<&RedirectRule::from>},
    {"prefix", read_member<&RedirectRule::prefix>},
    {"to", read_member<&RedirectRule::to>, kRequired},
    {"status", read_number<&RedirectRule::status>},
};

constexpr Key<RewriteRule> kRewriteKeys[] = {
    {"from", read_member<&RewriteRule::from>},
    {"prefix", read_member<&RewriteRule::prefix>},
    {"to", read_member<&RewriteRule::to>, kRequired},
};

constexpr Key<AuthRule> kAuthKeys[] = {
    {"path", read_member<&AuthRule::path>},
    {"realm", read_member<&AuthRule::realm>},
    {"htpasswd", read_file_path<&AuthRule::htpasswd>, kRequired},
};

constexpr auto kSiteKeys = with_directory_keys(std::array{
    Key<Site>("hosts", read_member<&Site::hosts>),
    Key<Site>("default", "default_site", read_member<&Site::default_site>),
    Key<Site>("mount", "mounts", read_tables<&Site::mounts, kMountKeys>),
    Key<Site>("header", "headers", read_tables<&Site::headers, kHeaderKeys>),
    Key<Site>("redirect", "redirects", read_tables<&Site::redirects, kRedirectKeys>),
    Key<Site>("rewrite", "rewrites", read_tables<&Site::rewrites, kRewriteKeys>),
    Key<Site>("auth", read_tables<&Site::auth, kAuthKeys>),
});

constexpr Key<Limits> kLimitKeys[] = {
    {"head_bytes", read_number<&Limits::head_bytes>},
    {"target_bytes", read_number<&Limits::target_bytes>},
    {"field_count", read_number<&Limits::field_count>},
    {"unwanted_content_bytes", read_number<&Limits::unwanted_content_bytes>},
    {"head_timeout_ms", read_number<&Limits::head_timeout_ms>},
    {"idle_timeout_ms", read_number<&Limits::idle_timeout_ms>},
    {"send_progress_timeout_ms", read_number<&Limits::send_progress_timeout_ms>},
    {"receive_progress_timeout_ms", read_number<&Limits::receive_progress_timeout_ms>},
    {"linger_ms", read_number<&Limits::linger_ms>},
    {"drain_head_ms", read_number<&Limits::drain_head_ms>},
    {"connection_count", read_number<&Limits::connection_count>},
    {"backlog_count", read_number<&Limits::backlog_count>},
    {"pipe_count", read_number<&Limits::pipe_count>},
    {"pipe_bytes", read_number<&Limits::pipe_bytes>},
    {"stalled_pipe_ms", read_number<&Limits::stalled_pipe_ms>},
    {"open_file_count", read_number<&Limits::open_file_count>},
    {"open_file_ttl_ms", read_number<&Limits::open_file_ttl_ms>},
    {"listing_bytes", read_number<&Limits::listing_bytes>},
    {"receive_buffer_count", read_number<&Limits::receive_buffer_count>},
    {"receive_buffer_bytes", read_number<&Limits::receive_buffer_bytes>},
    {"blocking_worker_count", read_number<&Limits::blocking_worker_count>},
    {"background_thread_count", read_number<&Limits::background_thread_count>},
    {"background_queue_count", read_number<&Limits::background_queue_count>},
    {"cache_bytes", read_number<&Limits::cache_bytes>},
};

constexpr Key<RouteThresholds> kThresholdKeys[] = {
    {"mapped_bytes", read_number<&RouteThresholds::mapped_bytes>},
    {"mapped_again_bytes", read_number<&RouteThresholds::mapped_again_bytes>},
    {"sendfile_bytes", read_number<&RouteThresholds::sendfile_bytes>},
};

void read_threads(ConfigReader& reader, const TomlValue& value, const Place& place,
                  ConfigResult& config) {
  int64_t threads = 0;
  if (reader.read_number(value, place, 1024, threads)) {
    config.options.threads = static_cast<unsigned>(threads);
  }
}

void read_drain_timeout(ConfigReader& reader, const TomlValue& value, const Place& place,
                        ConfigResult& config) {
  int64_t seconds = 0;
  if (reader.read_number(value, place, 86'400, seconds)) {
    config.drain_timeout_seconds = static_cast<uint64_t>(seconds);
  }
}

// A key that is about a member of Options.
template <void (*kRead)(ConfigReader&, const TomlValue&, const Place&, Options&)>
void read_option(ConfigReader& reader, const TomlValue& value, const Place& place,
                 ConfigResult& config) {
  kRead(reader, value, place, config.options);
}

constexpr Key<ConfigResult> kServerKeys[] = {
    {"listen", read_option<read_member<&Options::listen>>},
    {"threads", read_threads},
    {"drain_timeout", read_drain_timeout},
    {"cache_directory", read_option<read_file_path<&Options::cache_directory>>},
    {"limits", read_option<read_inner_table<&Options::limits, kLimitKeys>>},
    {"transfer", "thresholds", read_option<read_inner_table<&Options::thresholds, kThresholdKeys>>},
};

// What [server] has are members of Options itself.
void read_server(ConfigReader& reader, const TomlValue& value, const Place& place,
                 ConfigResult& config) {
  read_table<ConfigResult>(reader, value, {.member = "", .key = place.key}, kServerKeys, config);
}

constexpr Key<ConfigResult> kTopKeys[] = {
    {"server", read_server},
    {"site", "sites", read_option<read_tables<&Options::sites, kSiteKeys>>},
};

std::expected<std::string, int> read_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno);
  std::string text;
  char part[16 * 1024];
  while (text.size() <= kMostTomlBytes) {
    const ssize_t count = ::read(fd.get(), part, sizeof part);
    if (count < 0) return std::unexpected(errno);
    if (count == 0) break;
    text.append(part, static_cast<size_t>(count));
  }
  return text;
}

// The part of `path` before its last '/', for the root with it.
std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, std::max<size_t>(slash, 1));
}

}  // namespace

ConfigResult read_config(std::string_view text, std::string_view file_name,
                         std::string_view base_directory) {
  ConfigResult config;
  config.file_name = file_name;
  const auto top = parse_toml(text);
  if (!top) {
    config.mistakes = {top.error()};
    return config;
  }
  config.parsed = true;
  config.options.sites.clear();
  ConfigReader reader(base_directory);
  read_table<ConfigResult>(reader, *top, {}, kTopKeys, config);
  config.positions = reader.take_positions();
  config.mistakes = reader.take_mistakes();
  std::ranges::stable_sort(config.mistakes, {}, &Mistake::position);
  return config;
}

std::expected<ConfigResult, std::string> load_config(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(fmt::format("'{}': {}", path, strerrordesc_np(text.error())));
  return read_config(*text, path, directory_of(path));
}

Mistake locate(const ConfigResult& config, const OptionProblem& problem) {
  const MemberPositions::Found found = config.positions.find(problem.option);
  return {.position = found.position, .message = fmt::format("{}: {}", found.key, problem.message)};
}

void add_problems(const std::vector<OptionProblem>& problems, ConfigResult& config) {
  for (const OptionProblem& problem : problems) {
    if (config.positions.mistaken(problem.option)) continue;
    config.mistakes.push_back(locate(config, problem));
  }
  std::ranges::stable_sort(config.mistakes, {}, &Mistake::position);
}

std::string line_of(const ConfigResult& config, const Mistake& mistake) {
  const std::string line = fmt::format("{}:{}:{}: {}", config.file_name, mistake.position.line,
                                       mistake.position.column, mistake.message);
  std::string printable;
  for (const char c : line) {
    if (c == '\n') {
      printable += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      printable += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      printable += c;
    }
  }
  return printable;
}

}  // namespace sluice::cli
