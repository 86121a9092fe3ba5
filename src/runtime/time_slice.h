// How long the scheduler lets a thread run before others have their turn.
#pragma once

namespace sluice {

// Asks for the shortest slices there are (0.1 ms) for the calling thread, where it is scheduled by
// SCHED_OTHER: whoever asks for little at a time is let in before those who run with longer ones.
// A loop wakes often and runs briefly; without this it waits behind the ring's workers on its
// processor, one after the other. Its share of the processor stays the same.
//
// The threads it starts, the ring's workers among them, have the usual slices; a negative nice
// value is not theirs either (SCHED_FLAG_RESET_ON_FORK, sched_setattr(2)). No more than a hint:
// slices stay as they are before Linux 6.12, and everything where the call is forbidden.
void ask_for_short_time_slices() noexcept;

}  // namespace sluice
