#include "transfer/transfer_case.h"

#include <gtest/gtest.h>

#include <ostream>

namespace sluice {

std::ostream& operator<<(std::ostream& out, const TransferCase& one) {
  return out << name_of(one.source) << " to " << name_of(one.sink) << " by " << name_of(one.route)
             << ", " << one.bytes << " bytes from " << one.offset
             << (one.to_the_end ? " to the end" : "");
}

Task<void> expect_every_byte(TransferCase one, TestSource& source, TestSink& sink) {
  TransferOptions options;
  options.offset = source.offset();
  options.length = one.to_the_end ? kToTheEnd : one.bytes;
  options.route = one.route;
  Task<TransferResult> moving = transfer(source.source(), sink.sink(), options);
  const TransferResult moved = co_await moving;
  EXPECT_TRUE(moved) << to_string(moved.error());
  if (moved) {
    EXPECT_EQ(*moved, one.bytes);
  }
  EXPECT_EQ(sink.arrived(one.bytes), Arrival{.bytes = one.bytes});
  if (sink.writer() != nullptr) {
    EXPECT_EQ(sink.writer()->begun, sink.writer()->ended);
  }
}

}  // namespace sluice
