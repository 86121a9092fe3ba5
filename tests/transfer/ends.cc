#include "transfer/ends.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "transfer/route_fixture.h"

namespace sluice {

namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::system_category(), what);
  return result;
}

std::thread feeding(UniqueFd peer, std::string_view bytes) {
  return std::thread([peer = std::move(peer), bytes] { feed(peer.get(), bytes); });
}

PipeEnds make_pipe(bool reads) {
  int ends[2];
  checked(pipe2(ends, O_CLOEXEC), "pipe2");
  PipeEnds made{UniqueFd(ends[reads ? 0 : 1]), UniqueFd(ends[reads ? 1 : 0])};
  checked(fcntl(made.ours.get(), F_SETFL, O_NONBLOCK), "fcntl");
  return made;
}

TransferContext& context() { return *TransferContext::current(); }

}  // namespace

std::string_view name_of(SourceKind kind) {
  constexpr std::string_view kNames[] = {"file",  "tcp",    "unix",    "pipe",   "borrowed",
                                         "owned", "shared", "content", "chunks", "list"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view name_of(SinkKind kind) {
  constexpr std::string_view kNames[] = {"file",   "tcp",    "unix",    "pipe",
                                         "memory", "string", "response"};
  return kNames[static_cast<size_t>(kind)];
}

PipeEnds pipe_to_read() { return make_pipe(true); }

PipeEnds pipe_to_write() { return make_pipe(false); }

ScriptedContent::ScriptedContent(std::string arrived, uint64_t length, int socket, bool chunked)
    : arrived_(std::move(arrived)),
      length_(length),
      chunked_(chunked),
      bounds_(context(), kNoDeadline, nullptr),
      readiness_(bounds_, socket) {}

std::optional<uint64_t> ScriptedContent::length() const noexcept {
  if (chunked_) return std::nullopt;
  return length_;
}

std::string_view ScriptedContent::next_piece() noexcept {
  if (taken_ >= arrived_.size()) return {};
  const std::string_view piece = std::string_view(arrived_).substr(taken_, kPieceBytes);
  taken_ += piece.size();
  return piece;
}

Task<Result<std::string_view>> ScriptedContent::read() noexcept { co_return next_piece(); }

Result<std::string_view> ScriptedContent::read_arrived() noexcept {
  // The first chunk only, as if the others were not there yet.
  if (chunked_ && taken_ > 0) return std::string_view();
  return next_piece();
}

Task<Result<Readiness*>> ScriptedContent::socket() noexcept {
  const bool raw = !chunked_ && taken_ >= arrived_.size();
  co_return raw ? &readiness_ : nullptr;
}

ScriptedWriter::ScriptedWriter(int socket)
    : bounds_(context(), kNoDeadline, nullptr), readiness_(bounds_, socket) {}

Task<Result<void>> ScriptedWriter::write(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t sent = send(readiness_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno != EAGAIN) co_return std::unexpected(error_from_errno(errno, "send"));
    Task<Result<Readiness::Wake>> waiting = readiness_.wait(POLLOUT, Readiness::kPatient);
    if (const auto ready = co_await waiting; !ready) co_return std::unexpected(ready.error());
  }
  co_return Result<void>();
}

Task<Result<void>> ScriptedWriter::begin_piece(uint64_t bytes) noexcept {
  ++begun;
  piece_bytes += bytes;
  co_return Result<void>();
}

Task<Result<void>> ScriptedWriter::end_piece() noexcept {
  ++ended;
  co_return Result<void>();
}

TestSource::TestSource(const testing_support::TemporaryDirectory& directory, SourceKind kind,
                       std::string_view bytes, uint64_t offset)
    : kind_(kind), bytes_(bytes), offset_(offset) {
  constexpr size_t kWithHead = 3'000;
  switch (kind) {
    case SourceKind::kTcp:
    case SourceKind::kUnix: {
      Connection ends = connect_ends(kind == SourceKind::kTcp ? Family::kTcp : Family::kUnix);
      fd_ = std::move(ends.server);
      peer_ = feeding(std::move(ends.client), bytes_);
      return;
    }
    case SourceKind::kContent: {
      const auto arrived = bytes.substr(0, kWithHead);
      Connection ends = connect_ends(Family::kTcp);
      fd_ = std::move(ends.server);
      reader_ =
          std::make_unique<ScriptedContent>(std::string(arrived), bytes.size(), fd_.get(), false);
      content_ = std::make_unique<RequestContent>(*reader_);
      // What follows the content on the connection is not part of it.
      peer_ = std::thread([peer = std::move(ends.client), rest = bytes.substr(arrived.size())] {
        if (feed(peer.get(), rest)) feed(peer.get(), "GET / HTTP/1.1\r\n");
      });
      return;
    }
    case SourceKind::kChunks:
      reader_ = std::make_unique<ScriptedContent>(std::string(bytes), bytes.size(), -1, true);
      content_ = std::make_unique<RequestContent>(*reader_);
      return;
    case SourceKind::kPipe: {
      PipeEnds ends = pipe_to_read();
      fd_ = std::move(ends.ours);
      peer_ = feeding(std::move(ends.peer), bytes_);
      return;
    }
    default:
      break;
  }
  has_offset_ = kind != SourceKind::kList;
  in_front_ = std::string(this->offset(), '#') + std::string(bytes);
  if (kind == SourceKind::kFile || kind == SourceKind::kList) {
    directory.write("source", in_front_);
    fd_ =
        UniqueFd(checked(open(directory.path_of("source").c_str(), O_RDONLY | O_CLOEXEC), "open"));
  }
  if (kind == SourceKind::kShared) shared_ = SharedMemory::copy_of(in_front_).value();
}

TestSource::~TestSource() {
  fd_.reset();
  if (peer_.joinable()) peer_.join();
}

Source TestSource::source() const {
  switch (kind_) {
    case SourceKind::kFile:
      return Source::file(fd_.get());
    case SourceKind::kTcp:
    case SourceKind::kUnix:
      return Source::socket(fd_.get());
    case SourceKind::kPipe:
      return Source::pipe(fd_.get());
    case SourceKind::kBorrowed:
      return Source::memory(std::string_view(in_front_));
    case SourceKind::kOwned:
      return Source::owned(in_front_);
    case SourceKind::kShared:
      return Source::memory(shared_);
    case SourceKind::kContent:
    case SourceKind::kChunks:
      return Source::content(*content_);
    case SourceKind::kList:
      break;
  }
  // The first half out of memory, nothing, and the rest in a file of which too much is there.
  const size_t half = bytes_.size() / 2;
  std::vector<Source> inner;
  inner.push_back(Source::memory(SharedMemory()));
  inner.push_back(Source::memory(bytes_.substr(half)));
  std::vector<Source> parts;
  parts.push_back(Source::memory(bytes_.substr(0, half)));
  parts.push_back(Source::list(std::move(inner)));
  parts.push_back(Source::file(fd_.get()));
  return Source::list(std::move(parts));
}

TestSink::TestSink(const testing_support::TemporaryDirectory& directory, SinkKind kind,
                   uint64_t room_bytes)
    : kind_(kind), room_bytes_(room_bytes) {
  if (kind == SinkKind::kFile) {
    fd_ = UniqueFd(checked(
        open(directory.path_of("sink").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
        "open"));
    return;
  }
  if (kind == SinkKind::kMemory) text_.resize(room_bytes);
  if (kind == SinkKind::kString) text_ = "before";
  if (kind == SinkKind::kMemory || kind == SinkKind::kString) return;
  UniqueFd peer;
  if (kind == SinkKind::kPipe) {
    PipeEnds ends = pipe_to_write();
    fd_ = std::move(ends.ours);
    peer = std::move(ends.peer);
  } else {
    Connection ends = connect_ends(kind == SinkKind::kUnix ? Family::kUnix : Family::kTcp);
    fd_ = std::move(ends.server);
    peer = std::move(ends.client);
  }
  if (kind == SinkKind::kResponse) {
    writer_ = std::make_unique<ScriptedWriter>(fd_.get());
    stream_ = std::make_unique<ResponseStream>(*writer_);
  }
  peer_ = std::thread([this, peer = std::move(peer)] { text_ = drain(peer.get()); });
}

TestSink::~TestSink() {
  fd_.reset();
  if (peer_.joinable()) peer_.join();
}

Sink TestSink::sink() {
  switch (kind_) {
    case SinkKind::kFile:
      return Sink::file(fd_.get(), kFileOffset);
    case SinkKind::kTcp:
    case SinkKind::kUnix:
      return Sink::socket(fd_.get());
    case SinkKind::kPipe:
      return Sink::pipe(fd_.get());
    case SinkKind::kMemory:
      return Sink::memory(text_);
    case SinkKind::kString:
      return Sink::string(text_, text_.size() + room_bytes_);
    case SinkKind::kResponse:
      return Sink::response(*stream_);
  }
  return Sink::memory({});
}

std::string TestSink::received(uint64_t moved) {
  if (kind_ == SinkKind::kMemory) return text_.substr(0, moved);
  if (kind_ == SinkKind::kString) return text_.substr(std::string_view("before").size());
  if (kind_ == SinkKind::kFile) {
    std::string text(lseek(fd_.get(), 0, SEEK_END), '\0');
    text.resize(pread(fd_.get(), text.data(), text.size(), 0));
    return text.size() <= kFileOffset ? "" : text.substr(kFileOffset);
  }
  fd_.reset();
  peer_.join();
  return text_;
}

}  // namespace sluice
