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

using testing_support::outcome_of;

namespace {

// What is in a string that is appended to.
constexpr std::string_view kBefore = "before";

constexpr uint64_t kManyBytes = 1ULL << 30U;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::system_category(), what);
  return result;
}

// Runs on another thread, with an end that is closed when it is done.
template <class Function>
auto with_peer(UniqueFd peer, Function function) {
  return std::async(
      std::launch::async, [](UniqueFd end, Function use) { return use(end.get()); },
      std::move(peer), std::move(function));
}

std::future<bool> feeding(UniqueFd peer, std::string_view bytes) {
  return with_peer(std::move(peer), [bytes](int end) { return feed(end, bytes); });
}

PipeEnds make_pipe(bool reads) {
  int ends[2];
  checked(pipe2(ends, O_CLOEXEC), "pipe2");
  PipeEnds made{UniqueFd(ends[reads ? 0 : 1]), UniqueFd(ends[reads ? 1 : 0])};
  checked(fcntl(made.ours.get(), F_SETFL, O_NONBLOCK), "fcntl");
  return made;
}

UniqueFd open_file(const testing_support::TemporaryDirectory& directory, std::string_view name,
                   int flags) {
  return UniqueFd(checked(open(directory.path_of(name).c_str(), flags | O_CLOEXEC, 0600), "open"));
}

StoredBytes store(const testing_support::TemporaryDirectory& directory, SourceKind kind,
                  std::string_view bytes) {
  StoredBytes stored{.bytes = bytes};
  if (kind == SourceKind::kFile) directory.write("source", bytes);
  if (kind == SourceKind::kList) {
    directory.write("source", std::string(bytes.substr(list_file_begin(bytes))) + "and more");
  }
  if (kind == SourceKind::kFile || kind == SourceKind::kList) {
    stored.file = open_file(directory, "source", O_RDONLY);
  }
  if (kind == SourceKind::kOwned) stored.owned = Source::owned(std::string(bytes));
  if (kind == SourceKind::kShared) stored.shared = SharedMemory::copy_of(bytes).value();
  return stored;
}

TransferContext& context() { return *TransferContext::current(); }

Ring& ring() { return context().reactor.ring(); }

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

ScriptedContent::ScriptedContent(std::string_view arrived, uint64_t length, int socket,
                                 bool chunked, size_t piece_bytes)
    : arrived_(arrived),
      length_(length),
      chunked_(chunked),
      piece_bytes_(piece_bytes),
      bounds_(context(), kNoDeadline, nullptr),
      readiness_(bounds_, socket) {}

std::optional<uint64_t> ScriptedContent::length() const noexcept {
  if (chunked_) return std::nullopt;
  return length_;
}

