#include "transfer/splice_pump.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

#include "io/file_operations.h"
#include "io/operations.h"
#include "transfer/not_spliceable.h"
#include "transfer/open_sink.h"
#include "transfer/outgoing_file.h"

namespace sluice {

namespace {

constexpr uint64_t kChunkBytes = 1024 * 1024;

bool anything_waits(int fd) noexcept {
  int waiting = 0;
  return ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

Error splice_error(ssize_t result) noexcept {
  return error_from_errno(static_cast<int>(-result), "splice");
}

Task<ssize_t> hop(Passage& passage, Route route, int from, int to, uint64_t bytes) noexcept {
  if (route != Route::kRingSplice) {
    co_return passage.direct().splice(from, DirectCalls::kNoOffset, to, DirectCalls::kNoOffset,
                                      bytes, 0);
  }
  int result;
  do {
    Splice splicing(passage.reactor(), from, Splice::kNoOffset, to, static_cast<uint32_t>(bytes),
                    0);
    result = co_await splicing;
  } while (result == -EINTR);
  co_return result;
}

// Two streams, of which -EAGAIN does not say who is not ready.
class Impasse {
 public:
  bool hopeless() const noexcept { return fruitless_count_ > kFruitlessCount; }
  void over() noexcept { fruitless_count_ = 0; }

  Task<Outcome<void>> wait(Passage& passage, StreamSource& source, StreamSink& sink) noexcept {
    sink_next_ = fruitless_count_ == 0 ? anything_waits(source.fd()) : !sink_next_;
    ++fruitless_count_;
    return sink_next_ ? passage.wait_for(sink.readiness(), POLLOUT, TransferEnd::kSink)
                      : passage.wait_for(source.readiness(), POLLIN, TransferEnd::kSource);
  }

 private:
  unsigned fruitless_count_ = 0;
  bool sink_next_ = false;
};

// Nothing came out.
Outcome<PumpEnd> at_end(const StreamSource& source) noexcept {
  if (source.end_is_false()) return PumpEnd::kNotSpliceable;
  if (const Outcome<void> ended = source.ended(); !ended) return std::unexpected(ended.error());
  return PumpEnd::kDone;
}

uint64_t next_chunk(const StreamSource& source, uint64_t left) noexcept {
  return std::min({left, source.limit(), kChunkBytes});
}

}  // namespace

Task<Outcome<PumpEnd>> splice_streams(StreamSource& source, StreamSink& sink, uint64_t& left,
                                      Route route) {
  Passage& passage = sink.passage();
  Impasse impasse;
  while (left > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return std::unexpected(may.error());
    const uint64_t chunk = next_chunk(source, left);
    if (chunk == 0) break;

    Task<ssize_t> hopping = hop(passage, route, source.fd(), sink.fd(), chunk);
    const ssize_t result = co_await hopping;
    if (result == 0) co_return at_end(source);
    if (result > 0) {
      impasse.over();
      left -= static_cast<uint64_t>(result);
      source.took(static_cast<uint64_t>(result));
      passage.reached_sink(static_cast<uint64_t>(result), route);
      continue;
    }
    if (is_not_spliceable(result) || impasse.hopeless()) co_return PumpEnd::kNotSpliceable;
    if (result != -EAGAIN) {
      const bool of_sink = source.is_pipe() || result == -EPIPE;
      Readiness& failed = of_sink ? sink.readiness() : source.readiness();
      co_return passage.failure(failed.error(static_cast<int>(-result), "splice"),
                                of_sink ? TransferEnd::kSink : TransferEnd::kSource);
    }
    Task<Outcome<void>> waiting = impasse.wait(passage, source, sink);
    if (const Outcome<void> ready = co_await waiting; !ready) {
      co_return std::unexpected(ready.error());
    }
  }
  co_return PumpEnd::kDone;
}

Task<Outcome<PumpEnd>> splice_pipe_to_file(StreamSource& source, FileSink& sink, uint64_t& left,
                                           Route route) {
  Passage& passage = sink.passage();
  while (left > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return std::unexpected(may.error());
    if (!anything_waits(source.fd())) {
      Task<Outcome<void>> waiting =
          passage.wait_for(source.readiness(), POLLIN, TransferEnd::kSource);
      if (const Outcome<void> ready = co_await waiting; !ready) {
        co_return std::unexpected(ready.error());
      }
    }
    SpliceInto splicing(passage.reactor(), source.fd(), sink.fd(), sink.offset(),
                        static_cast<uint32_t>(next_chunk(source, left)));
    const int result = co_await splicing;
    if (result == 0) co_return at_end(source);
    if (result > 0) {
      left -= static_cast<uint64_t>(result);
      Task<void> noting = sink.wrote(static_cast<uint64_t>(result), route);
      co_await noting;
    } else if (is_not_spliceable(result)) {
      co_return PumpEnd::kNotSpliceable;
    } else if (result != -EAGAIN && result != -EINTR) {
      co_return passage.failure(splice_error(result), TransferEnd::kSink);
    }
  }
  co_return PumpEnd::kDone;
}

namespace {

// What is in a pipe by reference is lost where the file is cut off meanwhile.
Outcome<void> still_whole(Passage& passage, const FileSource& source, uint64_t left) noexcept {
  const Result<uint64_t> size = size_of_file(source.fd());
  if (size && *size >= source.offset() + left) return {};
  return passage.failure(kFileChanged, TransferEnd::kSource);
}

}  // namespace

Task<Outcome<PumpEnd>> splice_file_to_pipe(FileSource& source, StreamSink& sink, uint64_t& left,
                                           Route route) {
  Passage& passage = sink.passage();
  const int capacity = fcntl(sink.fd(), F_GETPIPE_SZ);
  const uint64_t room = capacity > 0 ? static_cast<uint64_t>(capacity) : kChunkBytes;
  while (left > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return std::unexpected(may.error());
    const uint64_t chunk = std::min({left, room, kChunkBytes});
    const auto offset = static_cast<int64_t>(source.offset());
    ssize_t result;
    if (route != Route::kRingSplice &&
        passage.direct().cached(source.fd(), source.offset(), chunk) == 1) {
      result =
          passage.direct().splice(source.fd(), offset, sink.fd(), DirectCalls::kNoOffset, chunk, 0);
    } else {
      Splice splicing(passage.reactor(), source.fd(), offset, sink.fd(),
                      static_cast<uint32_t>(chunk), 0);
      result = co_await splicing;
    }
    // It was longer when the transfer began.
    if (result == 0) co_return passage.failure(kFileChanged, TransferEnd::kSource);
    if (result > 0) {
      left -= static_cast<uint64_t>(result);
      passage.reached_sink(static_cast<uint64_t>(result), route);
      Task<void> taking = source.took(static_cast<uint64_t>(result));
      co_await taking;
    } else if (is_not_spliceable(result)) {
      co_return PumpEnd::kNotSpliceable;
    } else if (result == -EAGAIN) {
      Task<Outcome<void>> waiting = passage.wait_for(sink.readiness(), POLLOUT, TransferEnd::kSink);
      Outcome<void> goes_on = co_await waiting;
      if (goes_on) goes_on = still_whole(passage, source, left);
      if (!goes_on) co_return std::unexpected(goes_on.error());
    } else if (result != -EINTR) {
      co_return passage.failure(splice_error(result),
                                result == -EPIPE ? TransferEnd::kSink : TransferEnd::kSource);
    }
  }
  co_return PumpEnd::kDone;
}

namespace {

enum class Filled : uint8_t { kSome, kNothingNow, kEnd, kNotSpliceable };

// What the socket has now, into the pipe.
Task<Outcome<Filled>> fill(Passage& passage, StreamSource& source, Pipe& pipe, uint64_t& left,
                           Route route) {
  Filled stopped = Filled::kEnd;
  while (true) {
    const uint64_t chunk = std::min(
        next_chunk(source, left), kChunkBytes - std::min<uint64_t>(kChunkBytes, pipe.bytes_inside));
    if (chunk == 0) break;
    Task<ssize_t> hopping = hop(passage, route, source.fd(), pipe.write_end.get(), chunk);
    const ssize_t result = co_await hopping;
    if (result > 0) {
      pipe.bytes_inside += static_cast<uint32_t>(result);
      left -= static_cast<uint64_t>(result);
      source.took(static_cast<uint64_t>(result));
      continue;
    }
    if (result < 0 && result != -EAGAIN && !is_not_spliceable(result)) {
      co_return passage.failure(source.readiness().error(static_cast<int>(-result), "splice"),
                                TransferEnd::kSource);
    }
    if (result == -EAGAIN) stopped = Filled::kNothingNow;
    if (is_not_spliceable(result)) stopped = Filled::kNotSpliceable;
    break;
  }
  co_return pipe.bytes_inside > 0 ? Filled::kSome : stopped;
}

// One move of what the pipe holds; what splice(2) yields where that is neither an error nor a wait.
Task<Outcome<ssize_t>> drain_once(StreamSink& sink, Pipe& pipe, Route route) {
  Passage& passage = sink.passage();
  Task<ssize_t> hopping = hop(passage, route, pipe.read_end.get(), sink.fd(), pipe.bytes_inside);
  const ssize_t result = co_await hopping;
  if (result > 0) {
    passage.reached_sink(static_cast<uint64_t>(result), route);
  } else if (result == -EAGAIN) {
    Task<Outcome<void>> waiting = passage.wait_for(sink.readiness(), POLLOUT, TransferEnd::kSink);
    if (const Outcome<void> ready = co_await waiting; !ready) {
      co_return std::unexpected(ready.error());
    }
  } else if (!is_not_spliceable(result)) {
    const int system_errno = result == 0 ? EPIPE : static_cast<int>(-result);
    co_return passage.failure(sink.readiness().error(system_errno, "splice"), TransferEnd::kSink);
  }
  co_return result;
}

Task<Outcome<ssize_t>> drain_once(FileSink& sink, Pipe& pipe, Route route) {
  Passage& passage = sink.passage();
  SpliceInto splicing(passage.reactor(), pipe.read_end.get(), sink.fd(), sink.offset(),
                      pipe.bytes_inside);
  const int result = co_await splicing;
  if (result > 0) {
    Task<void> noting = sink.wrote(static_cast<uint64_t>(result), route);
    co_await noting;
  } else if (result == 0 || (!is_not_spliceable(result) && result != -EAGAIN && result != -EINTR)) {
    co_return passage.failure(
        result == 0 ? error_from_errno(ENOSPC, "splice") : splice_error(result),
        TransferEnd::kSink);
  }
  co_return static_cast<ssize_t>(result);
}

// What the pipe holds, where the sink does not take it by reference.
Task<Outcome<void>> copy_out(SinkEnd& sink, Pipe& pipe) {
  constexpr size_t kPieceBytes = 16 * 1024;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kPieceBytes);
  while (pipe.bytes_inside > 0) {
    const ssize_t result =
        sink.passage().direct().read(pipe.read_end.get(), {buffer.get(), kPieceBytes});
    if (result <= 0) {
      const int system_errno = result == 0 ? EPIPE : static_cast<int>(-result);
      co_return sink.passage().failure(error_from_errno(system_errno, "read"),
                                       TransferEnd::kSource);
    }
    pipe.bytes_inside -= static_cast<uint32_t>(result);
    Task<Outcome<void>> writing =
        sink.write(std::string_view(buffer.get(), static_cast<size_t>(result)));
    if (const Outcome<void> written = co_await writing; !written) co_return written;
  }
  co_return Outcome<void>();
}

template <class Sink>
Task<Outcome<PumpEnd>> drain(Sink& sink, Pipe& pipe, Route route) {
  while (pipe.bytes_inside > 0) {
    Task<Outcome<void>> going_on = sink.passage().go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return std::unexpected(may.error());
    Task<Outcome<ssize_t>> draining = drain_once(sink, pipe, route);
    const Outcome<ssize_t> drained = co_await draining;
    if (!drained) co_return std::unexpected(drained.error());
    if (*drained > 0) pipe.bytes_inside -= static_cast<uint32_t>(*drained);
    if (!is_not_spliceable(*drained)) continue;
    Task<Outcome<void>> copying = copy_out(sink, pipe);
    if (const Outcome<void> copied = co_await copying; !copied) {
      co_return std::unexpected(copied.error());
    }
    co_return PumpEnd::kNotSpliceable;
  }
  co_return PumpEnd::kDone;
}

template <class Sink>
Task<Outcome<PumpEnd>> splice_through(StreamSource& source, Sink& sink, uint64_t& left,
                                      Route route) {
  Passage& passage = sink.passage();
  PipePool::Lease lease;
  unsigned fruitless_count = 0;
  while (left > 0) {
    Task<Outcome<void>> going_on = passage.go_on();
    if (const Outcome<void> may = co_await going_on; !may) co_return std::unexpected(may.error());
    if (!lease) lease = passage.context().pipes.try_acquire();
    if (!lease) co_return PumpEnd::kNoPipe;

    Task<Outcome<Filled>> filling = fill(passage, source, *lease, left, route);
    const Outcome<Filled> filled = co_await filling;
    if (!filled) co_return std::unexpected(filled.error());
    if (*filled == Filled::kEnd) co_return at_end(source);
    if (*filled == Filled::kNotSpliceable) co_return PumpEnd::kNotSpliceable;
    if (*filled == Filled::kSome) {
      fruitless_count = 0;
      Task<Outcome<PumpEnd>> draining = drain(sink, *lease, route);
      const Outcome<PumpEnd> drained = co_await draining;
      if (!drained || *drained != PumpEnd::kDone) co_return drained;
      continue;
    }
    lease.release();
    if (++fruitless_count > kFruitlessCount) co_return PumpEnd::kNotSpliceable;
    Task<Outcome<void>> waiting =
        passage.wait_for(source.readiness(), POLLIN, TransferEnd::kSource);
    if (const Outcome<void> ready = co_await waiting; !ready) {
      co_return std::unexpected(ready.error());
    }
  }
  co_return PumpEnd::kDone;
}

}  // namespace

Task<Outcome<PumpEnd>> splice_to_socket(StreamSource& source, StreamSink& sink, uint64_t& left,
                                        Route route) {
  return splice_through(source, sink, left, route);
}

Task<Outcome<PumpEnd>> splice_to_file(StreamSource& source, FileSink& sink, uint64_t& left,
                                      Route route) {
  return splice_through(source, sink, left, route);
}

}  // namespace sluice
