// Recycles blocks of one size: after warm-up, taking one allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace sluice {

// Not thread-safe: one a shard. Must outlive the blocks that it handed out.
class SlabPool {
 public:
  explicit SlabPool(size_t block_bytes) noexcept : block_bytes_(block_bytes) {}

  // A block while it is in use; goes back to its pool when destroyed. Contents are undefined.
  class Block {
   public:
    Block() noexcept = default;
    Block(Block&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), memory_(std::move(other.memory_)) {}
    Block& operator=(Block&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(memory_, other.memory_);
      return *this;
    }
    ~Block() {
      if (memory_) pool_->free_.push_back(std::move(memory_));
    }

    explicit operator bool() const noexcept { return memory_ != nullptr; }
    char* data() const noexcept { return memory_.get(); }
    std::span<char> span() const noexcept { return {memory_.get(), pool_->block_bytes_}; }

   private:
    friend class SlabPool;
    Block(SlabPool* pool, std::unique_ptr<char[]> memory) noexcept
        : pool_(pool), memory_(std::move(memory)) {}

    SlabPool* pool_ = nullptr;
    std::unique_ptr<char[]> memory_;
  };

  Block take() {
    if (free_.empty()) {
      ++block_count_;
      free_.reserve(block_count_);  // so that giving a block back never allocates
      return Block(this, std::make_unique_for_overwrite<char[]>(block_bytes_));
    }
    Block block(this, std::move(free_.back()));
    free_.pop_back();
    return block;
  }

 private:
  const size_t block_bytes_;
  size_t block_count_ = 0;
  std::vector<std::unique_ptr<char[]>> free_;
};

}  // namespace sluice
