// Carries out submission queue entries on real descriptors, without ever waiting, and with faults.
#pragma once

#include <liburing.h>
#include <linux/openat2.h>
#include <sys/types.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "ring/receive_buffers.h"
#include "sim/faults.h"

namespace sluice::sim {

// An entry as it was submitted.
struct Entry {
  io_uring_sqe sqe{};
  // The kernel copies these when an openat2 is submitted.
  std::string path;
  open_how how{};
  // What its descriptors referred to then. The kernel holds on to that; here a descriptor that is
  // closed too early must be noticed.
  std::array<ino_t, 2> inodes{};
  int socket = -1;          // whom it concerns, where it is part of a chain that ends at a socket
  uint32_t bytes_done = 0;  // by a send with MSG_WAITALL
  bool tried = false;
};

// What became of one attempt at an entry.
struct Attempt {
  enum class State : uint8_t {
    kBlocked,     // nothing yet
    kProgressed,  // something, to be gone on with
    kMore,        // a completion, and more may follow (multishot)
    kDone,        // the last completion
  };
  State state;
  int32_t result = 0;
  uint32_t flags = 0;   // of the completion
  bool failed = false;  // what is linked behind it is cancelled
};

// What happened to a socket that a client may notice.
class FaultListener {
 public:
  virtual void accepted(int socket) = 0;
  // The connection was reset, or what is sent on it could not be read. kAnybody: something could
  // not be read that one of them sends.
  static constexpr int kAnybody = -1;
  virtual void disturbed(int socket) = 0;

 protected:
  ~FaultListener() = default;
};

class FakeKernel {
 public:
  FakeKernel(ReceiveBuffers& buffers, const Faults& faults, Random& random) noexcept
      : buffers_(buffers), faults_(faults), random_(random), buffers_seen_(buffers.count()) {}

  // Takes an entry over, with all that the kernel copies then.
  Entry submitted(const io_uring_sqe& sqe);

  // Tries an entry. Not for IORING_OP_ASYNC_CANCEL, which is about other entries.
  Attempt attempt(Entry& entry);

  // `socket` is a new one: what its number stood for before is forgotten.
  void adopt(int socket) { resets_.erase(socket); }

  void listen(FaultListener* listener) noexcept { listener_ = listener; }

  // Receive buffers that may be picked now.
  uint16_t free_buffers();

  FaultCounts& counts() noexcept { return counts_; }

  // The faults, also of calls that are not made through the ring.

  // Also where it happens: both directions end, as they do when a reset arrives.
  bool is_reset(int socket);
  // True where reading what is sent to `socket` fails with EIO.
  bool is_unreadable(int socket);
  bool happens(double probability, uint64_t& count);
  uint32_t shortened(uint32_t bytes, double probability, uint64_t& count);
  // What a peer's reset gives.
  int reset_error() { return random_.chance(0.5) ? EPIPE : ECONNRESET; }

  // What the code under test must not do, if it did; empty otherwise.
  const std::string& problem() const noexcept { return problem_; }

 private:
  struct Picked {
    char* memory;
    uint32_t length;
    uint16_t id;
  };

  Attempt send(Entry& entry);
  Attempt send_all(Entry& entry);
  Attempt send_zero_copy(const Entry& entry);
  Attempt receive(Entry& entry);
  Attempt receive_multishot(Entry& entry);
  Attempt accept(Entry& entry);
  Attempt poll(const Entry& entry);
  Attempt splice(Entry& entry);
  Attempt splice_into_file(const Entry& entry);
  Attempt write(const Entry& entry);
  Attempt open(Entry& entry);
  Attempt read(const Entry& entry);

  bool descriptors_are_same(const Entry& entry);
  Picked front_buffer() const;
  void report(const std::string& problem);

  ReceiveBuffers& buffers_;
  const Faults& faults_;
  Random& random_;
  FaultListener* listener_ = nullptr;
  // Of the ring of buffers: the next one to be picked, and how far its tail has been looked at.
  uint16_t buffer_head_ = 0;
  uint16_t buffers_seen_;
  std::set<uint16_t> picked_;
  std::set<int> resets_;                      // sockets whose peer has reset them
  std::map<uint64_t, unsigned> interrupted_;  // openat2 faults in a row, by user_data
  FaultCounts counts_;
  std::string problem_;
};

}  // namespace sluice::sim
