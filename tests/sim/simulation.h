// One run of the server among clients and faults, all drawn from a seed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sluice/options.h>
#include <sluice/unique_fd.h>

#include "sim/client.h"
#include "sim/fake_ring.h"
#include "sim/sim_server.h"

namespace sluice::sim {

class Simulation final : private World, private FaultListener {
 public:
  explicit Simulation(uint64_t seed);
  ~Simulation();

  // Runs to the end. What went wrong; empty if nothing did.
  std::string run();

  // After a problem coroutines may be left suspended, which must not be destroyed: then the server
  // is left as it is.
  void leave_server_behind() { server_.release(); }

  uint64_t fingerprint() { return server_->ring().fingerprint(); }
  const FaultCounts& fault_counts() { return server_->ring().kernel().counts(); }
  uint64_t answers_seen() const noexcept { return answers_seen_; }

 private:
  // A client that has not come yet, or has.
  struct Visitor {
    uint64_t arrives_ms = 0;
    uint64_t send_buffer_bytes = 0;  // 0: as it is
    Script script;
    Random random{0};
    std::unique_ptr<Client> client;
    bool stays_away = false;  // the server ended before it came
    bool judged = false;
    bool disturbed = false;  // by a fault, or by the end of the server
  };

  bool act(uint64_t now_ms) override;
  uint64_t next_ms() const override;
  void accepted(int socket) override;
  void disturbed(int socket) override;

  void change_files(uint64_t now_ms);
  void draw_limits();
  SimTransfer draw_transfer();
  void draw_visitors();
  void draw_ending();
  void arrive(size_t index);
  bool connect(size_t index);
  void adopt(size_t index, int socket);
  void serve_arrived();
  void end_if_due();
  bool visitors_are_gone() const;
  std::string watch();
  std::string judge_leavers();
  std::string settle();

  Random random_;
  Limits limits_;
  bool listens_ = false;
  uint32_t connection_count_ = 0;
  std::string listen_name_;  // of the abstract socket address
  bool files_change_ = false;
  uint64_t shrinks_at_ms_ = Ring::kNever;
  uint64_t swaps_at_ms_ = Ring::kNever;
  Allowance allowance_;

  enum class Ending : uint8_t { kNatural, kDrain, kAbort };
  Ending ending_ = Ending::kNatural;
  uint64_t ends_at_ms_ = Ring::kNever;
  bool ended_ = false;
  bool settling_ = false;

  std::unique_ptr<SimServer> server_;
  std::vector<Visitor> visitors_;
  std::vector<std::pair<size_t, UniqueFd>> arrived_;  // to be served before the next turn
  std::deque<size_t> waiting_;                        // to be accepted, in order
  std::map<int, size_t> by_socket_;                   // the visitor at the server's descriptor
  uint64_t answers_seen_ = 0;
};

}  // namespace sluice::sim
