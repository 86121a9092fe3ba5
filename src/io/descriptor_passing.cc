#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include <sluice/descriptor_passing.h>

namespace sluice {

namespace {

// On the socket each message is the length of its note, in this machine's byte order, and the note:
// a stream may hand over the bytes of two messages together.
using NoteLength = uint16_t;
static_assert(kDescriptorNoteBytes <= UINT16_MAX);
constexpr size_t kFrameBytes = sizeof(NoteLength) + kDescriptorNoteBytes;

// For the rest of a message that has begun to move; its other end has no reason to take longer.
constexpr int kRestTimeoutMs = 1'000;

// Room for some descriptors that nobody expects, and for credentials (SO_PASSCRED): the kernel
// drops what does not fit and says so.
constexpr size_t kControlBytes = 512;

Error no_single_descriptor() noexcept { return {ErrorCode::kUnsupported, 0, "SCM_RIGHTS"}; }

// A message must not be left half done on a socket that does not block.
Result<void> wait_for_rest(int unix_socket, short events) noexcept {
  pollfd waiting{.fd = unix_socket, .events = events, .revents = 0};
  int ready;
  do {
    ready = poll(&waiting, 1, kRestTimeoutMs);
  } while (ready < 0 && errno == EINTR);
  if (ready < 0) return std::unexpected(error_from_errno(errno, "poll"));
  if (ready == 0) return std::unexpected(error_from_errno(ETIMEDOUT, "poll"));
  return {};
}

Result<void> send_rest(int unix_socket, std::span<const char> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t sent = send(unix_socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return std::unexpected(error_from_errno(errno, "send"));
    if (const Result<void> room = wait_for_rest(unix_socket, POLLOUT); !room) return room;
  }
  return {};
}

// Receives, and collects the descriptors that come along.
class Receiver {
 public:
  explicit Receiver(int unix_socket) noexcept : socket_(unix_socket) {}

  // One recvmsg(2); at least one byte.
  Result<size_t> receive(std::span<char> buffer) noexcept;
  // `buffer`, completely.
  Result<void> receive_all(std::span<char> buffer) noexcept;

  // The only descriptor that has come.
  Result<UniqueFd> take() noexcept;

 private:
  void collect(msghdr& message) noexcept;

  const int socket_;
  UniqueFd first_;
  size_t count_ = 0;
  bool truncated_ = false;
};

Result<size_t> Receiver::receive(std::span<char> buffer) noexcept {
  alignas(cmsghdr) std::array<char, kControlBytes> control;
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t received;
  do {
    received = recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return std::unexpected(error_from_errno(errno, "recvmsg"));
  collect(message);
  if (received == 0) return std::unexpected(Error{ErrorCode::kPeerGone, 0, "recvmsg"});
  return static_cast<size_t>(received);
}

void Receiver::collect(msghdr& message) noexcept {
  if ((message.msg_flags & MSG_CTRUNC) != 0) truncated_ = true;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t bytes = header->cmsg_len - CMSG_LEN(0);
    for (size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(header) + at, sizeof fd);
      UniqueFd arrived(fd);
      if (count_++ == 0) first_ = std::move(arrived);
    }
  }
}

Result<void> Receiver::receive_all(std::span<char> buffer) noexcept {
  while (!buffer.empty()) {
    const Result<size_t> received = receive(buffer);
    if (received) {
      buffer = buffer.subspan(*received);
      continue;
    }
    if (received.error().system_errno != EAGAIN) return std::unexpected(received.error());
    if (const Result<void> more = wait_for_rest(socket_, POLLIN); !more) return more;
  }
  return {};
}

Result<UniqueFd> Receiver::take() noexcept {
  // The kernel had one and this process no number for it.
  if (count_ == 0 && truncated_) return std::unexpected(error_from_errno(EMFILE, "recvmsg"));
  if (count_ != 1 || truncated_) return std::unexpected(no_single_descriptor());
  return std::move(first_);
}

bool is_stream(int socket) noexcept {
  int type = 0;
  socklen_t length = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

// The length of the note in `frame`, once as much of it is there as one can be sure of.
Result<NoteLength> receive_frame(Receiver& receiver, bool stream, std::span<char> frame) noexcept {
  // Of a stream no byte of the next message may be taken; of a packet the rest would be lost.
  const Result<size_t> received =
      receiver.receive(stream ? frame.first(sizeof(NoteLength)) : frame);
  if (!received) return std::unexpected(received.error());
  size_t there = *received;
  if (stream && there < sizeof(NoteLength)) {
    const Result<void> rest =
        receiver.receive_all(frame.subspan(there, sizeof(NoteLength) - there));
    if (!rest) return std::unexpected(rest.error());
    there = sizeof(NoteLength);
  }
  NoteLength length = 0;
  if (there >= sizeof length) std::memcpy(&length, frame.data(), sizeof length);
  const bool whole = stream || there == sizeof length + length;
  if (length == 0 || length > kDescriptorNoteBytes || !whole) {
    return std::unexpected(no_single_descriptor());
  }
  if (stream) {
    const Result<void> note = receiver.receive_all(frame.subspan(sizeof length, length));
    if (!note) return std::unexpected(note.error());
  }
  return length;
}

}  // namespace

Result<void> send_descriptor(int unix_socket, int descriptor, std::string_view note) noexcept {
  if (note.empty() || note.size() > kDescriptorNoteBytes) {
    return std::unexpected(error_from_errno(EINVAL, "send_descriptor"));
  }
  std::array<char, kFrameBytes> frame;
  const auto length = static_cast<NoteLength>(note.size());
  std::memcpy(frame.data(), &length, sizeof length);
  note.copy(frame.data() + sizeof length, note.size());
  const std::span<const char> bytes(frame.data(), sizeof length + note.size());

  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec part{frame.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);

  ssize_t sent;
  do {
    sent = sendmsg(unix_socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return std::unexpected(error_from_errno(errno, "sendmsg"));
  return send_rest(unix_socket, bytes.subspan(static_cast<size_t>(sent)));
}

Result<PassedDescriptor> receive_descriptor(int unix_socket) {
  std::array<char, kFrameBytes> frame;
  Receiver receiver(unix_socket);
  const Result<NoteLength> length = receive_frame(receiver, is_stream(unix_socket), frame);
  if (!length) return std::unexpected(length.error());
  Result<UniqueFd> descriptor = receiver.take();
  if (!descriptor) return std::unexpected(descriptor.error());
  return PassedDescriptor{std::move(*descriptor),
                          std::string(frame.data() + sizeof(NoteLength), *length)};
}

}  // namespace sluice
