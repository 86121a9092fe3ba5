// A client of the simulated server: follows a script, and remembers what it was told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sluice/options.h>
#include <sluice/unique_fd.h>

#include "ring/ring.h"
#include "sim/request_plan.h"
#include "support/random.h"
#include "support/response_reader.h"

namespace sluice::sim {

// What a client is going to do.
struct Script {
  std::vector<RequestPlan> requests;

  // --- Sending
  // ------------------------------------------------------------------------------------
  size_t window = 1;              // requests that may be unanswered: more than one is pipelining
  size_t piece_bytes = SIZE_MAX;  // at most so many in one send
  double pause = 0;               // after a piece, with this probability,
  uint64_t pause_ms = 0;          // at most so long
  uint64_t stops_sending_after = UINT64_MAX;  // bytes, and never goes on

  // --- Receiving
  // ----------------------------------------------------------------------------------
  size_t read_bytes = 65'536;
  uint64_t read_every_ms = 0;
  uint64_t stalls_after = UINT64_MAX;  // bytes received, then nothing is taken
  uint64_t stall_ms = 0;               // for so long; Ring::kNever: for good

  // --- Leaving
  // ------------------------------------------------------------------------------------
  enum class Leaving : uint8_t {
    kWhenAnswered,    // closes after the last answer
    kHalfClose,       // says that it has sent all, reads on to the end
    kWaitsForServer,  // leaves it to the server
  };
  Leaving leaving = Leaving::kWhenAnswered;
  // Vanishes without a word: after so many bytes were sent, or received, or at a time.
  uint64_t vanishes_after_sent = UINT64_MAX;
  uint64_t vanishes_after_received = UINT64_MAX;
  uint64_t vanishes_at_ms = Ring::kNever;

  double lazy = 0;  // does nothing this time

  // True when the server may run out of patience with it.
  bool may_time_out = false;
};

// A script for a server with these limits; `send_buffer_bytes` is how much the server's end of the
// connection holds. Times are counted from `now_ms`.
Script draw_script(Random& random, const Limits& limits, uint64_t send_buffer_bytes,
                   bool with_changing_files, uint64_t now_ms);

class Client {
 public:
  enum class End : uint8_t {
    kNone,   // it is not over
    kEnd,    // the server has ended the connection
    kReset,  // … and not in order
    kLeft,   // after all answers
    kVanished,
  };

  Client(Script script, Random random, UniqueFd socket, uint64_t now_ms);

  // The server has accepted it: only now is it known there.
  void admitted(uint64_t now_ms) noexcept { admitted_ms_ = now_ms; }

  // Does what is due; true when anything was done.
  bool act(uint64_t now_ms);
  // When it will have something to do by itself.
  uint64_t next_ms() const noexcept;
  bool over() const noexcept { return end_ != End::kNone; }

  // What is wrong with what it has seen, now that it is over; empty if nothing is. `excused`: the
  // server was kept from answering all of it.
  std::string judge(const Allowance& allowance, const Limits& limits, bool excused) const;

  const Script& script() const noexcept { return script_; }
  End end() const noexcept { return end_; }
  const testing_support::ResponseReader& reader() const noexcept { return reader_; }
  uint64_t received_bytes() const noexcept { return received_bytes_; }

 private:
  bool send_some(uint64_t now_ms);
  bool receive_some(uint64_t now_ms);
  bool leave(uint64_t now_ms);
  size_t last_offset_allowed() const noexcept;
  size_t answerable() const noexcept;
  bool answered() const noexcept;
  void finish(End end, uint64_t now_ms) noexcept;

  std::string judge_answers(const Allowance& allowance, const Limits& limits) const;
  std::string judge_end(const Allowance& allowance, bool excused) const;
  std::string judge_times(const Limits& limits) const;
  Expectation expectation(size_t index, int status, const Allowance& allowance) const;
  size_t heads_sent() const noexcept;

  const Script script_;
  Random random_;
  UniqueFd socket_;
  std::string outgoing_;           // all requests
  std::vector<size_t> head_ends_;  // in it
  std::vector<size_t> request_ends_;
  testing_support::ResponseReader reader_;
  size_t sent_bytes_ = 0;
  uint64_t received_bytes_ = 0;
  bool cannot_send_ = false;
  bool half_closed_ = false;
  uint64_t send_at_ms_;
  uint64_t read_at_ms_;
  uint64_t stalled_until_ms_ = 0;
  bool has_stalled_ = false;
  uint64_t next_ms_ = Ring::kNever;
  // For what must happen in time.
  uint64_t admitted_ms_;
  uint64_t last_sent_ms_;
  uint64_t last_answer_ms_;
  uint64_t last_received_ms_;
  uint64_t head_began_ms_ = 0;  // when the first byte of the latest head was sent
  uint64_t ended_ms_ = 0;
  End end_ = End::kNone;
};

}  // namespace sluice::sim
