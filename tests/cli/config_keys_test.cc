// Each key is read into its member.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "cli/config_file.h"

namespace sluice::cli {
namespace {

using Strings = std::vector<std::string>;

ConfigResult read(const std::string& text) {
  ConfigResult config = read_config(text, "sluice.toml", "/etc/sluice");
  EXPECT_EQ(config.mistakes.size(), 0u) << line_of(config, config.mistakes[0]);
  return config;
}

struct KeyCase {
  const char* line;
  std::function<bool(const ConfigResult&)> read_as;
};

// Each line stands in a text of its own, behind `before`, and changes what it is about.
template <size_t kCount>
void expect_each(const char* before, const KeyCase (&cases)[kCount]) {
  const ConfigResult without = read(before);
  for (const KeyCase& c : cases) {
    SCOPED_TRACE(c.line);
    EXPECT_FALSE(c.read_as(without)) << "it is so by default";
    EXPECT_TRUE(c.read_as(read(std::string(before) + c.line + "\n")));
  }
}

TEST(ConfigKeysTest, Server) {
  const KeyCase cases[] = {
      {"listen = [\"[::1]:80\", \"unix:/run/s\"]",
       [](auto& c) { return c.options.listen == Strings{"[::1]:80", "unix:/run/s"}; }},
      {"listen = []", [](auto& c) { return c.options.listen.empty(); }},
      {"threads = 1024", [](auto& c) { return c.options.threads == 1024; }},
      {"drain_timeout = 86400", [](auto& c) { return c.drain_timeout_seconds == 86400; }},
      {"drain_timeout = 0", [](auto& c) { return c.drain_timeout_seconds == 0; }},
      {"cache_directory = \"cache\"",
       [](auto& c) { return c.options.cache_directory == "/etc/sluice/cache"; }},
      {"cache_directory = \"/var/cache\"",
       [](auto& c) { return c.options.cache_directory == "/var/cache"; }},
      {"limits = { head_bytes = 300 }", [](auto& c) { return c.options.limits.head_bytes == 300; }},
      {"limits.head_bytes = 300", [](auto& c) { return c.options.limits.head_bytes == 300; }},
      {"transfer = { mapped_bytes = 1 }",
       [](auto& c) { return c.options.thresholds.mapped_bytes == 1; }},
      {"transfer.mapped_again_bytes = 3",
       [](auto& c) { return c.options.thresholds.mapped_again_bytes == 3; }},
      {"transfer.sendfile_bytes = 2",
       [](auto& c) { return c.options.thresholds.sendfile_bytes == 2; }},
  };
  expect_each("[server]\n", cases);
}

TEST(ConfigKeysTest, Limits) {
  const KeyCase cases[] = {
      {"head_bytes = 1", [](auto& c) { return c.options.limits.head_bytes == 1; }},
      {"target_bytes = 2", [](auto& c) { return c.options.limits.target_bytes == 2; }},
      {"field_count = 3", [](auto& c) { return c.options.limits.field_count == 3; }},
      {"unwanted_content_bytes = 4",
       [](auto& c) { return c.options.limits.unwanted_content_bytes == 4; }},
      {"head_timeout_ms = 5", [](auto& c) { return c.options.limits.head_timeout_ms == 5; }},
      {"idle_timeout_ms = 6", [](auto& c) { return c.options.limits.idle_timeout_ms == 6; }},
      {"receive_progress_timeout_ms = 8",
       [](auto& c) { return c.options.limits.receive_progress_timeout_ms == 8; }},
      {"send_progress_timeout_ms = 7",
       [](auto& c) { return c.options.limits.send_progress_timeout_ms == 7; }},
      {"linger_ms = 8", [](auto& c) { return c.options.limits.linger_ms == 8; }},
      {"drain_head_ms = 9", [](auto& c) { return c.options.limits.drain_head_ms == 9; }},
      {"connection_count = 10", [](auto& c) { return c.options.limits.connection_count == 10; }},
      {"backlog_count = 11", [](auto& c) { return c.options.limits.backlog_count == 11; }},
      {"pipe_count = 12", [](auto& c) { return c.options.limits.pipe_count == 12; }},
      {"pipe_bytes = 13", [](auto& c) { return c.options.limits.pipe_bytes == 13; }},
      {"stalled_pipe_ms = 14", [](auto& c) { return c.options.limits.stalled_pipe_ms == 14; }},
      {"open_file_count = 15", [](auto& c) { return c.options.limits.open_file_count == 15; }},
      {"open_file_ttl_ms = 16", [](auto& c) { return c.options.limits.open_file_ttl_ms == 16; }},
      {"receive_buffer_count = 65535",
       [](auto& c) { return c.options.limits.receive_buffer_count == 65535; }},
      {"receive_buffer_bytes = 4294967295",
       [](auto& c) { return c.options.limits.receive_buffer_bytes == 4294967295; }},
      {"listing_bytes = 17", [](auto& c) { return c.options.limits.listing_bytes == 17; }},
      {"blocking_worker_count = 19",
       [](auto& c) { return c.options.limits.blocking_worker_count == 19; }},
      {"background_thread_count = 20",
       [](auto& c) { return c.options.limits.background_thread_count == 20; }},
      {"background_queue_count = 21",
       [](auto& c) { return c.options.limits.background_queue_count == 21; }},
      {"cache_bytes = 9223372036854775807",
       [](auto& c) { return c.options.limits.cache_bytes == 9223372036854775807; }},
  };
  expect_each("[server.limits]\n", cases);
}

// The keys that a site and a mount share; `directory` finds it.
void expect_directory_keys(const char* before,
                           const std::function<const Directory&(const ConfigResult&)>& directory) {
  const KeyCase cases[] = {
      {"index = [\"a\", \"b\"]", [&](auto& c) { return directory(c).index == Strings{"a", "b"}; }},
      {"index = []", [&](auto& c) { return directory(c).index.empty(); }},
      {"listing = true", [&](auto& c) { return directory(c).listing; }},
      {"hidden_files = true", [&](auto& c) { return directory(c).hidden_files; }},
      {"symlinks = \"none\"", [&](auto& c) { return directory(c).symlinks == Symlinks::kNone; }},
      {"symlinks = \"follow\"",
       [&](auto& c) { return directory(c).symlinks == Symlinks::kFollow; }},
      {"etag = \"content\"", [&](auto& c) { return directory(c).etag == EntityTags::kContent; }},
      {"etag = \"none\"", [&](auto& c) { return directory(c).etag == EntityTags::kNone; }},
      {"precompressed = false", [&](auto& c) { return !directory(c).precompressed; }},
      {"compress = true", [&](auto& c) { return directory(c).compress; }},
      {"clean_urls = true", [&](auto& c) { return directory(c).clean_urls; }},
      {"fallback = \"/index.html\"",
       [&](auto& c) { return directory(c).fallback == "/index.html"; }},
      {"fallback_exclude = [\"/x/**\"]",
       [&](auto& c) { return directory(c).fallback_exclude == Strings{"/x/**"}; }},
      {"error_pages = { 404 = \"/404.html\", 599 = \"x\" }",
       [&](auto& c) {
         return directory(c).error_pages ==
                std::map<int, std::string>{{404, "/404.html"}, {599, "x"}};
       }},
      {"one_time_bytes = 1", [&](auto& c) { return directory(c).one_time_bytes == 1; }},
      {"uploads = true", [&](auto& c) { return directory(c).uploads; }},
      {"upload = { limit_bytes = 2 }",
       [&](auto& c) { return directory(c).upload.limit_bytes == 2; }},
      {"upload.make_parents = true", [&](auto& c) { return directory(c).upload.make_parents; }},
      {"upload.sync = \"file\"",
       [&](auto& c) { return directory(c).upload.sync == UploadSync::kFile; }},
      {"upload.sync = \"directory\"",
       [&](auto& c) { return directory(c).upload.sync == UploadSync::kDirectory; }},
      {"upload.resume_ms = 0", [&](auto& c) { return directory(c).upload.resume_ms == 0; }},
  };
  expect_each(before, cases);
}

TEST(ConfigKeysTest, Site) {
  expect_directory_keys("[[site]]\nroot = \".\"\n",
                        [](auto& c) -> const Directory& { return c.options.sites[0]; });
  const KeyCase cases[] = {
      {"hosts = [\"example.org\", \"*.example.org\"]",
       [](auto& c) { return c.options.sites[0].hosts == Strings{"example.org", "*.example.org"}; }},
      {"default = true", [](auto& c) { return c.options.sites[0].default_site; }},
      {"[[site]]\nroot = \".\"", [](auto& c) { return c.options.sites.size() == 2; }},
  };
  expect_each("[[site]]\nroot = \".\"\n", cases);
}

TEST(ConfigKeysTest, Transfer) {
  const struct {
    const char* name;
    Route route;
  } cases[] = {{"auto", Route::kAuto},
               {"copy", Route::kCopy},
               {"sendfile", Route::kSendfile},
               {"splice", Route::kSplice},
               {"ring-splice", Route::kRingSplice},
               {"ring_splice", Route::kRingSplice},
               {"mapped", Route::kMapped},
               {"zero-copy-send", Route::kZeroCopySend}};
  for (const auto& [name, route] : cases) {
    SCOPED_TRACE(name);
    const Site site = read(std::string("[[site]]\nroot = \".\"\ntransfer = \"") + name +
                           "\"\n[[site.mount]]\npath = \"/m\"\nroot = \"m\"\ntransfer = \"" + name +
                           "\"\n[site.mount.upload]\nlimit_bytes = 3\n")
                          .options.sites[0];
    EXPECT_EQ(site.transfer, route);
    EXPECT_EQ(site.mounts[0].transfer, route);
    EXPECT_EQ(site.mounts[0].upload.limit_bytes, 3u);
  }
}

TEST(ConfigKeysTest, TheNamesOfDefaults) {
  const Site site = read(
                        "[[site]]\nroot = \".\"\nsymlinks = \"beneath\"\netag = \"modified\"\n"
                        "upload.sync = \"none\"\n")
                        .options.sites[0];
  EXPECT_EQ(site.upload.sync, UploadSync::kNone);
  EXPECT_EQ(site.symlinks, Symlinks::kBeneath);
  EXPECT_EQ(site.etag, EntityTags::kModified);
}

TEST(ConfigKeysTest, Mount) {
  const char* const before =
      "[[site]]\nroot = \".\"\n[[site.mount]]\nroot = \"m\"\npath = \"/m\"\n";
  expect_directory_keys(before,
                        [](auto& c) -> const Directory& { return c.options.sites[0].mounts[0]; });
  EXPECT_EQ(read(before).options.sites[0].mounts[0].path, "/m");
}

TEST(ConfigKeysTest, AMountTakesNothingFromItsSite) {
  const Mount mount = read(
                          "[[site]]\nroot = \".\"\nlisting = true\nindex = [\"x\"]\n"
                          "[[site.mount]]\npath = \"/m\"\nroot = \"m\"\n")
                          .options.sites[0]
                          .mounts[0];
  EXPECT_FALSE(mount.listing);
  EXPECT_EQ(mount.index, Directory().index);
}

bool has(const std::vector<HeaderField>& fields,
         const std::vector<std::pair<std::string, std::string>>& expected) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const HeaderField& field : fields) found.emplace_back(field.name, field.value);
  return found == expected;
}

