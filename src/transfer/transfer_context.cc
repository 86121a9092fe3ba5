#include "transfer/transfer_context.h"

#include "base/assert.h"

namespace sluice {

namespace {

thread_local TransferContext* of_this_thread = nullptr;

}  // namespace

TransferContext* TransferContext::current() noexcept { return of_this_thread; }

TransferContext::Scope::Scope(TransferContext& context) noexcept {
  SLUICE_ASSERT(of_this_thread == nullptr);
  of_this_thread = &context;
}

TransferContext::Scope::~Scope() { of_this_thread = nullptr; }

}  // namespace sluice