std::string_view ScriptedContent::next_piece() noexcept {
  if (taken_ >= arrived_.size()) return {};
  const std::string_view piece = arrived_.substr(taken_, piece_bytes_);
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
    if (sent >= 0) {
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
    : kind_(kind),
      offset_(offset),
      in_front_(this->offset() == 0 ? "" : std::string(offset, '#') + std::string(bytes)),
      own_(store(directory, kind, this->offset() == 0 ? bytes : std::string_view(in_front_))),
      stored_(own_) {
  begin();
}

TestSource::TestSource(SourceKind kind, const StoredBytes& stored, uint64_t offset)
    : kind_(kind), offset_(offset), stored_(stored) {
  begin();
}

void TestSource::begin() {
  switch (kind_) {
    case SourceKind::kTcp:
    case SourceKind::kUnix: {
      Connection ends = connect_ends(kind_ == SourceKind::kTcp ? Family::kTcp : Family::kUnix);
      fd_ = std::move(ends.server);
      peer_ = feeding(std::move(ends.client), stored_.bytes);
      return;
    }
    case SourceKind::kPipe: {
      PipeEnds ends = pipe_to_read();
      fd_ = std::move(ends.ours);
      peer_ = feeding(std::move(ends.peer), stored_.bytes);
      return;
    }
    case SourceKind::kContent:
    case SourceKind::kChunks:
      begin_content();
      return;
    default:
      return;
  }
}

void TestSource::begin_content() {
  constexpr size_t kWithHead = 3'000;
  const bool chunked = kind_ == SourceKind::kChunks;
  const auto arrived = chunked ? stored_.bytes : stored_.bytes.substr(0, kWithHead);
  if (!chunked) {
    Connection ends = connect_ends(Family::kTcp);
    fd_ = std::move(ends.server);
    // What follows the content on the connection is not part of it.
    peer_ =
        with_peer(std::move(ends.client), [rest = stored_.bytes.substr(arrived.size())](int end) {
          return feed(end, rest) && feed(end, "GET / HTTP/1.1\r\n");
        });
  }
  reader_ = std::make_unique<ScriptedContent>(arrived, stored_.bytes.size(), fd_.get(), chunked,
                                              stored_.piece_bytes);
  content_ = std::make_unique<RequestContent>(*reader_);
}

TestSource::~TestSource() {
  fd_.reset();
  if (peer_.valid()) outcome_of(peer_, ring());
}

Source TestSource::source() const {
  switch (kind_) {
    case SourceKind::kFile:
      return Source::file(stored_.file.get());
    case SourceKind::kTcp:
    case SourceKind::kUnix:
      return Source::socket(fd_.get());
    case SourceKind::kPipe:
      return Source::pipe(fd_.get());
    case SourceKind::kBorrowed:
      return Source::memory(stored_.bytes);
    case SourceKind::kOwned:
      return *stored_.owned;
    case SourceKind::kShared:
      return Source::memory(stored_.shared);
    case SourceKind::kContent:
    case SourceKind::kChunks:
      return Source::content(*content_);
    case SourceKind::kList:
      break;
  }
  // Memory, nothing, more memory, and the rest in a file of which too much is there.
  const std::string_view in_memory = stored_.bytes.substr(0, list_file_begin(stored_.bytes));
  const size_t first_bytes = in_memory.size() / 3;
  std::vector<Source> inner;
  inner.push_back(Source::memory(SharedMemory()));
  inner.push_back(Source::memory(in_memory.substr(first_bytes)));
  std::vector<Source> parts;
  parts.push_back(Source::memory(in_memory.substr(0, first_bytes)));
  parts.push_back(Source::list(std::move(inner)));
  parts.push_back(Source::file(stored_.file.get()));
  return Source::list(std::move(parts));
}

TestSink::TestSink(const testing_support::TemporaryDirectory& directory, SinkKind kind,
                   std::string_view expected, uint64_t more_bytes)
    : TestSink(kind, expected, UniqueFd(), {}) {
  room_bytes_ += more_bytes;
  if (kind == SinkKind::kFile) fd_ = open_file(directory, "sink", O_RDWR | O_CREAT | O_TRUNC);
  if (kind != SinkKind::kMemory) return;
  own_memory_ = std::make_unique_for_overwrite<char[]>(room_bytes_);
  memory_ = {own_memory_.get(), room_bytes_};
}

TestSink::TestSink(SinkKind kind, std::string_view expected, UniqueFd file, std::span<char> memory)
    : kind_(kind),
      expected_(expected),
      room_bytes_(expected.size()),
      fd_(std::move(file)),
      memory_(memory) {
  if (kind == SinkKind::kString) text_ = kBefore;
  // Or while it grows a large one is there twice.
  if (kind == SinkKind::kString && room_bytes_ > kManyBytes)
    text_.reserve(room_bytes_ + text_.size());
  if (is_stream(kind) || kind == SinkKind::kResponse) begin_peer();
}

void TestSink::begin_peer() {
  UniqueFd peer;
  if (kind_ == SinkKind::kPipe) {
    PipeEnds ends = pipe_to_write();
    fd_ = std::move(ends.ours);
    peer = std::move(ends.peer);
  } else {
    Connection ends = connect_ends(kind_ == SinkKind::kUnix ? Family::kUnix : Family::kTcp);
    fd_ = std::move(ends.server);
    peer = std::move(ends.client);
  }
  if (kind_ == SinkKind::kResponse) {
    writer_ = std::make_unique<ScriptedWriter>(fd_.get());
    stream_ = std::make_unique<ResponseStream>(*writer_);
  }
  peer_ = with_peer(std::move(peer),
                    [expected = expected_](int end) { return drain_and_compare(end, expected); });
}

TestSink::~TestSink() {
  fd_.reset();
  if (peer_.valid()) outcome_of(peer_, ring());
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
      return Sink::memory(memory_);
    case SinkKind::kString:
      return Sink::string(text_, text_.size() + room_bytes_);
    case SinkKind::kResponse:
      return Sink::response(*stream_);
  }
  return Sink::memory({});
}

Arrival TestSink::arrived(uint64_t moved) {
  if (kind_ == SinkKind::kFile) return compare_file(fd_.get(), kFileOffset, expected_);
  if (kind_ == SinkKind::kMemory || kind_ == SinkKind::kString) {
    Arrival arrival;
    arrival.add(kind_ == SinkKind::kMemory ? std::string_view(memory_.data(), moved)
                                           : std::string_view(text_).substr(kBefore.size()),
                expected_);
    return arrival;
  }
  fd_.reset();
  return outcome_of(peer_, ring());
}

}  // namespace sluice
