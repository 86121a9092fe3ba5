// What is told about a system, and that trying it leaves nothing behind.
#include "ring/feature_probe.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>

#include <sluice/options.h>

#include "ring/probe_ring.h"
#include "ring/refusal.h"
#include "ring/system_facts.h"
#include "ring/system_limits.h"

namespace sluice {
namespace {

using testing::AssertionFailure;
using testing::AssertionResult;
using testing::AssertionSuccess;

// A system on which nothing is wrong.
SystemFacts good_facts() {
  SystemFacts facts;
  facts.kernel_release = "6.12.1-amd64";
  facts.processors = 2;
  facts.io_uring_disabled = 0;
  facts.io_uring_group = -1;
  facts.seccomp_mode = 0;
  facts.descriptors_soft = 1024;
  facts.descriptors_hard = 524288;
  facts.locked_memory_bytes = 8 << 20;
  facts.pipe_memory_bytes = 2 * uint64_t{Limits().pipe_count} * Limits().pipe_bytes;
  facts.pipe_max_bytes = Limits().pipe_bytes;
  facts.congestion_control = "cubic";
  return facts;
}

std::string explain(int system_errno, const SystemFacts& facts,
                    const char* operation = "io_uring_setup") {
  return explain_refusal(error_from_errno(system_errno, operation), facts);
}

AssertionResult has(const std::string& text, std::initializer_list<const char*> words) {
  for (const char* word : words) {
    if (text.find(word) == std::string::npos) {
      return AssertionFailure() << "no '" << word << "' in: " << text;
    }
  }
  return AssertionSuccess();
}

const Feature& find(const std::vector<Feature>& features, const std::string& name) {
  const auto found = std::find_if(features.begin(), features.end(),
                                  [&](const Feature& feature) { return feature.name == name; });
  if (found == features.end()) throw std::out_of_range(name);
  return *found;
}

const Feature limit(const SystemFacts& facts, const std::string& name) {
  return find(describe_limits(facts), name);
}

TEST(Refusal, IsOneParagraphThatSaysWhatAndHowToTellAndWhatToChange) {
  SystemFacts filtered = good_facts();
  filtered.seccomp_mode = 2;
  SystemFacts disabled = filtered;
  disabled.io_uring_disabled = 1;
  SystemFacts old = good_facts();
  old.kernel_release = "4.19.0";
  for (const SystemFacts& facts : {good_facts(), filtered, disabled, old, SystemFacts()}) {
    for (int code : {ENOSYS, EPERM, EACCES, EINVAL, ENOMEM, EMFILE, ENFILE, EBADF, 9999}) {
      for (const char* operation : {"io_uring_setup", "io_uring_register", "io_uring_enter"}) {
        const std::string text = explain(code, facts, operation);
        EXPECT_TRUE(
            has(text, {"io_uring", operation, "Cause: ", "How to tell: ", "What to change: "}));
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        EXPECT_EQ(text.find("  "), std::string::npos) << text;
        EXPECT_EQ(text.find(".."), std::string::npos) << text;
        EXPECT_EQ(text.back(), '.');
        EXPECT_LT(text.size(), 1200U) << text;
      }
    }
  }
}

TEST(Refusal, OfAKernelOlderThanIoUring) {
  SystemFacts facts = good_facts();
  facts.kernel_release = "4.19.0-26-amd64";
  const std::string text = explain(ENOSYS, facts);
  EXPECT_TRUE(has(text, {"ENOSYS", "4.19.0-26-amd64", "5.1", "uname -r", "6.1"}));
  EXPECT_FALSE(has(text, {"seccomp"}));
}

TEST(Refusal, OfAKernelWithoutIoUring) {
  EXPECT_TRUE(has(explain(ENOSYS, good_facts()), {"CONFIG_IO_URING", "6.12.1-amd64", "grep"}));
}

TEST(Refusal, OfAProfileThatHidesIoUring) {
  SystemFacts facts = good_facts();
  facts.seccomp_mode = 2;
  facts.container = "Podman";
  EXPECT_TRUE(has(explain(ENOSYS, facts),
                  {"seccomp", "(Podman)", "Seccomp: 2", "--security-opt", "CONFIG_IO_URING"}));
}

TEST(Refusal, OfAProfileThatForbidsIoUring) {
  SystemFacts facts = good_facts();
  facts.seccomp_mode = 2;
  facts.container = "Docker";
  EXPECT_TRUE(has(
      explain(EPERM, facts),
      {"EPERM", "seccomp", "(Docker)", "/proc/self/status", "Seccomp: 2", "--security-opt seccomp=",
       "io_uring_setup, io_uring_enter and io_uring_register", "SystemCallFilter="}));
  facts.seccomp_mode = std::nullopt;  // an unreadable /proc speaks for a sandbox too
  EXPECT_TRUE(has(explain(EPERM, facts), {"seccomp"}));
}

TEST(Refusal, OfAProfileThatForgetsHalfOfIoUring) {
  SystemFacts facts = good_facts();
  facts.seccomp_mode = 2;
  facts.io_uring_disabled = 1;  // must have been no obstacle: the ring was created
  for (int code : {EPERM, ENOSYS}) {
    for (const char* operation : {"io_uring_enter", "io_uring_register"}) {
      const std::string text = explain(code, facts, operation);
      EXPECT_TRUE(has(text, {operation, "seccomp", "io_uring_setup(2) pass"}));
      EXPECT_FALSE(has(text, {"io_uring_disabled"}));
    }
  }
}

TEST(Refusal, OfTheSettingForAllButAGroup) {
  SystemFacts facts = good_facts();
  facts.io_uring_disabled = 1;
  facts.io_uring_group = 1001;
  EXPECT_TRUE(
      has(explain(EPERM, facts), {"kernel.io_uring_disabled is 1", "CAP_SYS_ADMIN", "group 1001",
                                  "member of that group", "sysctl kernel.io_uring_disabled=0"}));
  facts.io_uring_group = -1;
  EXPECT_TRUE(has(explain(EPERM, facts), {"(none)", "kernel.io_uring_group=GID"}));
  EXPECT_FALSE(has(explain(EPERM, facts), {"seccomp"}));
  facts.seccomp_mode = 2;  // both may be the reason
  EXPECT_TRUE(has(explain(EPERM, facts), {"kernel.io_uring_disabled is 1", "seccomp"}));
}

TEST(Refusal, OfTheSettingForAll) {
  SystemFacts facts = good_facts();
  facts.io_uring_disabled = 2;
  facts.container = "Docker";
  const std::string text = explain(EPERM, facts);
  EXPECT_TRUE(has(text, {"kernel.io_uring_disabled is 2", "root included",
                         "sysctl kernel.io_uring_disabled=0", "host"}));
  EXPECT_FALSE(has(text, {"GID"}));
}

TEST(Refusal, OfASecurityModule) {
  EXPECT_TRUE(has(explain(EPERM, good_facts()), {"SELinux", "policy"}));
  SystemFacts facts = good_facts();
  facts.seccomp_mode = 2;
  EXPECT_TRUE(has(explain(EACCES, facts), {"EACCES", "SELinux", "policy"}));
}

TEST(Refusal, OfAKernelThatLacksFeatures) {
  SystemFacts facts = good_facts();
  facts.kernel_release = "5.15.0-91-generic";
  EXPECT_TRUE(has(explain(EINVAL, facts),
                  {"EINVAL", "5.15.0-91-generic", "6.1", "IORING_SETUP_DEFER_TASKRUN"}));
  const std::string recent = explain(EINVAL, good_facts());
  EXPECT_TRUE(has(recent, {"6.12.1-amd64", "sandbox"}));
  EXPECT_FALSE(has(recent, {"lacks"}));
}

TEST(Refusal, ForWantOfMemory) {
  EXPECT_TRUE(has(explain(ENOMEM, good_facts()),
                  {"ENOMEM", "8192 KiB", "ulimit -l", "LimitMEMLOCK=", "--threads"}));
  SystemFacts facts = good_facts();
  facts.locked_memory_bytes = SystemFacts::kUnlimited;
  EXPECT_TRUE(has(explain(ENOMEM, facts), {"unlimited"}));
}

TEST(Refusal, ForWantOfDescriptors) {
  EXPECT_TRUE(has(explain(EMFILE, good_facts()), {"EMFILE", "1024", "ulimit -n", "LimitNOFILE="}));
  EXPECT_TRUE(has(explain(ENFILE, good_facts()), {"ENFILE", "fs.file-max"}));
}

TEST(SystemFacts, ComparesReleases) {
  SystemFacts facts;
  facts.kernel_release = "6.1.0-18-amd64";
  EXPECT_TRUE(kernel_is_at_least(facts, 6, 1));
  EXPECT_TRUE(kernel_is_at_least(facts, 5, 19));
  EXPECT_FALSE(kernel_is_at_least(facts, 6, 2));
  EXPECT_FALSE(kernel_is_at_least(facts, 7, 0));
  facts.kernel_release = "6.10";
  EXPECT_TRUE(kernel_is_at_least(facts, 6, 9));
  facts.kernel_release = "";
  EXPECT_FALSE(kernel_is_at_least(facts, 1, 0));
}

TEST(SystemFacts, AreThoseOfThisProcess) {
  const SystemFacts facts = gather_system_facts();
  EXPECT_NE(facts.kernel_release, "");
  EXPECT_GE(facts.processors, 1U);
  EXPECT_GT(facts.descriptors_soft, 0U);
  EXPECT_GE(facts.descriptors_hard, facts.descriptors_soft);
  EXPECT_GT(facts.pipe_max_bytes, 0U);
  EXPECT_NE(facts.congestion_control, "");
  EXPECT_TRUE(facts.seccomp_mode.has_value());
}

TEST(SystemLimits, FindNothingWrongWithAGoodSystem) {
  for (const Feature& feature : describe_limits(good_facts())) {
    EXPECT_TRUE(feature.available) << feature.name << ": " << feature.consequence;
    EXPECT_FALSE(feature.required) << feature.name;
    EXPECT_NE(feature.detail, "") << feature.name;
  }
}

TEST(SystemLimits, CountConnections) {
  SystemFacts facts = good_facts();
  EXPECT_TRUE(has(limit(facts, "open files").detail, {"1024", "524288", "349500 connections"}));
  facts.descriptors_hard = 1024;
  const Feature low = limit(facts, "open files");
  EXPECT_FALSE(low.available);
  EXPECT_EQ(low.detail, "1024: about 682 connections");
  EXPECT_TRUE(has(low.consequence, {"LimitNOFILE="}));
  facts.descriptors_hard = SystemFacts::kUnlimited;
  EXPECT_TRUE(has(limit(facts, "open files").detail, {"unlimited"}));
}

TEST(SystemLimits, TellWhoMayUseIoUring) {
  SystemFacts facts = good_facts();
  facts.io_uring_disabled = 1;
  facts.io_uring_group = 7;
  EXPECT_FALSE(limit(facts, "io_uring_disabled").available);
  EXPECT_TRUE(has(limit(facts, "io_uring_disabled").detail, {"1", "group 7"}));
  facts.io_uring_disabled = 2;
  EXPECT_TRUE(has(limit(facts, "io_uring_disabled").consequence, {"nobody"}));
  facts.io_uring_disabled = std::nullopt;
  EXPECT_TRUE(limit(facts, "io_uring_disabled").available);
}

TEST(SystemLimits, CountPipes) {
  SystemFacts facts = good_facts();
  const std::string wanted = std::to_string(facts.processors * Limits().pipe_count);
  const std::string room = "room for " + wanted;
  EXPECT_TRUE(has(limit(facts, "pipes").detail, {room.c_str(), "fs.pipe-user-pages-soft"}));
  facts.processors = 3;
  EXPECT_FALSE(limit(facts, "pipes").available);
  facts.exceeds_pipe_memory = true;
  EXPECT_TRUE(limit(facts, "pipes").available);
  facts.exceeds_pipe_memory = false;
  facts.pipe_memory_bytes = 0;  // as much as there is
  EXPECT_TRUE(limit(facts, "pipes").available);
}

TEST(SystemLimits, TellTheSizeOfPipes) {
  SystemFacts facts = good_facts();
  facts.pipe_max_bytes = 64 << 10;
  EXPECT_FALSE(limit(facts, "pipes").available);
  EXPECT_TRUE(has(limit(facts, "pipes").detail, {"64 KiB", "fs.pipe-max-size"}));
  const std::string setting = "fs.pipe-max-size=" + std::to_string(Limits().pipe_bytes);
  EXPECT_TRUE(has(limit(facts, "pipes").consequence, {setting.c_str()}));
  facts.exceeds_pipe_max = true;
  EXPECT_TRUE(limit(facts, "pipes").available);
}

TEST(SystemLimits, NoticeWhatPacesTheLoopback) {
  SystemFacts facts = good_facts();
  facts.congestion_control = "bbr";
  EXPECT_FALSE(limit(facts, "tcp_congestion_control").available);
}

TEST(SystemLimits, NoticeAnOldKernelAFilterAndAContainer) {
  SystemFacts facts = good_facts();
  facts.kernel_release = "5.10.0";
  facts.seccomp_mode = 2;
  facts.container = "Docker";
  EXPECT_FALSE(limit(facts, "kernel").available);
  EXPECT_TRUE(has(limit(facts, "seccomp").detail, {"active"}));
  EXPECT_EQ(limit(facts, "container").detail, "Docker");
}

std::set<std::string> open_descriptors() {
  std::set<std::string> names;
  DIR* directory = opendir("/proc/self/fd");
  const std::string own = std::to_string(dirfd(directory));
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name != own) names.insert(entry->d_name);
  }
  closedir(directory);
  return names;
}

