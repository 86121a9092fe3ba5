// Options that cannot be honoured, and the words for it.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <sluice/server.h>

#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::TemporaryDirectory;

struct BadOption {
  const char* name;
  const char* option;   // what StartError::option() says
  const char* mention;  // a part of its message
  std::function<void(Options&)> spoil;

  friend void PrintTo(const BadOption& bad, std::ostream* out) { *out << bad.name; }
};

class BadOptions : public testing::TestWithParam<BadOption> {};

TEST_P(BadOptions, AreRefusedBeforeAnythingBegins) {
  const TemporaryDirectory directory;
  Options options;
  options.sites[0].root = directory.path();
  options.listen = {"127.0.0.1:0"};
  options.threads = 1;
  GetParam().spoil(options);
  Server server(options);
  try {
    server.start();
    FAIL() << "started";
  } catch (const StartError& error) {
    EXPECT_EQ(error.kind(), StartError::Kind::kUsage);
    EXPECT_EQ(error.option(), GetParam().option);
    const std::string message = error.what();
    EXPECT_NE(message.find(GetParam().mention), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << "one line, please";
  }
}

const BadOption kBadOptions[] = {
    {"NoListener", "listen", "one address at least", [](Options& o) { o.listen = {}; }},
    {"BadListener", "listen[1]", "'localhost:80'",
     [](Options& o) { o.listen = {"127.0.0.1:0", "localhost:80"}; }},
    {"BadDescriptor", "listen[0]", "'fd:three'", [](Options& o) { o.listen = {"fd:three"}; }},
    {"TooManyThreads", "threads", "1025 is too many", [](Options& o) { o.threads = 1025; }},
    {"MissingRoot", "sites[0].root", "/nowhere/at/all",
     [](Options& o) { o.sites[0].root = "/nowhere/at/all"; }},
    {"FileAsRoot", "sites[0].root", "/dev/null", [](Options& o) { o.sites[0].root = "/dev/null"; }},
    {"EmptyIndex", "sites[0].index[1]", "''",
     [](Options& o) { o.sites[0].index = {"index.html", ""}; }},
    {"DotIndex", "sites[0].index[0]", "'.'", [](Options& o) { o.sites[0].index = {"."}; }},
    {"DotDotIndex", "sites[0].index[0]", "'..'", [](Options& o) { o.sites[0].index = {".."}; }},
    {"SlashInIndex", "sites[0].index[0]", "'../secret'",
     [](Options& o) { o.sites[0].index = {"../secret"}; }},
    {"NulInIndex", "sites[0].index[0]", "'a",
     [](Options& o) { o.sites[0].index = {std::string("a\0b", 3)}; }},
    {"SmallHead", "limits.head_bytes", "allowed", [](Options& o) { o.limits.head_bytes = 255; }},
    {"LargeHead", "limits.head_bytes", "allowed", [](Options& o) { o.limits.head_bytes = 65536; }},
    {"TooManyFields", "limits.field_count", "allowed",
     [](Options& o) { o.limits.field_count = 101; }},
    {"NoBuffers", "limits.receive_buffer_count", "allowed",
     [](Options& o) { o.limits.receive_buffer_count = 0; }},
    {"OddBuffers", "limits.receive_buffer_count", "allowed",
     [](Options& o) { o.limits.receive_buffer_count = 48; }},
    {"TooManyBuffers", "limits.receive_buffer_count", "allowed",
     [](Options& o) { o.limits.receive_buffer_count = 32769; }},
    {"EmptyBuffers", "limits.receive_buffer_bytes", "allowed",
     [](Options& o) { o.limits.receive_buffer_bytes = 0; }},
    {"FileToFile", "sites[0].transfer", "'copy-file-range' is not allowed",
     [](Options& o) { o.sites[0].transfer = Route::kCopyFileRange; }},
    {"UploadsOfNothing", "sites[0].upload.limit_bytes", "1 and more",
     [](Options& o) {
       o.sites[0].uploads = true;
       o.sites[0].upload.limit_bytes = 0;
     }},
    {"UploadsForEver", "sites[0].upload.resume_ms", "a year",
     [](Options& o) { o.sites[0].upload.resume_ms = UINT64_MAX; }},
    {"UploadsWhereNobodyWrites", "sites[0].uploads", "'/proc/sys/fs'",
     [](Options& o) {
       o.sites[0].root = "/proc/sys/fs";
       o.sites[0].uploads = true;
     }},
};

INSTANTIATE_TEST_SUITE_P(All, BadOptions, testing::ValuesIn(kBadOptions),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(OptionsTest, HaveTheirDocumentedDefaults) {
  const Options options;
  EXPECT_EQ(options.sites[0].root, "");
  EXPECT_EQ(options.listen, std::vector<std::string>{"127.0.0.1:8080"});
  EXPECT_EQ(options.threads, 0u);
  EXPECT_EQ(options.sites[0].index, std::vector<std::string>{"index.html"});
  EXPECT_EQ(options.limits.head_bytes, 16u * 1024);
  EXPECT_EQ(options.limits.target_bytes, 8u * 1024);
  EXPECT_EQ(options.limits.field_count, 100u);
  EXPECT_EQ(options.limits.head_timeout_ms, 10'000u);
  EXPECT_EQ(options.limits.idle_timeout_ms, 60'000u);
  EXPECT_EQ(options.limits.send_progress_timeout_ms, 30'000u);
}

TEST(OptionsTest, TheVersionIsThreeNumbers) {
  EXPECT_EQ(std::string(version()).find_first_not_of("0123456789."), std::string::npos);
}

}  // namespace
}  // namespace sluice
