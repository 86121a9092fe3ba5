// Checks the credentials of the Basic scheme (RFC 7617), without holding up the loop.
#pragma once

#include <nettle/hmac.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "files/live_password_file.h"
#include "http/basic_credentials.h"
#include "runtime/offload.h"
#include "runtime/reactor.h"
#include "runtime/task.h"

namespace sluice {

// Hashes of passwords are slow on purpose, so what was granted is remembered for a while: not the
// credentials but their HMAC-SHA256 under a random key that never leaves this object. Not
// thread-safe: one a shard and rule.
class BasicAuth {
 public:
  // How many credentials are remembered, in sets of so many. Bits of the digest choose the set, in
  // which the newest takes the place of the oldest: few comparisons, however many users there are.
  static constexpr size_t kRememberedCount = 1'024;
  static constexpr size_t kSetSize = 4;
  static constexpr uint64_t kRememberedMs = 5 * 60 * 1000;
  // How many passwords may wait to be checked. Guessing them is slow on purpose, and must not take
  // the workers from everybody else.
  static constexpr unsigned kWaitingCount = 16;
  // How often the file is looked at.
  static constexpr uint64_t kLookMs = 1'000;

  enum class Verdict : uint8_t {
    kGranted,
    kDenied,  // 401 (RFC 9110 §15.5.2)
    kBusy,    // not found out: too much waits for a worker, or the server is ending; 503
  };

  // Throws std::system_error.
  BasicAuth(Reactor& reactor, Workers workers, LivePasswordFile& passwords);
  BasicAuth(const BasicAuth&) = delete;
  BasicAuth& operator=(const BasicAuth&) = delete;
  ~BasicAuth();

  // `authorization` is the value of the field, "" when there is none. Must stay as it is until this
  // is done. Without allocation when the credentials are remembered. A change of the file counts
  // from the first request after a second.
  Task<Verdict> check(std::string_view authorization) noexcept;

 private:
  using Digest = std::array<uint8_t, SHA256_DIGEST_SIZE>;

  struct Remembered {
    Digest digest{};
    uint64_t until_ms = 0;
  };

  using RememberedSet = std::array<Remembered, kSetSize>;  // the newest first

  Digest digest_of(const http::BasicCredentials& credentials) noexcept;
  RememberedSet& set_of(const Digest& digest) noexcept;
  // Takes as long whether and wherever in its set the digest is. Which set it is tells nothing
  // without the key.
  bool remembers(const Digest& digest) noexcept;
  void remember(const Digest& digest) noexcept;
  // Forgets everything when the file is not what it was.
  void look_at_file() noexcept;

  Reactor& reactor_;
  const Workers workers_;
  LivePasswordFile& passwords_;
  hmac_sha256_ctx hmac_;  // keyed; each digest leaves it so
  // Made when somebody is let in: there may be thousands of rules that nobody meets.
  std::vector<RememberedSet> remembered_;
  uint64_t looked_ms_ = 0;
  std::optional<FileState> file_state_;
  uint64_t change_count_ = 0;  // of the file, as far as seen
  unsigned waiting_count_ = 0;
};

}  // namespace sluice
