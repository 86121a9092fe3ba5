// Request targets: RFC 9112 §3.2, RFC 3986 §2.1 and §5.2.4.
#include "http/target_path.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace sluice::http {
namespace {

struct ReadTarget {
  std::string_view target;
  std::string_view path;
  std::string_view query = "";
  bool directory_form = false;
};

// The other ways to see what path() says.
void expect_consistent(const TargetPath& path) {
  const bool slash_behind = path.directory_form() && !path.path().empty();
  const std::string relative = std::string(path.path()) + (slash_behind ? "/" : "");
  EXPECT_EQ(path.absolute(), "/" + relative);
  EXPECT_EQ(std::string_view(path.c_str()), relative);
  EXPECT_EQ(path.absolute().data() + 1, path.path().data());
  EXPECT_EQ(path.c_str(), path.path().data());
}

class ReadTargetTest : public testing::TestWithParam<ReadTarget> {};

TEST_P(ReadTargetTest, NamesItsPath) {
  const ReadTarget& expected = GetParam();
  TargetPath path;
  const auto result = parse_target(expected.target, path);
  ASSERT_TRUE(result) << expected.target << ": " << result.error();
  EXPECT_EQ(path.path(), expected.path) << expected.target;
  expect_consistent(path);
  EXPECT_EQ(path.query(), expected.query) << expected.target;
  EXPECT_EQ(path.directory_form(), expected.directory_form) << expected.target;
}

INSTANTIATE_TEST_SUITE_P(OriginForm, ReadTargetTest,
                         testing::Values(ReadTarget{"/", "", "", true}, ReadTarget{"/a", "a"},
                                         ReadTarget{"/a/", "a", "", true},
                                         ReadTarget{"/a/b.html", "a/b.html"},
                                         ReadTarget{"/a?b", "a", "?b"}, ReadTarget{"/a?", "a", "?"},
                                         ReadTarget{"/?a=/../b", "", "?a=/../b", true},
                                         ReadTarget{"/a/?b?c", "a", "?b?c", true},
                                         ReadTarget{"/a?%00%zz", "a", "?%00%zz"},
                                         ReadTarget{"/a:b@c;d=e", "a:b@c;d=e"},
                                         ReadTarget{"/http://x/", "http:/x", "", true}));

INSTANTIATE_TEST_SUITE_P(
    Escapes, ReadTargetTest,
    testing::Values(ReadTarget{"/%61%5A", "aZ"}, ReadTarget{"/a%20b", "a b"},
                    ReadTarget{"/a+b", "a+b"}, ReadTarget{"/%C3%a4", "\xc3\xa4"},
                    ReadTarget{"/%ff", "\xff"}, ReadTarget{"/a%3Fb", "a?b"},
                    ReadTarget{"/a%23b?c", "a#b", "?c"}, ReadTarget{"/%25", "%"},
                    ReadTarget{"/%2541", "%41"}, ReadTarget{"/%252e%252e/a", "%2e%2e/a"},
                    ReadTarget{"/%0d%0aX:%20y", "\r\nX: y"}, ReadTarget{"/a%5cb", "a\\b"},
                    ReadTarget{"/a%2Fb", "a/b"}, ReadTarget{"/a%2f", "a", "", true},
                    ReadTarget{"/%2f%2F", "", "", true}));

INSTANTIATE_TEST_SUITE_P(Slashes, ReadTargetTest,
                         testing::Values(ReadTarget{"//", "", "", true}, ReadTarget{"//a", "a"},
                                         ReadTarget{"//evil.example/a", "evil.example/a"},
                                         ReadTarget{"/a//b", "a/b"},
                                         ReadTarget{"/a///b//", "a/b", "", true},
                                         ReadTarget{"/a%2f/%2Fb", "a/b"}));

INSTANTIATE_TEST_SUITE_P(
    DotSegments, ReadTargetTest,
    testing::Values(ReadTarget{"/.", "", "", true}, ReadTarget{"/./", "", "", true},
                    ReadTarget{"/a/.", "a", "", true}, ReadTarget{"/a/./b", "a/b"},
                    ReadTarget{"/a/..", "", "", true}, ReadTarget{"/a/../", "", "", true},
                    ReadTarget{"/a/../b", "b"}, ReadTarget{"/a/b/..", "a", "", true},
                    ReadTarget{"/a/b/../", "a", "", true}, ReadTarget{"/a/b/../../c", "c"},
                    ReadTarget{"/a/b/c/../../d/./e", "a/d/e"}, ReadTarget{"/a//../b", "b"},
                    ReadTarget{"/a%2fb/../c", "a/c"}, ReadTarget{"/%2e/a", "a"},
                    ReadTarget{"/a/%2e%2E/b", "b"}, ReadTarget{"/a/.%2e/b", "b"},
                    ReadTarget{"/a/%2e./b", "b"}, ReadTarget{"/a%2f..%2fb", "b"},
                    ReadTarget{"/a/..%2f", "", "", true}, ReadTarget{"/.git/../a", "a"}));

INSTANTIATE_TEST_SUITE_P(
    DotsInNames, ReadTargetTest,
    testing::Values(ReadTarget{"/.git", ".git"}, ReadTarget{"/a/.b/c", "a/.b/c"},
                    ReadTarget{"/a/%2Ehtaccess", "a/.htaccess"}, ReadTarget{"/a/%2f.b", "a/.b"},
                    ReadTarget{"/...", "..."}, ReadTarget{"/..a/", "..a", "", true},
                    ReadTarget{"/a.b/c.", "a.b/c."}, ReadTarget{"/a?/.b", "a", "?/.b"}));

INSTANTIATE_TEST_SUITE_P(
    AbsoluteForm, ReadTargetTest,
    testing::Values(ReadTarget{"http://a", "", "", true}, ReadTarget{"http://a/", "", "", true},
                    ReadTarget{"http://a/b/c?d", "b/c", "?d"}, ReadTarget{"HTTP://a:80/b", "b"},
                    ReadTarget{"hTTps://[::1]:443/b/", "b", "", true},
                    ReadTarget{"https://a?b", "", "?b", true}, ReadTarget{"http://a//b/../c", "c"},
                    ReadTarget{"http://a/@b", "@b"}));

struct RefusedTarget {
  std::string_view target;
  int status;
};

class RefusedTargetTest : public testing::TestWithParam<RefusedTarget> {};

TEST_P(RefusedTargetTest, IsAnswered) {
  TargetPath path;
  const auto result = parse_target(GetParam().target, path);
  ASSERT_FALSE(result) << GetParam().target << " became " << path.path();
  EXPECT_EQ(result.error(), GetParam().status) << GetParam().target;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, RefusedTargetTest,
    testing::Values(RefusedTarget{"", 400}, RefusedTarget{"*", 400}, RefusedTarget{"foo", 400},
                    RefusedTarget{"?a", 400}, RefusedTarget{"..", 400}, RefusedTarget{"a:443", 400},
                    RefusedTarget{"http:", 400}, RefusedTarget{"http:/a", 400},
                    RefusedTarget{"http:///a", 400}, RefusedTarget{"http://", 400},
                    RefusedTarget{"http://u@a/", 400}, RefusedTarget{"http://u:p@a/", 400},
                    RefusedTarget{"http://a b/", 400}, RefusedTarget{"http://a:99999/", 400},
                    RefusedTarget{"http://a\\@b/", 400}, RefusedTarget{"httpx://a/", 400},
                    RefusedTarget{"ftp://a/b", 400}, RefusedTarget{"file:///etc/passwd", 400},
                    RefusedTarget{"javascript:a", 400}));

INSTANTIATE_TEST_SUITE_P(
    Characters, RefusedTargetTest,
    testing::Values(
        RefusedTarget{"/%", 400}, RefusedTarget{"/%4", 400}, RefusedTarget{"/a%", 400},
        RefusedTarget{"/%zz", 400}, RefusedTarget{"/%4g", 400}, RefusedTarget{"/%g4", 400},
        RefusedTarget{"/% 41", 400}, RefusedTarget{"/%+4", 400}, RefusedTarget{"/%0x41", 400},
        RefusedTarget{"/%?41", 400}, RefusedTarget{"/a%4?1", 400}, RefusedTarget{"/%u0041", 400},
        RefusedTarget{"/%00", 400}, RefusedTarget{"/a%00.html", 400}, RefusedTarget{"/a#b", 400},
        RefusedTarget{"/a b", 400}, RefusedTarget{"/a?b c", 400}, RefusedTarget{"/a\r\nb", 400},
        RefusedTarget{"/a?\r\nb", 400}, RefusedTarget{"/\xc3\xa4", 400},
        RefusedTarget{"/a?\x7f", 400}, RefusedTarget{std::string_view("/a\0b", 4), 400}));

INSTANTIATE_TEST_SUITE_P(
    AboveTheRoot, RefusedTargetTest,
    testing::Values(RefusedTarget{"/..", 400}, RefusedTarget{"/../", 400},
                    RefusedTarget{"/../a", 400}, RefusedTarget{"/a/../..", 400},
                    RefusedTarget{"/a/../../b", 400}, RefusedTarget{"/./../a", 400},
                    RefusedTarget{"//../a", 400}, RefusedTarget{"/%2e%2e/a", 400},
                    RefusedTarget{"/%2E%2E%2Fa", 400}, RefusedTarget{"/.%2e/a", 400},
                    RefusedTarget{"/..%2f..%2fetc/passwd", 400},
                    RefusedTarget{"/a/..%2f..%2fb", 400}, RefusedTarget{"/a//..//../b", 400},
                    RefusedTarget{"http://a/../b", 400}));

int status_of(std::string_view target) {
  TargetPath path;
  const auto result = parse_target(target, path);
  return result ? 0 : result.error();
}

TEST(LongTargets, AreNotFoundOnTheByte) {
  TargetPath path;
  const std::string longest(kPathCapacity - 1, 'a');
  ASSERT_TRUE(parse_target("/" + longest, path));
  EXPECT_EQ(path.path(), longest);
  expect_consistent(path);
  ASSERT_TRUE(parse_target("/" + longest + "//?b", path));
  EXPECT_EQ(path.path(), longest);
  EXPECT_TRUE(path.directory_form());
  expect_consistent(path);
  EXPECT_EQ(status_of("/" + longest + "a"), 404);
  EXPECT_EQ(status_of("/" + longest + "/a"), 404);
  const std::string half(kPathCapacity / 2 - 1, 'a');
  ASSERT_TRUE(parse_target("/" + half + "/" + half, path));
  EXPECT_EQ(path.path().size(), kPathCapacity - 1);
  EXPECT_EQ(status_of("/" + half + "/" + half + "b"), 404);
  // A long way round to a short path.
  std::string detour;
  for (int i = 0; i < 2000; ++i) {
    detour += "/a/..";
  }
  ASSERT_TRUE(parse_target(detour + "/b", path));
  EXPECT_EQ(path.path(), "b");
}

TEST(TargetPath, IsTheRootBeforeItIsFilled) {
  const TargetPath path;
  EXPECT_EQ(path.path(), "");
  EXPECT_TRUE(path.directory_form());
  EXPECT_EQ(path.absolute(), "/");
  EXPECT_EQ(path.query(), "");
  EXPECT_EQ(path.authority(), "");
  expect_consistent(path);
}

TEST(TargetPath, IsReused) {
  TargetPath path;
  ASSERT_TRUE(parse_target("http://e/.a/b/?c", path));
  ASSERT_TRUE(parse_target("/d", path));
  EXPECT_EQ(path.path(), "d");
  EXPECT_EQ(path.absolute(), "/d");
  EXPECT_EQ(path.query(), "");
  EXPECT_EQ(path.authority(), "");
  EXPECT_FALSE(path.directory_form());
  expect_consistent(path);
}

TEST(TargetPath, IsAbsoluteForRules) {
  const struct {
    std::string_view target;
    std::string_view absolute;
  } cases[] = {
      {"/", "/"},
      {"//", "/"},
      {"/?a/b", "/"},
      {"http://a", "/"},
      {"/a/..", "/"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"/a/.", "/a/"},
      {"/a//b///", "/a/b/"},
      {"/a/b/..", "/a/"},
      {"/a%2fb%2F", "/a/b/"},
      {"/a/b?c/", "/a/b"},
      {"http://a/b/c/?d", "/b/c/"},
  };
  for (const auto& [target, absolute] : cases) {
    TargetPath path;
    ASSERT_TRUE(parse_target(target, path)) << target;
    EXPECT_EQ(path.absolute(), absolute) << target;
    expect_consistent(path);
  }
}

TEST(TargetPath, KeepsTheAuthorityOfAbsoluteForm) {
  const struct {
    std::string_view target;
    std::string_view authority;
  } cases[] = {
      {"/", ""},
      {"/http://a/", ""},
      {"//a/b", ""},
      {"http://a", "a"},
      {"HTTP://Example.ORG:8080/a?b", "Example.ORG:8080"},
      {"https://[::1]:443/", "[::1]:443"},
      {"http://a?b=http://c/", "a"},
      {"http://a:/b", "a:"},
  };
  for (const auto& [target, authority] : cases) {
    TargetPath path;
    ASSERT_TRUE(parse_target(target, path)) << target;
    EXPECT_EQ(path.authority(), authority) << target;
  }
}

struct AssignedPath {
  std::string_view decoded;
  std::string_view path;
  bool directory_form = false;
};

class AssignedPathTest : public testing::TestWithParam<AssignedPath> {};

TEST_P(AssignedPathTest, IsResolvedButNotDecoded) {
  const AssignedPath& expected = GetParam();
  TargetPath path;
  ASSERT_TRUE(parse_target("http://a/.b/c?d", path));
  ASSERT_TRUE(path.assign(expected.decoded, "?e")) << expected.decoded;
  EXPECT_EQ(path.path(), expected.path) << expected.decoded;
  EXPECT_EQ(path.query(), "?e");
  EXPECT_EQ(path.authority(), "a") << "the request is still for that host";
  EXPECT_EQ(path.directory_form(), expected.directory_form) << expected.decoded;
  expect_consistent(path);
}

INSTANTIATE_TEST_SUITE_P(
    TargetPath, AssignedPathTest,
    testing::Values(AssignedPath{"/", "", true}, AssignedPath{"//", "", true},
                    AssignedPath{"/a", "a"}, AssignedPath{"/a/b/", "a/b", true},
                    AssignedPath{"/a//b", "a/b"}, AssignedPath{"/a/./b/..", "a", true},
                    AssignedPath{"/a/../b", "b"}, AssignedPath{"/a/..", "", true},
                    AssignedPath{"/%2e%2e/%41", "%2e%2e/%41"}, AssignedPath{"/a%", "a%"},
                    AssignedPath{"/a?b#c", "a?b#c"}, AssignedPath{"/a b\r\n", "a b\r\n"},
                    AssignedPath{"/\xc3\xa4\\", "\xc3\xa4\\"}, AssignedPath{"/.a/b", ".a/b"}));

TEST(TargetPath, IsNotAssignedWhatNoTargetMayBe) {
  const struct {
    std::string_view decoded;
    int status;
  } cases[] = {
      {"", 400},
      {"a", 400},
      {"http://a/", 400},
      {"\\a", 400},
      {"/..", 400},
      {"/a/../../b", 400},
      {"//../a", 400},
      {std::string_view("/\0", 2), 400},
      {std::string_view("/a\0b", 4), 400},
  };
  for (const auto& [decoded, status] : cases) {
    TargetPath path;
    const auto result = path.assign(decoded, "");
    ASSERT_FALSE(result) << decoded;
    EXPECT_EQ(result.error(), status) << decoded;
  }
  TargetPath path;
  const std::string longest(kPathCapacity - 1, 'a');
  EXPECT_TRUE(path.assign("/" + longest, ""));
  EXPECT_TRUE(path.assign("/" + longest + "/", ""));
  EXPECT_EQ(path.path(), longest);
  expect_consistent(path);
  EXPECT_EQ(path.assign("/" + longest + "a", ""), std::unexpected(404));
}

// The same by other means: decode all of it, cut it at slashes, keep a stack.
struct ModelPath {
  std::vector<std::string> segments;
  bool directory_form = false;
};

std::optional<ModelPath> resolve_naively(const std::string& target) {
  std::string decoded;
  const std::string path = target.substr(0, target.find('?'));
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    const std::string digits = path.substr(i + 1, 2);
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos ||
        digits.size() < 2 || digits == "00") {
      return std::nullopt;
    }
    decoded += static_cast<char>(std::stoi(digits, nullptr, 16));
    i += 2;
  }
  ModelPath model;
  std::string segment;
  for (const char c : decoded.substr(1) + '/') {
    if (c != '/') {
      segment += c;
      continue;
    }
    model.directory_form = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      if (model.segments.empty()) {
        return std::nullopt;
      }
      model.segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      model.segments.push_back(segment);
    }
    segment.clear();
  }
  return model;
}

