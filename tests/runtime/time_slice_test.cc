#include "runtime/time_slice.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <cstdint>
#include <thread>

#include "support/scheduling.h"

namespace sluice {
namespace {

using testing_support::Scheduling;
using testing_support::scheduling_of;
using testing_support::slices_can_be_asked_for;

template <typename Body>
void on_a_thread(Body body) {
  std::thread(body).join();
}

TEST(TimeSlice, IsTheShortestOfTheThreadThatAsks) {
  const Scheduling usual = scheduling_of(0);
  if (!slices_can_be_asked_for()) GTEST_SKIP() << "no slices to ask for";
  on_a_thread([usual] {
    ask_for_short_time_slices();
    const Scheduling asked = scheduling_of(0);
    EXPECT_EQ(asked.runtime_ns, 100'000u);
    EXPECT_EQ(asked.policy, usual.policy);
    EXPECT_EQ(asked.nice, usual.nice);
  });
  EXPECT_EQ(scheduling_of(0).runtime_ns, usual.runtime_ns);
}

TEST(TimeSlice, IsTheUsualOfThreadsItStarts) {
  const Scheduling usual = scheduling_of(0);
  on_a_thread([usual] {
    ask_for_short_time_slices();
    on_a_thread([usual] { EXPECT_EQ(scheduling_of(0).runtime_ns, usual.runtime_ns); });
  });
}

TEST(TimeSlice, LeavesTheNiceValue) {
  on_a_thread([] {
    ASSERT_EQ(setpriority(PRIO_PROCESS, 0, 19), 0);
    ask_for_short_time_slices();
    EXPECT_EQ(scheduling_of(0).nice, 19);
  });
}

TEST(TimeSlice, LeavesOtherPolicies) {
  on_a_thread([] {
    const sched_param none{};
    ASSERT_EQ(sched_setscheduler(0, SCHED_BATCH, &none), 0);
    ask_for_short_time_slices();
    const Scheduling after = scheduling_of(0);
    EXPECT_EQ(after.policy, static_cast<uint32_t>(SCHED_BATCH));
    EXPECT_NE(after.runtime_ns, 100'000u);
  });
}

}  // namespace
}  // namespace sluice
