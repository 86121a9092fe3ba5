// The kernel as a seed would have it: the operations that sluice prepares are carried out on real
// descriptors, but when, in which order and how well is drawn at random. Time is simulated, so
// nothing ever sleeps, and the same seed is the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ring/ring.h"
#include "sim/fake_kernel.h"
#include "sim/faults.h"
#include "sim/faulty_direct_calls.h"

namespace sluice::sim {

// What happens around the server while it waits.
class World {
 public:
  // Does what is due; true when anything was done.
  virtual bool act(uint64_t now_ms) = 0;
  // When there will be something to do whatever the server does; Ring::kNever for nothing.
  virtual uint64_t next_ms() const = 0;

 protected:
  ~World() = default;
};

// Models what io_uring does as sluice uses it: chains (IOSQE_IO_LINK) whose parts run in order and
// end with the first that fails or falls short; IOSQE_CQE_SKIP_SUCCESS, with which the part that
// fails is the only one to complete; multishot operations; provided buffers; cancellation. Tells
// in problem() where the code under test breaks the rules.
class FakeRing final : public Ring {
 public:
  struct Options {
    uint64_t seed = 0;
    Faults faults = {};
    uint16_t buffer_count = 64;
    uint32_t buffer_bytes = 4096;
    unsigned queue_entries = 64;   // as many are submitted at once
    unsigned multishot_burst = 4;  // completions of one operation in one turn
    uint64_t start_ms = 1'000'000;
  };

  explicit FakeRing(const Options& options);
  ~FakeRing() override;

  io_uring_sqe& prepare(Operation& operation, unsigned part) noexcept override;
  void reserve(unsigned entry_count) noexcept override;
  io_uring_sqe& prepare_unattended() noexcept override;
  void submit_and_wait(uint64_t timeout_ms) noexcept override;
  void drain() noexcept override;
  uint64_t now_ms() noexcept override { return now_ms_; }
  ReceiveBuffers& receive_buffers() noexcept override { return buffers_; }
  DirectCalls& direct() noexcept override { return direct_; }

  void surround_with(World* world) noexcept { world_ = world; }
  FakeKernel& kernel() noexcept { return kernel_; }

  // What may go wrong from now on.
  Faults& faults() noexcept { return options_.faults; }

  // No wait lasts beyond this moment, also the one that is under way; kNever: as long as it may.
  void wake_at(uint64_t ms) noexcept { wake_ms_ = ms; }

  // No time passes once this holds. Empty: nothing of the kind.
  void wake_when(std::function<bool()> condition) { wake_condition_ = std::move(condition); }

  // What went wrong: a rule was broken, or nothing could ever happen again. Empty if nothing. After
  // a problem the ring does no more.
  std::string problem() const;
  bool broken() const noexcept { return !problem_.empty() || !kernel_.problem().empty(); }

  // Operations that are under way, and receive buffers that are not in the shared ring.
  size_t pending_count() const noexcept { return pending_.size(); }
  uint16_t buffers_out() {
    return static_cast<uint16_t>(buffers_.count() - kernel_.free_buffers());
  }

  // A number for all that has happened so far: runs that are equal have equal ones.
  uint64_t fingerprint() const noexcept { return fingerprint_; }

  // The operations that were submitted so far, in order (IORING_OP_*).
  const std::vector<uint8_t>& submitted() const noexcept { return submitted_; }

 private:
  // One entry, or a chain of them.
  struct Pending {
    std::vector<Entry> chain;
    size_t current = 0;
    bool over = false;
    // When its latest completion can be seen: no later one is seen earlier.
    uint64_t visible_turn = 0;
    uint64_t visible_ms = 0;
  };
  struct Posted {
    uint64_t user_data;
    int32_t result;
    uint32_t flags;
    uint64_t visible_turn;
    uint64_t visible_ms;
  };

  io_uring_sqe& next_entry() noexcept;
  void submit();
  void check_chain(const Pending& pending);
  void pass_time() noexcept;
  bool work();
  bool advance(Pending& pending);
  void settle(Pending& pending, const Attempt& attempt);
  void cancel(uint64_t user_data);
  void post(Pending& pending, int32_t result, uint32_t flags);
  bool can_be_seen(const Posted& posted) const noexcept;
  bool anything_to_see() const noexcept;
  bool held_back_by_turns() const noexcept;
  uint64_t next_event_ms() const;
  void report(const std::string& problem);
  std::string describe_pending() const;

  Options options_;
  Random random_;
  ReceiveBuffers buffers_;
  FakeKernel kernel_;
  FaultyDirectCalls direct_;
  World* world_ = nullptr;
  uint64_t now_ms_;
  uint64_t wake_ms_ = kNever;
  std::function<bool()> wake_condition_;
  uint64_t turn_ = 0;
  uint16_t generation_ = 0;
  std::vector<io_uring_sqe> prepared_;
  std::vector<std::unique_ptr<Pending>> pending_;
  std::vector<Posted> posted_;
  std::vector<size_t> order_;
  std::vector<uint8_t> submitted_;
  uint64_t fingerprint_ = 0;
  std::string problem_;
};

}  // namespace sluice::sim