TEST(ConfigKeysTest, Header) {
  const KeyCase cases[] = {
      {"path = \"*.js\"", [](auto& c) { return c.options.sites[0].headers[0].path == "*.js"; }},
      {"preset = \"immutable\"",
       [](auto& c) { return c.options.sites[0].headers[0].preset == HeaderPreset::kImmutable; }},
      {"preset = \"security\"",
       [](auto& c) { return c.options.sites[0].headers[0].preset == HeaderPreset::kSecurity; }},
      {"preset = \"cors\"",
       [](auto& c) { return c.options.sites[0].headers[0].preset == HeaderPreset::kCors; }},
      {"set = { B = \"1\", A = \"2\" }",
       [](auto& c) { return has(c.options.sites[0].headers[0].set, {{"B", "1"}, {"A", "2"}}); }},
      {"add = { Link = [\"x\", \"y\"], A = \"2\" }",
       [](auto& c) {
         return has(c.options.sites[0].headers[0].add, {{"Link", "x"}, {"Link", "y"}, {"A", "2"}});
       }},
      {"add.Link = \"x\"",
       [](auto& c) { return has(c.options.sites[0].headers[0].add, {{"Link", "x"}}); }},
      {"remove = [\"ETag\"]",
       [](auto& c) { return c.options.sites[0].headers[0].remove == Strings{"ETag"}; }},
      {"always = true", [](auto& c) { return c.options.sites[0].headers[0].always; }},
  };
  expect_each("[[site]]\nroot = \".\"\n[[site.header]]\n", cases);
}

