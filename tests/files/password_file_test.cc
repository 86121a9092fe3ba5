// Files of names and password hashes: what is read, what is refused, who may come in.
#include "files/password_file.h"

#include <crypt.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "files/live_password_file.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::TemporaryDirectory;

// As cheap as the method allows.
std::string hash_of(const std::string& password, const char* prefix = "$2b$") {
  const std::string method = prefix;
  unsigned long count = method == "$5$" || method == "$6$" ? 1000 : 0;
  if (method.starts_with("$2")) count = 4;
  if (method == "$y$") count = 1;
  const std::string salt(16, 's');
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  EXPECT_NE(crypt_gensalt_rn(prefix, count, salt.data(), static_cast<int>(salt.size()), setting,
                             sizeof setting),
            nullptr);
  const auto data = std::make_unique<crypt_data>();
  return crypt_r(password.c_str(), setting, data.get());
}

class PasswordFileTest : public testing::Test {
 protected:
  std::expected<PasswordFile, std::string> read(std::string_view content) const {
    directory_.write("htpasswd", content);
    return PasswordFile::read(path_);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path_of("htpasswd");
};

TEST_F(PasswordFileTest, LetsInWhoKnowsThePassword) {
  for (const char* const method : {"$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$1$"}) {
    SCOPED_TRACE(method);
    const auto passwords = read("ann:" + hash_of("secret", method) + "\n");
    ASSERT_TRUE(passwords) << passwords.error();
    EXPECT_TRUE(passwords->verify("ann", "secret"));
    EXPECT_FALSE(passwords->verify("ann", "Secret"));
    EXPECT_FALSE(passwords->verify("ann", "secret "));
    EXPECT_FALSE(passwords->verify("ann", ""));
    EXPECT_FALSE(passwords->verify("Ann", "secret"));
    EXPECT_FALSE(passwords->verify("", "secret"));
    EXPECT_FALSE(passwords->verify("bob", "secret"));
  }
}

TEST_F(PasswordFileTest, EachNameHasItsOwn) {
  const auto passwords =
      read("ann:" + hash_of("a") + "\nbob:" + hash_of("b", "$6$") + "\nc d:" + hash_of("\xc3\xa4"));
  ASSERT_TRUE(passwords) << passwords.error();
  EXPECT_TRUE(passwords->verify("ann", "a"));
  EXPECT_FALSE(passwords->verify("ann", "b"));
  EXPECT_TRUE(passwords->verify("bob", "b"));
  EXPECT_FALSE(passwords->verify("bob", "a"));
  EXPECT_TRUE(passwords->verify("c d", "\xc3\xa4"));
}

// The work for a name that is not there is done against somebody's hash: that must not let in.
TEST_F(PasswordFileTest, AnothersPasswordLetsNobodyIn) {
  const auto passwords = read("ann:" + hash_of("secret") + "\n");
  ASSERT_TRUE(passwords);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(passwords->verify(std::to_string(i), "secret"));
}

TEST_F(PasswordFileTest, WhatNoPasswordCanBeIsDenied) {
  const auto passwords = read("ann:" + hash_of("secret") + "\n");
  ASSERT_TRUE(passwords);
  EXPECT_FALSE(passwords->verify("ann", std::string_view("secret\0more", 11)));
  EXPECT_FALSE(passwords->verify("ann", std::string(100'000, 'x')));
}

TEST_F(PasswordFileTest, CommentsAndEmptyLinesSayNothing) {
  const std::string hash = hash_of("secret");
  for (const std::string& content :
       {"\n\n# ann:x\nann:" + hash + "\n\n", "#\nann:" + hash, "ann:" + hash + "\r\n\r\n#x\r\n"}) {
    SCOPED_TRACE(content);
    const auto passwords = read(content);
    ASSERT_TRUE(passwords) << passwords.error();
    EXPECT_TRUE(passwords->verify("ann", "secret"));
  }
}

TEST_F(PasswordFileTest, AnEmptyFileLetsNobodyIn) {
  const auto passwords = read("");
  ASSERT_TRUE(passwords) << passwords.error();
  EXPECT_FALSE(passwords->verify("", ""));
}

struct Mistake {
  const char* name;
  std::string content;
  const char* mention;

  friend void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }
};

class PasswordFileMistakes : public testing::TestWithParam<Mistake> {};

TEST_P(PasswordFileMistakes, AreToldWithFileAndLine) {
  const TemporaryDirectory directory;
  directory.write("htpasswd", GetParam().content);
  const std::string path = directory.path_of("htpasswd");
  const std::string problem = problem_of_password_file(path);
  EXPECT_NE(problem.find(path), std::string::npos) << problem;
  EXPECT_NE(problem.find(GetParam().mention), std::string::npos) << problem;
  EXPECT_EQ(problem.find("hunter2"), std::string::npos) << "tells a password: " << problem;
}

const std::string kBcrypt = "$2b$04$abcdefghijklmnopqrstuu0lBjsBxHOzBqDCGsDWYBnlOaLHHqGWi";

INSTANTIATE_TEST_SUITE_P(
    PasswordFile, PasswordFileMistakes,
    testing::Values(
        Mistake{"NoColon", "# names\nann\n", "line 2: there is no ':'"},
        Mistake{"NoName", ":" + kBcrypt, "line 1: there is no name"},
        Mistake{"PlainText", "ann:hunter2", "line 1: the password of 'ann' is in plain text"},
        Mistake{"NoHash", "ann:", "line 1: the password of 'ann' is in plain text"},
        Mistake{"Des", "ann:abhunter2hunt", "plain text, or hashed with DES"},
        Mistake{"Apache", "a:" + kBcrypt + "\nb:$apr1$saltsalt$hunter2",
                "line 2: the password of 'b'"},
        Mistake{"Sha", "ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "SHA-1"},
        Mistake{"UnknownMethod", "ann:$99$hunter2", "crypt(3) does not know"},
        Mistake{"CostTooHigh", "ann:$2b$17$" + kBcrypt.substr(7), "from 04 to 16"},
        Mistake{"CostTooLow", "ann:$2b$03$" + kBcrypt.substr(7), "from 04 to 16"},
        Mistake{"CostNoNumber", "ann:$2b$0:$" + kBcrypt.substr(7), "line 1"},
        Mistake{"CutShort", "ann:" + kBcrypt.substr(0, 59), "not complete"},
        Mistake{"CutVeryShort", "ann:$6$salt$hunter2", "not complete"},
        Mistake{"TooLong", "ann:" + kBcrypt + "x", "not complete"},
        Mistake{"MoreFields", "ann:" + kBcrypt + ":1000", "line 1: the password of 'ann'"},
        Mistake{"Twice", "a:" + kBcrypt + "\n\nb:" + kBcrypt + "\na:" + kBcrypt,
                "line 4: there is a 'a' already"},
        Mistake{"Control", "a\x01:" + kBcrypt, "line 1: there is a control character"},
        Mistake{"Nul", std::string("a\0:", 3) + kBcrypt, "control character"}),
    [](const auto& of) { return of.param.name; });

TEST_F(PasswordFileTest, AFileThatIsRightHasNoProblem) {
  directory_.write("htpasswd", "ann:" + hash_of("secret"));
  EXPECT_EQ(problem_of_password_file(path_), "");
}

TEST_F(PasswordFileTest, WhatIsNoFileIsAProblem) {
  EXPECT_NE(problem_of_password_file(path_).find("No such file"), std::string::npos);
  EXPECT_NE(problem_of_password_file(directory_.path()).find("not a regular file"),
            std::string::npos);
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(problem_of_password_file(path_).find("not a regular file"), std::string::npos);
}

TEST_F(PasswordFileTest, AFileThatIsTooLargeIsAProblem) {
  directory_.write("htpasswd", "");
  ASSERT_EQ(truncate(path_.c_str(), PasswordFile::kMostBytes + 1), 0);
  EXPECT_NE(problem_of_password_file(path_).find("larger than"), std::string::npos);
}

class LivePasswordFileTest : public PasswordFileTest {
 protected:
  // As programs that care replace a file: the state differs however fast it goes.
  void replace(const std::string& content) const {
    directory_.write("new", content);
    ASSERT_EQ(rename(directory_.path_of("new").c_str(), path_.c_str()), 0);
  }

  std::vector<std::string> lines_;
  std::function<void(std::string_view)> log_ = [this](std::string_view line) {
    lines_.emplace_back(line);
  };
};

TEST_F(LivePasswordFileTest, RefusesToBeginWithAMistake) {
  replace("ann:hunter2");
  try {
    const LivePasswordFile live(path_, log_);
    FAIL() << "began";
  } catch (const StartError& error) {
    EXPECT_NE(std::string(error.what()).find("line 1"), std::string::npos);
  }
}

TEST_F(LivePasswordFileTest, SaysWhatTheFileSaysNow) {
  replace("ann:" + hash_of("old"));
  LivePasswordFile live(path_, log_);
  const auto before = live.current();
  EXPECT_EQ(live.current(), before);  // not read again
  replace("ann:" + hash_of("new"));
  const auto after = live.current();
  EXPECT_TRUE(after->verify("ann", "new"));
  EXPECT_FALSE(after->verify("ann", "old"));
  EXPECT_TRUE(before->verify("ann", "old"));  // who has it keeps it
  EXPECT_TRUE(lines_.empty());
}

TEST_F(LivePasswordFileTest, KeepsTheLastGoodOneAndSaysSoOnce) {
  replace("ann:" + hash_of("old"));
  LivePasswordFile live(path_, log_);
  replace("ann:hunter2");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(live.current()->verify("ann", "old"));
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_NE(lines_[0].find("line 1"), std::string::npos) << lines_[0];
  EXPECT_EQ(lines_[0].find("hunter2"), std::string::npos);

  ASSERT_EQ(unlink(path_.c_str()), 0);
  EXPECT_FALSE(live.state());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(live.current()->verify("ann", "old"));
  EXPECT_EQ(lines_.size(), 2u);

  replace("ann:" + hash_of("new"));
  EXPECT_TRUE(live.state());
  EXPECT_TRUE(live.current()->verify("ann", "new"));
  EXPECT_EQ(lines_.size(), 2u);
}

}  // namespace
}  // namespace sluice
