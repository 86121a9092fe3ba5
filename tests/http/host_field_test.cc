// Host: RFC 9110 §7.2, RFC 3986 §3.2.2.
#include "http/host_field.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

struct HostValue {
  std::string_view value;
  bool valid;
};

class HostValueTest : public testing::TestWithParam<HostValue> {};

TEST_P(HostValueTest, IsJudgedInAnyPieces) {
  const std::string_view value = GetParam().value;
  EXPECT_EQ(is_valid_host(value), GetParam().valid) << value;
  for (size_t at = 0; at <= value.size(); ++at) {
    HostCheck check;
    check.feed(value.substr(0, at));
    check.feed(value.substr(at));
    EXPECT_EQ(check.valid(), GetParam().valid) << value << " cut at " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Valid, HostValueTest,
    testing::Values(HostValue{"a", true}, HostValue{"example.org", true},
                    HostValue{"EXAMPLE.org.", true}, HostValue{"localhost:8080", true},
                    HostValue{"127.0.0.1:80", true}, HostValue{"a:", true}, HostValue{"a:0", true},
                    HostValue{"a:65535", true}, HostValue{"a:00080", true},
                    HostValue{"[::1]", true}, HostValue{"[::1]:8080", true},
                    HostValue{"[v1.fe80::a]", true}, HostValue{"a%c3%A4.org", true},
                    HostValue{"a_b-c~d.e", true}, HostValue{"a!$&'()*+;=", true},
                    HostValue{"a \t ", true}, HostValue{"[::1] ", true}, HostValue{"a:80 ", true}));

INSTANTIATE_TEST_SUITE_P(
    Invalid, HostValueTest,
    testing::Values(HostValue{"", false}, HostValue{" ", false}, HostValue{" a", false},
                    HostValue{":", false}, HostValue{":80", false}, HostValue{"a b", false},
                    HostValue{"a,b", false}, HostValue{"a:80,b", false}, HostValue{"u@a", false},
                    HostValue{"u:p@a", false}, HostValue{"a/b", false}, HostValue{"a/", false},
                    HostValue{"a?b", false}, HostValue{"a#b", false}, HostValue{"a\\b", false},
                    HostValue{"http://a", false}, HostValue{"a:b", false},
                    HostValue{"a:80:80", false}, HostValue{"a:65536", false},
                    HostValue{"a:4294967376", false}, HostValue{"a:+80", false},
                    HostValue{"a:8 0", false}, HostValue{"[]", false}, HostValue{"[", false},
                    HostValue{"[::1", false}, HostValue{"::1", false}, HostValue{"[::1]a", false},
                    HostValue{"[::1]]", false}, HostValue{"a[::1]", false},
                    HostValue{"[::1%eth0]", false}, HostValue{"[:: 1]", false},
                    HostValue{"a%", false}, HostValue{"a%4", false}, HostValue{"a%4g", false},
                    HostValue{"%", false}, HostValue{"a\"", false}, HostValue{"<a>", false},
                    HostValue{"a^", false}, HostValue{"a{}", false}, HostValue{"a|b", false},
                    HostValue{"\x7f", false}, HostValue{"\xc3\xa4", false},
                    HostValue{"a\x01", false}, HostValue{std::string_view("a\0", 2), false}));

}  // namespace
}  // namespace sluice::http
