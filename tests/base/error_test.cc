// From errno to Error, and from Error to words.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <string>
#include <utility>

#include <sluice/error.h>

namespace sluice {
namespace {

struct Mapping {
  int system_errno;
  ErrorCode code;

  friend void PrintTo(const Mapping& mapping, std::ostream* out) { *out << mapping.system_errno; }
};

class ErrorMapping : public testing::TestWithParam<Mapping> {};

TEST_P(ErrorMapping, KeepsTheErrnoAndNamesTheOperation) {
  static constexpr char kOperation[] = "openat2";
  const Error error = error_from_errno(GetParam().system_errno, kOperation);
  EXPECT_EQ(error.code, GetParam().code);
  EXPECT_EQ(error.system_errno, GetParam().system_errno);
  EXPECT_EQ(error.operation, kOperation);
}

constexpr Mapping kMappings[] = {
    {ENOENT, ErrorCode::kNotFound},        {ENOTDIR, ErrorCode::kNotFound},
    {ELOOP, ErrorCode::kNotFound},         {EXDEV, ErrorCode::kNotFound},
    {ENAMETOOLONG, ErrorCode::kNotFound},  {ENXIO, ErrorCode::kNotFound},
    {ENODEV, ErrorCode::kNotFound},        {EACCES, ErrorCode::kForbidden},
    {EPERM, ErrorCode::kForbidden},        {EPIPE, ErrorCode::kPeerGone},
    {ECONNRESET, ErrorCode::kPeerGone},    {ECONNABORTED, ErrorCode::kPeerGone},
    {ENOTCONN, ErrorCode::kPeerGone},      {ESHUTDOWN, ErrorCode::kPeerGone},
    {ETIME, ErrorCode::kTimedOut},         {ETIMEDOUT, ErrorCode::kTimedOut},
    {EMFILE, ErrorCode::kExhausted},       {ENFILE, ErrorCode::kExhausted},
    {ENOMEM, ErrorCode::kExhausted},       {ENOBUFS, ErrorCode::kExhausted},
    {EINVAL, ErrorCode::kUnsupported},     {ENOSYS, ErrorCode::kUnsupported},
    {EOPNOTSUPP, ErrorCode::kUnsupported}, {EIO, ErrorCode::kSystem},
    {EISDIR, ErrorCode::kSystem},          {0, ErrorCode::kSystem},
};

std::string name_of(const testing::TestParamInfo<Mapping>& info) {
  const char* name = strerrorname_np(info.param.system_errno);
  return name == nullptr || info.param.system_errno == 0 ? "none" : name;
}

INSTANTIATE_TEST_SUITE_P(All, ErrorMapping, testing::ValuesIn(kMappings), name_of);

TEST(ErrorText, NamesTheOperationAndWhatTheSystemSaid) {
  EXPECT_EQ(to_string(error_from_errno(ENOENT, "openat2")), "openat2: No such file or directory");
  EXPECT_EQ(to_string(error_from_errno(ECONNRESET, "")), "Connection reset by peer");
}

TEST(ErrorText, WithoutAnErrnoIsTheOperationAlone) {
  EXPECT_EQ(to_string(Error{ErrorCode::kChanged, 0, "splice"}), "splice");
}

TEST(StartErrorTest, CarriesKindOptionAndMessage) {
  const StartError error(StartError::Kind::kUsage, "listen", "'x' is no address");
  EXPECT_EQ(error.kind(), StartError::Kind::kUsage);
  EXPECT_EQ(error.option(), "listen");
  EXPECT_STREQ(error.what(), "'x' is no address");
}

TEST(ResultTest, IsAValueOrAnError) {
  const Result<int> answer = 42;
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, 42);
  const Result<int> failure = std::unexpected(error_from_errno(EACCES, "openat2"));
  ASSERT_FALSE(failure);
  EXPECT_EQ(failure.error().code, ErrorCode::kForbidden);
}

}  // namespace
}  // namespace sluice