TEST(GeneratedTargets, NeverLeaveTheRoot) {
  constexpr uint64_t kSeed = 7;
  constexpr int kRounds = 20'000;
  constexpr auto kParts = std::to_array<std::string_view>(
      {"..",    ".", "/",   "//",   "%2e",  "%2E%2e", "%2f",    "%2F", "%5c", "%252e",
       "%252f", "a", "b",   "...",  ".%2e", "%2e.",   "%c0%ae", "%00", "%",   "%2",
       ";",     "?", "etc", "/../", "/./",  "%2e/",   "a/b/c/", "%20", "~"});
  std::mt19937_64 random(kSeed);
  int served = 0;
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::string target = "/";
    for (size_t count = random() % 12; count > 0; --count) {
      target += kParts[random() % kParts.size()];
    }
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << ", round " << round << ": " << target);
    TargetPath path;
    const auto result = parse_target(target, path);
    const auto model = resolve_naively(target);
    ASSERT_EQ(result.has_value(), model.has_value());
    if (!result) {
      ASSERT_EQ(result.error(), 400);
      ++refused;
      continue;
    }
    ++served;
    std::string expected;
    for (const std::string& segment : model->segments) {
      ASSERT_NE(segment, "..");
      expected += (expected.empty() ? "" : "/") + segment;
    }
    ASSERT_EQ(path.path(), expected);
    ASSERT_EQ(path.directory_form(), model->directory_form);
    ASSERT_FALSE(path.path().starts_with('/') || path.path().ends_with('/'));
    ASSERT_EQ(path.path().find('\0'), std::string_view::npos);
    ASSERT_EQ(('/' + expected + '/').find("/../"), std::string::npos);
    expect_consistent(path);
    // What is resolved stays as it is when it is resolved again.
    TargetPath again;
    ASSERT_TRUE(again.assign(path.absolute(), path.query()));
    ASSERT_EQ(again.absolute(), path.absolute());
    ASSERT_EQ(again.query(), path.query());
  }
  EXPECT_GT(served, 1000);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace sluice::http
