#include "server/request_input.h"

#include <poll.h>

#include <cstring>

#include "io/operations.h"

namespace sluice {

void RequestInput::release_consumed() noexcept {
  if (!available_.empty()) return;
  received_.reset();
  block_ = SlabPool::Block();
}

std::string_view RequestInput::join(std::string_view begun, std::string_view piece) noexcept {
  if (begun.empty()) return piece;
  if (piece.empty()) return begun;  // whose data() may be null, which memmove() does not take
  // What arrives lies in memory of sluice, which is const only for those who read it.
  std::memmove(const_cast<char*>(begun.data() + begun.size()), piece.data(), piece.size());
  return {begun.data(), begun.size() + piece.size()};
}

bool RequestInput::next_arrived() noexcept {
  SLUICE_ASSERT(available_.empty());
  RecvStream& incoming = socket_.incoming();
  if (!incoming.holds_bytes()) return false;
  release_consumed();
  received_ = incoming.take().bytes;
  available_ = received_.view();
  return true;
}

Task<RequestInput::More> RequestInput::more() noexcept {
  SLUICE_ASSERT(available_.empty());
  release_consumed();
  RecvStream& incoming = socket_.incoming();
  while (!incoming.ready()) {
    incoming.start();
    co_await incoming.changed();
  }
  RecvStream::Item item = incoming.take();
  switch (item.arrival) {
    case RecvStream::Arrival::kBytes:
      received_ = std::move(item.bytes);
      available_ = received_.view();
      co_return More::kBytes;
    case RecvStream::Arrival::kEnd:
      co_return More::kEnd;
    case RecvStream::Arrival::kNoBuffers: {
      Task<More> receiving = receive_into_block();
      co_return co_await receiving;
    }
    case RecvStream::Arrival::kError:
      break;
  }
  co_return More::kError;
}

// Other connections hold every buffer of the ring: this one goes on with memory of its own.
Task<RequestInput::More> RequestInput::receive_into_block() noexcept {
  Poll readable(socket_.reactor(), socket_.fd(), POLLIN);
  co_await readable;
  block_ = blocks_.take();  // only now: a connection that waits owns no memory here either
  Receive receive(socket_.reactor(), socket_.fd(), block_.span());
  const int received = co_await receive;
  if (received < 0) co_return More::kError;
  available_ = {block_.data(), static_cast<size_t>(received)};
  co_return received == 0 ? More::kEnd : More::kBytes;
}

}  // namespace sluice