TEST(ConfigKeysTest, Redirect) {
  const KeyCase cases[] = {
      {"from = \"/old/*\"",
       [](auto& c) { return c.options.sites[0].redirects[0].from == "/old/*"; }},
      {"prefix = \"/old\"",
       [](auto& c) { return c.options.sites[0].redirects[0].prefix == "/old"; }},
      {"status = 308", [](auto& c) { return c.options.sites[0].redirects[0].status == 308; }},
  };
  const char* const before = "[[site]]\nroot = \".\"\n[[site.redirect]]\nto = \"/new\"\n";
  expect_each(before, cases);
  EXPECT_EQ(read(before).options.sites[0].redirects[0].to, "/new");
}

TEST(ConfigKeysTest, Rewrite) {
  const KeyCase cases[] = {
      {"from = \"/old/*\"",
       [](auto& c) { return c.options.sites[0].rewrites[0].from == "/old/*"; }},
      {"prefix = \"/old\"",
       [](auto& c) { return c.options.sites[0].rewrites[0].prefix == "/old"; }},
  };
  const char* const before = "[[site]]\nroot = \".\"\n[[site.rewrite]]\nto = \"/new\"\n";
  expect_each(before, cases);
  EXPECT_EQ(read(before).options.sites[0].rewrites[0].to, "/new");
}

