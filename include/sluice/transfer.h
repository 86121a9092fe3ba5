// Moves bytes from one end to another by the cheapest route that the kernel offers for the two.
//
//   const TransferResult moved = co_await transfer(Source::file(fd), Sink::socket(client));
//
// docs/TRANSFER.md shows the routes and what they cost. Transfers run on a thread of a Server, in
// its handlers, or below run() (sluice/run.h); nothing here is thread-safe.
//
// The kernel may hold a descriptor a little longer than the transfer it was in: until the loop of
// that thread has turned. A peer sees a close(2) only then, a shutdown(2) at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include <sluice/error.h>
#include <sluice/export.h>
#include <sluice/route.h>
#include <sluice/shared_memory.h>
#include <sluice/task.h>

namespace sluice {

class RequestContent;
class ResponseStream;

// Where bytes come from. Descriptors and borrowed memory stay the caller's and must stay as they
// are until the transfer is done. Sockets and pipes must be non-blocking (O_NONBLOCK, fcntl(2)).
class Source {
 public:
  SLUICE_API Source(const Source& other);
  SLUICE_API Source(Source&& other) noexcept;
  SLUICE_API Source& operator=(const Source& other);
  SLUICE_API Source& operator=(Source&& other) noexcept;
  SLUICE_API ~Source();

  // A regular file or a memfd, from TransferOptions::offset on. Its own position is not used.
  SLUICE_API static Source file(int fd) noexcept;
  // What arrives at a connected stream socket, up to its end.
  SLUICE_API static Source socket(int fd) noexcept;
  SLUICE_API static Source pipe(int fd) noexcept;
  // Bytes that stay where they are.
  SLUICE_API static Source memory(std::string_view bytes) noexcept;
  // Bytes of its own.
  SLUICE_API static Source owned(std::string bytes);
  SLUICE_API static Source memory(SharedMemory bytes) noexcept;
  // The content of a request, in a handler.
  SLUICE_API static Source content(RequestContent& content) noexcept;
  // One after the other.
  SLUICE_API static Source list(std::vector<Source> parts);

  struct File {
    int fd;
  };
  struct Socket {
    int fd;
  };
  struct Pipe {
    int fd;
  };
  struct Content {
    RequestContent* content;
  };
  struct List {
    std::shared_ptr<const std::vector<Source>> parts;
  };
  using Kind = std::variant<std::string_view, std::shared_ptr<const std::string>, SharedMemory,
                            File, Socket, Pipe, Content, List>;
  const Kind& kind() const noexcept { return kind_; }

 private:
  explicit Source(Kind kind) noexcept : kind_(std::move(kind)) {}

  Kind kind_;
};

// Where bytes go. As for Source.
class Sink {
 public:
  // A regular file or a memfd, from `offset` on. Its own position is not used; O_APPEND is not for
  // this (pwrite(2)). Where the source is the same file, the two ranges must not overlap:
  // kUnsupported, of TransferEnd::kNeither.
  SLUICE_API static Sink file(int fd, uint64_t offset = 0) noexcept;
  SLUICE_API static Sink socket(int fd) noexcept;
  SLUICE_API static Sink pipe(int fd) noexcept;
  // Up to the size of `bytes`.
  SLUICE_API static Sink memory(std::span<char> bytes) noexcept;
  // Appends. What is there, with what is added, is at most `limit_bytes`.
  SLUICE_API static Sink string(std::string& text, uint64_t limit_bytes) noexcept;
  // The body of a response that a handler streams.
  SLUICE_API static Sink response(ResponseStream& stream) noexcept;

  struct File {
    int fd;
    uint64_t offset;
  };
  struct Socket {
    int fd;
  };
  struct Pipe {
    int fd;
  };
  struct String {
    std::string* text;
    uint64_t limit_bytes;
  };
  struct Stream {
    ResponseStream* stream;
  };
  using Kind = std::variant<File, Socket, Pipe, std::span<char>, String, Stream>;
  const Kind& kind() const noexcept { return kind_; }

 private:
  explicit Sink(Kind kind) noexcept : kind_(kind) {}

  Kind kind_;
};

// Told how many bytes have reached the sink so far, again and again: once for each piece that was
// moved, of some MiB at the most. Refers to a function object that must outlive the transfer.
class Progress {
 public:
  Progress() noexcept = default;
  template <class Function>
    requires std::is_invocable_v<Function&, uint64_t>
  // NOLINTNEXTLINE(google-explicit-constructor): a function is written in the place of one
  Progress(Function& function) noexcept
      : object_(const_cast<void*>(static_cast<const void*>(&function))),
        call_([](void* object, uint64_t bytes) { (*static_cast<Function*>(object))(bytes); }) {}

