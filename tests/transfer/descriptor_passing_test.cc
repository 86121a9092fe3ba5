// Descriptors over Unix sockets, with senders that do not keep to the rules.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <sluice/descriptor_passing.h>

#include "support/descriptors.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;

struct Pair {
  UniqueFd left;
  UniqueFd right;
};

Pair make_pair(int type, int flags = 0) {
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, type | flags | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A memfd that says what it is.
UniqueFd file_with(const std::string& content) {
  UniqueFd fd(memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(write(fd.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
  return fd;
}

std::string content_of(const UniqueFd& fd) {
  std::array<char, 64> buffer;
  const ssize_t bytes = pread(fd.get(), buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<size_t>(bytes > 0 ? bytes : 0)};
}

// What a sender may send that is not send_descriptor().
void send_raw(const UniqueFd& socket, std::string_view bytes, const std::vector<int>& fds) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(253 * sizeof(int))> control{};
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
  }
  ASSERT_EQ(sendmsg(socket.get(), &message, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

std::string framed(std::string_view note) {
  const auto length = static_cast<uint16_t>(note.size());
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes.append(note);
}

class EveryKindOfSocket : public testing::TestWithParam<int> {};

TEST_P(EveryKindOfSocket, CarriesDescriptorsWithTheirNotesInOrder) {
  const Pair pair = make_pair(GetParam());
  const std::string notes[] = {"a", std::string(kDescriptorNoteBytes, 'b'), std::string("\0c", 2)};
  for (const std::string& note : notes) {
    const UniqueFd file = file_with("for " + note.substr(0, 2));
    ASSERT_TRUE(send_descriptor(pair.left.get(), file.get(), note));
  }
  for (const std::string& note : notes) {
    const Result<PassedDescriptor> passed = receive_descriptor(pair.right.get());
    ASSERT_TRUE(passed) << to_string(passed.error());
    EXPECT_EQ(passed->note, note);
    EXPECT_EQ(content_of(passed->descriptor), "for " + note.substr(0, 2));
    EXPECT_NE(fcntl(passed->descriptor.get(), F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST_P(EveryKindOfSocket, SaysWhenTheOtherEndIsGone) {
  Pair pair = make_pair(GetParam());
  pair.left.reset();
  if (GetParam() != SOCK_DGRAM) {
    EXPECT_EQ(receive_descriptor(pair.right.get()).error().code, ErrorCode::kPeerGone);
  }
  const Result<void> sent = send_descriptor(pair.right.get(), 0, "note");
  ASSERT_FALSE(sent);
  if (GetParam() != SOCK_DGRAM) {
    EXPECT_EQ(sent.error().code, ErrorCode::kPeerGone);
  }
}

TEST_P(EveryKindOfSocket, DoesNotWaitUnlessTheSocketDoes) {
  const Pair pair = make_pair(GetParam(), SOCK_NONBLOCK);
  const Result<PassedDescriptor> nothing = receive_descriptor(pair.right.get());
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().system_errno, EAGAIN);
  Result<void> sent;
  size_t count = 0;
  while ((sent = send_descriptor(pair.left.get(), pair.left.get(), std::string(4096, 'x'))))
    ++count;
  EXPECT_EQ(sent.error().system_errno, EAGAIN);
  EXPECT_GT(count, 0U);
  // What was taken is whole.
  for (size_t i = 0; i < count; ++i) ASSERT_TRUE(receive_descriptor(pair.right.get()));
  EXPECT_FALSE(receive_descriptor(pair.right.get()));
}

TEST_P(EveryKindOfSocket, RefusesMessagesWithoutADescriptorOrWithSeveral) {
  const Pair pair = make_pair(GetParam());
  const auto before = open_descriptors();
  for (const size_t count : {0U, 2U, 3U, 120U, 253U}) {
    send_raw(pair.left, framed("note"), std::vector<int>(count, pair.left.get()));
    const Result<PassedDescriptor> refused = receive_descriptor(pair.right.get());
    ASSERT_FALSE(refused) << count;
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported) << count;
    EXPECT_EQ(open_descriptors(), before) << count;
  }
  // The next one is none the worse for it.
  ASSERT_TRUE(send_descriptor(pair.left.get(), pair.left.get(), "good"));
  const Result<PassedDescriptor> passed = receive_descriptor(pair.right.get());
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->note, "good");
}

TEST_P(EveryKindOfSocket, ClosesWhatComesWithALengthThatCannotBe) {
  for (const std::string& bytes : {std::string("\0\0", 2), std::string("\xff\xff x", 4)}) {
    const Pair pair = make_pair(GetParam());
    const auto before = open_descriptors();
    send_raw(pair.left, bytes, {pair.left.get()});
    const Result<PassedDescriptor> refused = receive_descriptor(pair.right.get());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(open_descriptors(), before);
  }
}

TEST_P(EveryKindOfSocket, WithoutARoomForADescriptorItIsLostAndNotLeaked) {
  const Pair pair = make_pair(GetParam());
  const auto before = open_descriptors();
  ASSERT_TRUE(send_descriptor(pair.left.get(), pair.left.get(), "note"));
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Result<PassedDescriptor> passed = receive_descriptor(pair.right.get());
  setrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_FALSE(passed);
  EXPECT_EQ(passed.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(open_descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(All, EveryKindOfSocket,
                         testing::Values(SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM));

TEST(DescriptorPassingTest, ANoteIsOfOneByteAtLeastAndNotTooLong) {
  const Pair pair = make_pair(SOCK_STREAM);
  for (const size_t bytes : {size_t{0}, kDescriptorNoteBytes + 1, size_t{1'000'000}}) {
    const Result<void> sent = send_descriptor(pair.left.get(), 0, std::string(bytes, 'n'));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, ErrorCode::kUnsupported);
  }
}

TEST(DescriptorPassingTest, WhatIsNoDescriptorIsNotSent) {
  const Pair pair = make_pair(SOCK_STREAM, SOCK_NONBLOCK);
  EXPECT_FALSE(send_descriptor(pair.left.get(), -1, "note"));
  EXPECT_FALSE(send_descriptor(pair.left.get(), 1'000'000, "note"));
  EXPECT_EQ(receive_descriptor(pair.right.get()).error().system_errno, EAGAIN);
}

// Byte by byte, and by a sender whose socket takes no message at once.
TEST(DescriptorPassingTest, AStreamMayTearAMessageApart) {
  const Pair pair = make_pair(SOCK_STREAM);
  const std::string bytes = framed("torn apart");
  std::thread sender([&] {
    send_raw(pair.left, bytes.substr(0, 1), {pair.left.get()});
    for (size_t i = 1; i < bytes.size(); ++i) send_raw(pair.left, bytes.substr(i, 1), {});
  });
  const Result<PassedDescriptor> passed = receive_descriptor(pair.right.get());
  sender.join();
  ASSERT_TRUE(passed) << to_string(passed.error());
  EXPECT_EQ(passed->note, "torn apart");
}

bool passes_in_parts(int flags) {
  const Pair pair = make_pair(SOCK_STREAM, flags);
  const int smallest = 1;
  setsockopt(pair.left.get(), SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
  const std::string note(kDescriptorNoteBytes, 'n');
  Result<void> sent;
  std::thread sender([&] { sent = send_descriptor(pair.left.get(), pair.left.get(), note); });
  Result<PassedDescriptor> passed = receive_descriptor(pair.right.get());
  while (!passed && passed.error().system_errno == EAGAIN) {
    passed = receive_descriptor(pair.right.get());
  }
  sender.join();
  return sent && passed && passed->note == note;
}

TEST(DescriptorPassingTest, ASmallSendBufferTakesAMessageInParts) {
  for (const int flags : {0, int{SOCK_NONBLOCK}}) {
    // A thread that has to wait for a processor may take longer than a frame is waited for.
    EXPECT_TRUE(passes_in_parts(flags) || passes_in_parts(flags) || passes_in_parts(flags));
  }
}

TEST(DescriptorPassingTest, AMessageThatIsNeverFinishedLeaksNothing) {
  Pair pair = make_pair(SOCK_STREAM, SOCK_NONBLOCK);
  const UniqueFd file = file_with("lost");
  auto before = open_descriptors();
  send_raw(pair.left, framed("a note").substr(0, 5), {file.get()});
  EXPECT_EQ(receive_descriptor(pair.right.get()).error().code, ErrorCode::kTimedOut);
  EXPECT_EQ(open_descriptors(), before);

  send_raw(pair.left, framed("a note").substr(0, 5), {file.get()});
  before.erase(pair.left.get());
  pair.left.reset();
  EXPECT_EQ(receive_descriptor(pair.right.get()).error().code, ErrorCode::kPeerGone);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(DescriptorPassingTest, FromOneProcessToAnother) {
  Pair pair = make_pair(SOCK_STREAM);
  const pid_t child = fork();
  if (child == 0) {
    pair.left.reset();
    const UniqueFd file = file_with("made by a child");
    _exit(send_descriptor(pair.right.get(), file.get(), "from a child") ? 0 : 1);
  }
  pair.right.reset();
  const Result<PassedDescriptor> passed = receive_descriptor(pair.left.get());
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->note, "from a child");
  EXPECT_EQ(content_of(passed->descriptor), "made by a child");
}

}  // namespace
}  // namespace sluice
