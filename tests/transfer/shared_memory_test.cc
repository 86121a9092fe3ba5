// Bytes that nobody can change any more.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <sluice/shared_memory.h>

#include "support/descriptors.h"
#include "support/temporary_directory.h"

namespace sluice {
namespace {

using testing_support::open_descriptors;

constexpr int kAllSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

std::string content_of(const SharedMemory& memory) {
  std::string bytes(memory.size_bytes(), '\0');
  EXPECT_EQ(pread(memory.fd(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

UniqueFd memfd(unsigned flags, int seals) {
  UniqueFd fd(memfd_create("test", MFD_CLOEXEC | flags));
  EXPECT_EQ(write(fd.get(), "bytes", 5), 5);
  if (seals != 0) {
    EXPECT_EQ(fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  }
  return fd;
}

TEST(SharedMemoryTest, IsEmptyUnlessMade) {
  const SharedMemory none;
  EXPECT_EQ(none.fd(), -1);
  EXPECT_EQ(none.size_bytes(), 0U);
}

TEST(SharedMemoryTest, HoldsACopyThatNobodyCanChange) {
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(3'000'001, 'y')}) {
    const Result<SharedMemory> memory = SharedMemory::copy_of(bytes);
    ASSERT_TRUE(memory);
    EXPECT_EQ(memory->size_bytes(), bytes.size());
    EXPECT_EQ(content_of(*memory), bytes);
    EXPECT_EQ(fcntl(memory->fd(), F_GET_SEALS) & kAllSeals, kAllSeals);
    EXPECT_NE(fcntl(memory->fd(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_LT(pwrite(memory->fd(), "z", 1, 0), 0);
    EXPECT_LT(ftruncate(memory->fd(), 1 << 20), 0);
    EXPECT_EQ(mmap(nullptr, 4096, PROT_WRITE, MAP_SHARED, memory->fd(), 0), MAP_FAILED);
  }
}

TEST(SharedMemoryTest, CopiesReferToTheSameBytesAndTheLastFreesThem) {
  const auto before = open_descriptors();
  {
    SharedMemory first = *SharedMemory::copy_of("shared");
    const SharedMemory second = first;
    EXPECT_EQ(second.fd(), first.fd());
    first = SharedMemory();
    EXPECT_EQ(content_of(second), "shared");
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(SharedMemoryTest, AWriterAppendsAlsoBehindWhatOthersHavePutThere) {
  Result<SharedMemoryWriter> writer = SharedMemoryWriter::create("built");
  ASSERT_TRUE(writer);
  EXPECT_TRUE(writer->write("one, "));
  EXPECT_EQ(pwrite(writer->fd(), "two, ", 5, 5), 5);  // as a transfer does: by its offset
  EXPECT_TRUE(writer->write("three"));
  const Result<SharedMemory> memory = std::move(*writer).seal();
  ASSERT_TRUE(memory);
  EXPECT_EQ(content_of(*memory), "one, two, three");
}

TEST(SharedMemoryTest, AnyNameWillDo) {
  for (const std::string& name :
       {std::string(), std::string(10'000, 'n'), std::string("a\0b", 3)}) {
    EXPECT_TRUE(SharedMemoryWriter::create(name)) << name.size();
  }
}

TEST(SharedMemoryTest, IsNotSealedWhileSomebodyMayWriteToIt) {
  Result<SharedMemoryWriter> writer = SharedMemoryWriter::create("mapped");
  ASSERT_TRUE(writer && writer->write("bytes"));
  void* const mapping = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd(), 0);
  ASSERT_NE(mapping, MAP_FAILED);
  const Result<SharedMemory> refused = std::move(*writer).seal();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().system_errno, EBUSY);
  munmap(mapping, 4096);
  EXPECT_TRUE(std::move(*writer).seal());
}

TEST(SharedMemoryTest, AdoptsWhatIsSealed) {
  for (const int seals : {kAllSeals, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW}) {
    const Result<SharedMemory> adopted = SharedMemory::adopt(memfd(MFD_ALLOW_SEALING, seals));
    ASSERT_TRUE(adopted);
    EXPECT_EQ(content_of(*adopted), "bytes");
  }
}

TEST(SharedMemoryTest, AdoptsNothingElseAndClosesIt) {
  const testing_support::TemporaryDirectory directory;
  directory.write("file", "bytes");
  const auto before = open_descriptors();
  const auto expect_refusal = [&before](UniqueFd fd, const char* what) {
    const Result<SharedMemory> adopted = SharedMemory::adopt(std::move(fd));
    ASSERT_FALSE(adopted) << what;
    EXPECT_EQ(adopted.error().code, ErrorCode::kUnsupported) << what;
    EXPECT_EQ(open_descriptors(), before) << what;
  };
  expect_refusal(memfd(MFD_ALLOW_SEALING, 0), "no seal at all");
  expect_refusal(memfd(0, 0), "only a seal against seals");
  expect_refusal(memfd(MFD_ALLOW_SEALING, F_SEAL_SHRINK | F_SEAL_GROW), "may be written");
  expect_refusal(memfd(MFD_ALLOW_SEALING, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
                 "may be written through a mapping");
  expect_refusal(memfd(MFD_ALLOW_SEALING, F_SEAL_WRITE | F_SEAL_GROW), "may shrink");
  expect_refusal(UniqueFd(open(directory.path_of("file").c_str(), O_RDONLY | O_CLOEXEC)), "file");
  expect_refusal(UniqueFd(), "nothing");
}

TEST(SharedMemoryTest, WithoutADescriptorToBeHadThereIsNone) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Result<SharedMemory> memory = SharedMemory::copy_of("bytes");
  setrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, ErrorCode::kExhausted);
}

}  // namespace
}  // namespace sluice
