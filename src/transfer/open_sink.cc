#include "transfer/open_sink.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>

#include <sluice/response.h>

namespace sluice {

namespace {

std::unexpected<Error> unsupported(const char* what) noexcept {
  return std::unexpected(Error{ErrorCode::kUnsupported, 0, what});
}

Result<void> check_kind(int fd, mode_t kind, const char* otherwise) noexcept {
  struct stat status;
  if (fstat(fd, &status) != 0) return std::unexpected(error_from_errno(errno, "fstat"));
  if ((status.st_mode & S_IFMT) != kind) return unsupported(otherwise);
  return {};
}

Result<void> check_non_blocking(int fd) noexcept {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return std::unexpected(error_from_errno(errno, "fcntl"));
  if ((flags & O_NONBLOCK) == 0) return unsupported("not O_NONBLOCK");
  return {};
}

Result<void> check_sink_file(const Sink::File& file) noexcept {
  if (const Result<uint64_t> size = size_of_file(file.fd); !size) {
    return std::unexpected(size.error());
  }
  const int flags = fcntl(file.fd, F_GETFL);
  if (flags < 0) return std::unexpected(error_from_errno(errno, "fcntl"));
  if ((flags & O_APPEND) != 0) return unsupported("O_APPEND");
  if (const Result<void> checked = check_access(file.fd, Access::kWrite); !checked) return checked;
  if (file.offset > INT64_MAX) return unsupported("offset");
  return {};
}

struct Opening {
  Passage& passage;
  OpenSink& open;

  Result<void> operator()(const Sink::File& file) const noexcept {
    const Result<void> checked = check_sink_file(file);
    if (checked) open.emplace<FileSink>(passage, file.fd, file.offset);
    return checked;
  }
  Result<void> operator()(const Sink::Socket& socket) const noexcept {
    const Result<void> checked = check_socket(socket.fd);
    if (checked) open.emplace<StreamSink>(passage, socket.fd, StreamSink::Kind::kSocket);
    return checked;
  }
  Result<void> operator()(const Sink::Pipe& pipe) const noexcept {
    const Result<void> checked = check_pipe(pipe.fd, Access::kWrite);
    if (checked) open.emplace<StreamSink>(passage, pipe.fd, StreamSink::Kind::kPipe);
    return checked;
  }
  Result<void> operator()(const std::span<char>& bytes) const noexcept {
    open.emplace<MemorySink>(passage, bytes);
    return {};
  }
  Result<void> operator()(const Sink::String& string) const noexcept {
    open.emplace<StringSink>(passage, *string.text, string.limit_bytes);
    return {};
  }
  Result<void> operator()(const Sink::Stream& stream) const noexcept {
    open.emplace<ResponseSink>(passage, stream.stream->writer());
    return {};
  }
};

}  // namespace

Outcome<void> open_sink(Passage& passage, const Sink& sink, OpenSink& open) noexcept {
  const Result<void> opened = std::visit(Opening{passage, open}, sink.kind());
  if (!opened) return passage.failure(opened.error(), TransferEnd::kSink);
  return {};
}

SinkEnd& end_of(OpenSink& sink) noexcept {
  if (auto* file = std::get_if<FileSink>(&sink)) return *file;
  if (auto* stream = std::get_if<StreamSink>(&sink)) return *stream;
  if (auto* memory = std::get_if<MemorySink>(&sink)) return *memory;
  if (auto* string = std::get_if<StringSink>(&sink)) return *string;
  return *std::get_if<ResponseSink>(&sink);
}

Task<void> finish(OpenSink& sink) noexcept {
  auto* file = std::get_if<FileSink>(&sink);
  if (file == nullptr) co_return;
  Task<void> finishing = file->finish();
  co_await finishing;
}

Result<uint64_t> size_of_file(int fd) noexcept {
  struct stat status;
  if (fstat(fd, &status) != 0) return std::unexpected(error_from_errno(errno, "fstat"));
  if (!S_ISREG(status.st_mode)) return unsupported("not a regular file");
  return static_cast<uint64_t>(status.st_size);
}

Result<void> check_access(int fd, Access access) noexcept {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return std::unexpected(error_from_errno(errno, "fcntl"));
  const bool reads = access == Access::kRead;
  const bool refused =
      (flags & O_PATH) != 0 || (flags & O_ACCMODE) == (reads ? O_WRONLY : O_RDONLY);
  if (!refused) return {};
  const char* const what = reads ? "not open for reading" : "not open for writing";
  return std::unexpected(error_from_errno(EBADF, what));
}

Result<void> check_socket(int fd) noexcept {
  if (const Result<void> checked = check_kind(fd, S_IFSOCK, "not a socket"); !checked) {
    return checked;
  }
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    return std::unexpected(error_from_errno(errno, "getsockopt"));
  }
  if (type != SOCK_STREAM) return unsupported("not a stream socket");
  return check_non_blocking(fd);
}

Result<void> check_pipe(int fd, Access access) noexcept {
  if (const Result<void> checked = check_kind(fd, S_IFIFO, "not a pipe"); !checked) return checked;
  if (const Result<void> checked = check_access(fd, access); !checked) return checked;
  return check_non_blocking(fd);
}

}  // namespace sluice
