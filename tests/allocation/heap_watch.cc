#include "allocation/heap_watch.h"

#include <cxxabi.h>
#include <execinfo.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sluice {

namespace {

constexpr size_t kTracedAllocations = 4;
constexpr int kTracedFrames = 24;

struct Trace {
  std::array<void*, kTracedFrames> frames;
  int frame_count;
  size_t bytes;
};

std::atomic<const char*> watched_name = nullptr;
std::atomic<uint64_t> allocations = 0;
std::array<Trace, kTracedAllocations> traces;
thread_local bool tracing = false;  // backtrace(3) may allocate

// Asked anew every time: a thread gets its name after it has begun.
bool thread_is_called(const char* wanted) noexcept {
  char name[16] = {};
  return prctl(PR_GET_NAME, name) == 0 && std::strcmp(name, wanted) == 0;
}

[[maybe_unused]] void note_allocation(size_t bytes) noexcept {
  const char* const wanted = watched_name.load(std::memory_order_relaxed);
  if (wanted == nullptr || tracing) return;
  const int saved_errno = errno;
  if (thread_is_called(wanted)) {
    const uint64_t number = allocations.fetch_add(1, std::memory_order_relaxed);
    if (number < traces.size()) {
      tracing = true;
      Trace& trace = traces[number];
      trace.frame_count = backtrace(trace.frames.data(), kTracedFrames);
      trace.bytes = bytes;
      tracing = false;
    }
  }
  errno = saved_errno;
}

// "…(_ZN6sluice3fooEv+0x1a) [0x…]" as backtrace_symbols(3) has it, to the name as it was written,
// or as much of that as is of use.
std::string readable(std::string symbol) {
  constexpr size_t kUsefulLength = 150;
  const size_t begin = symbol.find('(');
  const size_t end = symbol.find('+', begin);
  if (begin == std::string::npos || end == std::string::npos) return symbol;
  int status = 0;
  char* const name = abi::__cxa_demangle(symbol.substr(begin + 1, end - begin - 1).c_str(), nullptr,
                                         nullptr, &status);
  if (name != nullptr) symbol = name;
  std::free(name);
  return symbol.substr(0, kUsefulLength);
}

}  // namespace

HeapWatch::HeapWatch(const char* thread_name) noexcept {
  void* frame;
  backtrace(&frame, 1);  // loads what it needs now, rather than in mid-allocation
  allocations = 0;
  watched_name = thread_name;
}

HeapWatch::~HeapWatch() { watched_name = nullptr; }

uint64_t HeapWatch::allocation_count() const noexcept { return allocations; }

std::string HeapWatch::describe() const {
  std::string text;
  const uint64_t count = std::min<uint64_t>(allocations, traces.size());
  for (uint64_t i = 0; i < count; ++i) {
    text += "allocation of " + std::to_string(traces[i].bytes) + " bytes:\n";
    char** const symbols = backtrace_symbols(traces[i].frames.data(), traces[i].frame_count);
    for (int frame = 0; symbols != nullptr && frame < traces[i].frame_count; ++frame) {
      text += "    " + readable(symbols[frame]) + "\n";
    }
    std::free(static_cast<void*>(symbols));
  }
  return text;
}

}  // namespace sluice

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

bool sluice::heap_is_watched() noexcept { return false; }

#else

bool sluice::heap_is_watched() noexcept { return true; }

// free(3) stays the C library's, whose memory all of this is.
extern "C" {

void* __libc_malloc(size_t bytes) noexcept;
void* __libc_calloc(size_t count, size_t bytes) noexcept;
void* __libc_realloc(void* memory, size_t bytes) noexcept;
void* __libc_memalign(size_t alignment, size_t bytes) noexcept;

void* malloc(size_t bytes) noexcept {
  sluice::note_allocation(bytes);
  return __libc_malloc(bytes);
}

void* calloc(size_t count, size_t bytes) noexcept {
  sluice::note_allocation(count * bytes);
  return __libc_calloc(count, bytes);
}

void* realloc(void* memory, size_t bytes) noexcept {
  sluice::note_allocation(bytes);
  return __libc_realloc(memory, bytes);
}

void* memalign(size_t alignment, size_t bytes) noexcept {
  sluice::note_allocation(bytes);
  return __libc_memalign(alignment, bytes);
}

void* aligned_alloc(size_t alignment, size_t bytes) noexcept { return memalign(alignment, bytes); }

int posix_memalign(void** memory, size_t alignment, size_t bytes) noexcept {
  void* const aligned = memalign(alignment, bytes);
  if (aligned == nullptr) return ENOMEM;
  *memory = aligned;
  return 0;
}

}  // extern "C"

#endif
