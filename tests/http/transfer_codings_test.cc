// Transfer codings by themselves, without llhttp's opinion of them: RFC 9112 §6.1, §6.3.
#include "http/transfer_codings.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

struct CodingsCase {
  std::string_view values;  // of several fields, separated by '|'
  int status;
};

class CodingsTest : public testing::TestWithParam<CodingsCase> {};

TEST_P(CodingsTest, AreChunkedAloneOrRefused) {
  TransferCodings whole;
  TransferCodings in_pieces;
  EXPECT_FALSE(whole.present());
  EXPECT_EQ(whole.error_status(1), 0);
  EXPECT_EQ(whole.error_status(0), 0);
  std::string_view rest = GetParam().values;
  while (true) {
    const std::string_view value = rest.substr(0, rest.find('|'));
    whole.feed(value);
    whole.end_value();
    for (const char& c : value) {
      in_pieces.feed({&c, 1});
    }
    in_pieces.end_value();
    if (value.size() == rest.size()) {
      break;
    }
    rest.remove_prefix(value.size() + 1);
  }
  EXPECT_TRUE(whole.present());
  EXPECT_EQ(whole.error_status(1), GetParam().status) << GetParam().values;
  EXPECT_EQ(in_pieces.error_status(1), GetParam().status) << GetParam().values;
  EXPECT_EQ(whole.error_status(0), 400) << GetParam().values;
}

INSTANTIATE_TEST_SUITE_P(
    Codings, CodingsTest,
    testing::Values(CodingsCase{"chunked", 0}, CodingsCase{"CHUNKED", 0},
                    CodingsCase{"\t chunked \t", 0}, CodingsCase{"", 400}, CodingsCase{",", 400},
                    CodingsCase{",chunked", 400}, CodingsCase{"chunked,", 400},
                    CodingsCase{"chunked|", 400}, CodingsCase{"|chunked", 400},
                    CodingsCase{"chunked,chunked", 400}, CodingsCase{"chunked|chunked", 400},
                    CodingsCase{"chunked, gzip", 400}, CodingsCase{"chunked|gzip", 400},
                    CodingsCase{"gzip, chunked, gzip", 400}, CodingsCase{"chunked;a=b", 400},
                    CodingsCase{"chunked ; a=b", 400}, CodingsCase{"chunked x", 400},
                    CodingsCase{"x chunked", 400}, CodingsCase{"\"chunked\"", 400},
                    CodingsCase{";chunked", 400}, CodingsCase{"gzip, @", 400},
                    CodingsCase{"gzip", 501}, CodingsCase{"identity", 501},
                    CodingsCase{"gzip;a=b", 501}, CodingsCase{"gzip ; a=\"b\"", 501},
                    CodingsCase{"gzip, chunked", 501}, CodingsCase{"gzip|chunked", 501},
                    CodingsCase{"gzip , deflate,chunked", 501}, CodingsCase{"chunke", 501},
                    CodingsCase{"chunkedd", 501},
                    CodingsCase{"chunkedchunkedchunkedchunked", 501}));

}  // namespace
}  // namespace sluice::http
