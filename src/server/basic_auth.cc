#include "server/basic_auth.h"

#include <nettle/memops.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace sluice {

namespace {

// Wiped when it is not needed any more.
struct CredentialBuffer {
  CredentialBuffer() noexcept = default;
  CredentialBuffer(const CredentialBuffer&) = delete;
  CredentialBuffer& operator=(const CredentialBuffer&) = delete;
  ~CredentialBuffer() { explicit_bzero(bytes, sizeof bytes); }

  char bytes[http::kMaxCredentialBytes];
};

}  // namespace

BasicAuth::BasicAuth(Reactor& reactor, Workers workers, LivePasswordFile& passwords)
    : reactor_(reactor),
      workers_(workers),
      passwords_(passwords),
      looked_ms_(reactor.now_ms()),
      file_state_(passwords.state()) {
  uint8_t key[SHA256_DIGEST_SIZE];
  if (getrandom(key, sizeof key, 0) != sizeof key) {
    throw std::system_error(errno, std::system_category(), "getrandom");
  }
  hmac_sha256_set_key(&hmac_, sizeof key, key);
  explicit_bzero(key, sizeof key);
}

BasicAuth::~BasicAuth() { explicit_bzero(&hmac_, sizeof hmac_); }

Task<BasicAuth::Verdict> BasicAuth::check(std::string_view authorization) noexcept {
  CredentialBuffer buffer;
  const auto credentials = http::parse_basic_credentials(authorization, buffer.bytes);
  if (!credentials) co_return Verdict::kDenied;
  look_at_file();
  const Digest digest = digest_of(*credentials);
  if (remembers(digest)) co_return Verdict::kGranted;

  if (waiting_count_ == kWaitingCount) co_return Verdict::kBusy;
  bool granted = false;
  const uint64_t change_count = change_count_;
  Offload verifying(workers_, [&](const std::stop_token&) noexcept {
    granted = passwords_.current()->verify(credentials->user, credentials->password);
  });
  ++waiting_count_;
  const bool verified = co_await verifying;
  --waiting_count_;
  if (!verified) co_return Verdict::kBusy;
  if (!granted) co_return Verdict::kDenied;
  // What was found in an older file is not remembered.
  if (change_count == change_count_) remember(digest);
  co_return Verdict::kGranted;
}

BasicAuth::Digest BasicAuth::digest_of(const http::BasicCredentials& credentials) noexcept {
  const auto update = [this](std::string_view text) {
    hmac_sha256_update(&hmac_, text.size(), reinterpret_cast<const uint8_t*>(text.data()));
  };
  update(credentials.user);
  update(std::string_view("\0", 1));  // which neither of them holds
  update(credentials.password);
  Digest digest;
  hmac_sha256_digest(&hmac_, digest.size(), digest.data());
  return digest;
}

BasicAuth::RememberedSet& BasicAuth::set_of(const Digest& digest) noexcept {
  static_assert(kRememberedCount / kSetSize == 256);
  return remembered_[digest[0]];
}

bool BasicAuth::remembers(const Digest& digest) noexcept {
  if (remembered_.empty()) return false;
  bool found = false;
  for (const Remembered& one : set_of(digest)) {
    const bool equal = nettle_memeql_sec(one.digest.data(), digest.data(), digest.size()) != 0;
    found |= equal && reactor_.now_ms() < one.until_ms;
  }
  return found;
}

void BasicAuth::remember(const Digest& digest) noexcept {
  if (remembers(digest)) return;  // another request was as fast
  if (remembered_.empty()) remembered_.resize(kRememberedCount / kSetSize);
  RememberedSet& set = set_of(digest);
  std::ranges::move_backward(set.begin(), set.end() - 1, set.end());
  set.front() = {.digest = digest, .until_ms = reactor_.now_ms() + kRememberedMs};
}

void BasicAuth::look_at_file() noexcept {
  if (reactor_.now_ms() - looked_ms_ < kLookMs) return;
  looked_ms_ = reactor_.now_ms();
  const std::optional<FileState> now = passwords_.state();
  if (now == file_state_) return;
  file_state_ = now;
  ++change_count_;
  remembered_.clear();
}

}  // namespace sluice
