#include "sim/faults.h"

namespace sluice::sim {

namespace {

// A fault is absent in half of the runs, so that each is also met without the others.
double drawn_probability(Random& random, std::initializer_list<double> choices) {
  const double probability = random.pick(choices);
  return random.chance(0.5) ? probability : 0;
}

struct NamedCount {
  const char* name;
  uint64_t FaultCounts::* count;
};

constexpr NamedCount kNamedCounts[] = {
    {"lazy", &FaultCounts::lazy},
    {"late", &FaultCounts::late},
    {"very late", &FaultCounts::very_late},
    {"short receive", &FaultCounts::short_receive},
    {"short send", &FaultCounts::short_send},
    {"short fill", &FaultCounts::short_fill},
    {"short drain", &FaultCounts::short_drain},
    {"full socket", &FaultCounts::full_socket},
    {"uncached", &FaultCounts::uncached},
    {"multishot ends", &FaultCounts::multishot_ends},
    {"end with buffer", &FaultCounts::end_with_buffer},
    {"no buffers", &FaultCounts::no_buffers},
    {"open interrupted", &FaultCounts::open_interrupted},
    {"interrupted", &FaultCounts::interrupted},
    {"open refused", &FaultCounts::open_refused},
    {"accept refused", &FaultCounts::accept_refused},
    {"accept aborted", &FaultCounts::accept_aborted},
    {"reset", &FaultCounts::reset},
    {"read error", &FaultCounts::read_error},
    {"disk full", &FaultCounts::disk_full},
    {"not spliceable", &FaultCounts::not_spliceable},
    {"no zero copy", &FaultCounts::no_zero_copy},
};

}  // namespace

Faults Faults::drawn(Random& random) {
  Faults faults;
  faults.reordering = random.chance(0.7);
  faults.lazy = drawn_probability(random, {0.05, 0.3, 0.6});
  faults.late = drawn_probability(random, {0.05, 0.3, 0.6});
  faults.late_turns = static_cast<unsigned>(random.between(1, 6));
  faults.very_late = drawn_probability(random, {0.01, 0.05});
  faults.very_late_ms = random.pick<uint64_t>({5, 50, 300});
  faults.tick = drawn_probability(random, {0.05, 0.5});
  faults.early_submission = drawn_probability(random, {0.05, 0.5});

  faults.short_receive = drawn_probability(random, {0.1, 0.7});
  faults.short_send = drawn_probability(random, {0.1, 0.7});
  faults.short_fill = drawn_probability(random, {0.1, 0.5});
  faults.short_drain = drawn_probability(random, {0.1, 0.5});
  faults.full_socket = drawn_probability(random, {0.05, 0.4});
  faults.uncached = random.pick({0.0, 0.2, 1.0});
  faults.multishot_ends = drawn_probability(random, {0.05, 0.5});
  faults.end_with_buffer = random.pick({0.0, 0.5, 1.0});
  faults.no_buffers = drawn_probability(random, {0.02, 0.3});

  faults.open_interrupted = drawn_probability(random, {0.05, 0.4});
  faults.interrupted = drawn_probability(random, {0.02, 0.3});
  faults.open_refused = random.chance(0.1) ? 0.1 : 0;
  faults.accept_refused = drawn_probability(random, {0.05, 0.3});
  faults.accept_aborted = drawn_probability(random, {0.05, 0.3});
  faults.reset = random.chance(0.2) ? random.pick({0.001, 0.01, 0.05}) : 0;
  faults.read_error = random.chance(0.1) ? random.pick({0.01, 0.1}) : 0;
  faults.not_spliceable = random.chance(0.1) ? random.pick({0.1, 1.0}) : 0;
  faults.no_zero_copy = random.pick({0.0, 0.1, 1.0});
  return faults;
}

FaultCounts& FaultCounts::operator+=(const FaultCounts& other) noexcept {
  for (const NamedCount& named : kNamedCounts) this->*named.count += other.*named.count;
  return *this;
}

std::string FaultCounts::to_string() const {
  std::string text;
  for (const NamedCount& named : kNamedCounts) {
    if (!text.empty()) text += ", ";
    text += std::string(named.name) + " " + std::to_string(this->*named.count);
  }
  return text;
}

}  // namespace sluice::sim