TEST(FeatureProbe, FindsAllThatTheTestsNeed) {
  const Diagnosis report = probe_features();
  EXPECT_EQ(report.refusal, "");
  EXPECT_GE(report.features.size(), 10U);
  std::set<std::string> names;
  for (const Feature& feature : report.features) {
    EXPECT_TRUE(feature.available || !feature.required) << feature.name << ": " << feature.detail;
    EXPECT_NE(feature.detail, "") << feature.name;
    EXPECT_TRUE(names.insert(feature.name).second) << feature.name << " is there twice";
  }
  EXPECT_EQ(report.features.front().name, "io_uring");
}

TEST(FeatureProbe, LeavesNoDescriptorsBehind) {
  const std::set<std::string> before = open_descriptors();
  probe_features();
  gather_system_facts();
  EXPECT_EQ(open_descriptors(), before);
}

TEST(ProbeRing, ReportsAnErrorAsOneOfTheOperation) {
  ProbeRing ring;
  ASSERT_TRUE(ring.started());
  io_uring_prep_recv(&ring.prepare(), -1, nullptr, 0, 0);
  const Result<Completion> received = ring.wait("recv");
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().system_errno, EBADF);
  EXPECT_STREQ(received.error().operation, "recv");
}

TEST(ProbeRing, WaitsASecondAtMost) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  {
    ProbeRing ring;
    ASSERT_TRUE(ring.started());
    io_uring_prep_poll_add(&ring.prepare(), ends[0], 1);
    const Result<Completion> polled = ring.wait("poll");
    ASSERT_FALSE(polled);
    EXPECT_EQ(polled.error().system_errno, ETIME);
  }
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace sluice