TEST(ConfigKeysTest, Auth) {
  const KeyCase cases[] = {
      {"path = \"/a/**\"", [](auto& c) { return c.options.sites[0].auth[0].path == "/a/**"; }},
      {"realm = \"R\"", [](auto& c) { return c.options.sites[0].auth[0].realm == "R"; }},
  };
  const char* const before = "[[site]]\nroot = \".\"\n[[site.auth]]\nhtpasswd = \"users\"\n";
  expect_each(before, cases);
  EXPECT_EQ(read(before).options.sites[0].auth[0].htpasswd, "/etc/sluice/users");
}

TEST(ConfigKeysTest, TablesMayBeWrittenInLine) {
  const Site site = read("site = [{ root = \"/r\", mount = [{ path = \"/m\", root = \"m\" }] }]\n")
                        .options.sites[0];
  EXPECT_EQ(site.root, "/r");
  EXPECT_EQ(site.mounts[0].path, "/m");
}

TEST(ConfigKeysTest, RulesBelongToTheSiteAboveThem) {
  const Options options = read(
                              "[[site]]\nroot = \".\"\n[[site.rewrite]]\nto = \"/1\"\n"
                              "[[site.rewrite]]\nto = \"/2\"\n"
                              "[[site]]\nroot = \".\"\n[[site.rewrite]]\nto = \"/3\"\n")
                              .options;
  ASSERT_EQ(options.sites.size(), 2u);
  ASSERT_EQ(options.sites[0].rewrites.size(), 2u);
  EXPECT_EQ(options.sites[0].rewrites[1].to, "/2");
  EXPECT_EQ(options.sites[1].rewrites[0].to, "/3");
}

TEST(ConfigKeysTest, PathsAreRelativeToTheBaseDirectory) {
  const std::string text = "[[site]]\nroot = \"a/../b\"\n";
  const struct {
    const char* base;
    const char* root;
  } cases[] = {{"/etc", "/etc/a/../b"}, {"/", "/a/../b"}, {"", "a/../b"}, {"conf", "conf/a/../b"}};
  for (const auto& [base, root] : cases) {
    EXPECT_EQ(read_config(text, "f", base).options.sites[0].root, root);
  }
}

TEST(ConfigKeysTest, NothingIsNothing) {
  const ConfigResult config = read("");
  EXPECT_TRUE(config.options.sites.empty());
  EXPECT_EQ(config.options.listen, Options().listen);
  EXPECT_FALSE(config.drain_timeout_seconds);
}

}  // namespace
}  // namespace sluice::cli
