// From a stream into the file of a fan-out, and past its followers.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "io/pipe_pool.h"
#include "transfer/content_reader.h"
#include "transfer/fan_out_file.h"
#include "transfer/follower.h"
#include "transfer/passage.h"
#include "transfer/sink_end.h"
#include "transfer/source_end.h"

namespace sluice {

// Fills a pipe, offers what it holds to the followers, and empties it into the file: of that alone
// it waits for the end, and so has the pace of the source and the file.
class FanOutFeed {
 public:
  // All of these outlive this; `pipe` is not empty.
  FanOutFeed(Passage& passage, FanOutFile& file, std::deque<Follower>& followers,
             PipePool::Lease pipe) noexcept
      : passage_(passage),
        file_(file),
        followers_(followers),
        pipe_(std::move(pipe)),
        sink_(passage, file.fd, file.offset),
        left_(file.length) {}

  // What arrives, up to the length that is wanted.
  Task<Outcome<void>> take(StreamSource& source);
  Task<Outcome<void>> take(ContentReader& content);

 private:
  Task<Outcome<void>> take_spliced(StreamSource& source);
  Task<Outcome<void>> take_copied(StreamSource& source);
  Task<Outcome<void>> take_socket(ContentReader& content, Readiness& socket);
  Outcome<void> at_end() const noexcept;

  // Bytes of this process, through the pipe like all others.
  Task<Outcome<void>> pass_on(std::string_view bytes);
  // What the pipe holds.
  Task<Outcome<void>> pass_on(Route route);
  Task<Outcome<void>> write_copied();
  void wrote(uint64_t bytes) noexcept;

  Passage& passage_;
  FanOutFile& file_;
  std::deque<Follower>& followers_;
  PipePool::Lease pipe_;
  FileSink sink_;
  uint64_t left_;  // of the length that is wanted; or kToTheEnd
  bool file_refuses_splice_ = false;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace sluice