  void operator()(uint64_t bytes) const {
    if (call_ != nullptr) call_(object_, bytes);
  }

  // True when there is a function.
  bool told() const noexcept { return call_ != nullptr; }

 private:
  void* object_ = nullptr;
  void (*call_)(void*, uint64_t) = nullptr;
};

// Ends transfers early, from another coroutine of the same thread: each returns kCancelled as soon
// as what it waits for can be taken back, with everything released. Must outlive them.
class Cancellation {
 public:
  Cancellation() noexcept = default;
  Cancellation(const Cancellation&) = delete;
  Cancellation& operator=(const Cancellation&) = delete;

  SLUICE_API void cancel() noexcept;
  bool cancelled() const noexcept { return cancelled_; }

  // What waits and is to be told; for the routes.
  class Waiter {
   public:
    virtual void cancelled() noexcept = 0;

   protected:
    ~Waiter() = default;

   private:
    friend class Cancellation;
    Waiter* next_ = nullptr;
    Waiter** link_ = nullptr;  // what points to this one; null exactly when nothing does
  };
  SLUICE_API void add(Waiter& waiter) noexcept;
  SLUICE_API void remove(Waiter& waiter) noexcept;

 private:
  Waiter* first_ = nullptr;
  bool cancelled_ = false;
};

inline constexpr uint64_t kToTheEnd = UINT64_MAX;
inline constexpr uint64_t kNoDeadline = UINT64_MAX;

// Copied freely. Members that are left out have these values.
struct TransferOptions {
  // Where to begin in a source that is a file or memory. REQUIRES: 0 for other sources.
  uint64_t offset = 0;
  // Bytes to move. A source that ends before that is an error (kChanged); kToTheEnd takes what
  // there is.
  uint64_t length = kToTheEnd;
  // Milliseconds from now, for all of it; then kTimedOut.
  uint64_t deadline_ms = kNoDeadline;
  // NOLINTNEXTLINE(readability-redundant-member-init): or GCC warns where it is left out
  Progress progress = {};
  Cancellation* cancellation = nullptr;  // null: it cannot be cancelled
  Route route = Route::kAuto;
  // The file is read, or written, once and does not belong in the page cache: what the transfer
  // brings there is dropped behind it (posix_fadvise(2)), so that it does not push out what others
  // use. For files that are written that means the pace of their disk.
  bool one_time = false;
};

enum class TransferEnd : uint8_t { kSource, kSink, kNeither };

struct TransferError {
  Error error;
  // Which of the two failed. kNeither: a deadline, a cancellation, a limit, or both together, of
  // which each would do: ranges of one file that overlap.
  TransferEnd end;
  uint64_t moved = 0;  // bytes that had reached the sink: where it failed, counted from offset
};

// "splice: No space left on device (sink, at byte 4096)".
SLUICE_API std::string to_string(const TransferError& error);

// Bytes moved, or what went wrong.
using TransferResult = std::expected<uint64_t, TransferError>;

// Moves bytes from `source` to `sink`. Where the route that was asked for cannot do it another one
// does, and a counter says why (TransferStats::fallbacks).
SLUICE_API Task<TransferResult> transfer(Source source, Sink sink, TransferOptions options = {});

// Moves what comes from `source` into `file` and, at the same time, to every one of `followers`, by
// tee(2): sockets, pipes, or the body of a response, which always gets it out of the file. The pace
// is that of the source and the file: a follower that takes too little now is given the rest out of
// the file, later, so the file must be open for reading too; one that fails is left behind. Done
// when the file has everything, and each follower all or an error: one that takes nothing is waited
// for until the deadline.
//
// TransferOptions::route is for the way into the file. A socket, a pipe or the content of a request
// is spliced (kAuto, kSplice) or copied (kCopy); any other route counts as kUnsuitableEnds, and it
// is spliced. Other sources go there as by transfer(). Followers are given what comes out of the
// pipe by splice(2), and what comes out of the file by kAuto.
struct FanOutResult {
  TransferResult file;
  std::vector<TransferResult> followers;
};
SLUICE_API Task<FanOutResult> fan_out(Source source, Sink file, std::vector<Sink> followers,
                                      TransferOptions options = {});

}  // namespace sluice
