// DaySlots: a local day cut into so many slots of equal length, as arrivals use
// it: a slot holds one thing at a random instant of it, or none.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_DAY_SLOTS_H_
#define TILLSTORM_AGENTS_DAY_SLOTS_H_

#include <algorithm>
#include <cstdint>

#include "agents/fault.h"
#include "harness/core/fixed_math.h"
#include "harness/core/sampler.h"

namespace tillstorm {

// Where a slot begins; the one after the last begins where the day ends.
// REQUIRES: slot <= slots, 0 < slots.
[[nodiscard]] inline Instant SlotBegin(const DaySpan& day, uint32_t slot,
                                       uint32_t slots) {
  return day.begin + Micros{MulDiv((day.end - day.begin).count(), slot, slots)};
}

// The instant in that slot that the random bits choose.
[[nodiscard]] inline Instant InstantInSlot(const DaySpan& day, uint32_t slot,
                                           uint32_t slots, uint64_t bits) {
  const Micros begin = SlotBegin(day, slot, slots) - day.begin;
  const Micros end = SlotBegin(day, slot + 1, slots) - day.begin;
  return day.begin +
         Micros{UniformBetween(bits, begin.count(), end.count() - 1)};
}

// A slot from which on everything at or after `from` is found.
[[nodiscard]] inline uint32_t FirstSlotFrom(const DaySpan& day, uint32_t slots,
                                            Instant from) {
  const int64_t length = (day.end - day.begin).count();
  const int64_t into = std::max<int64_t>((from - day.begin).count(), 0);
  // One earlier: what the division rounded.
  return static_cast<uint32_t>(
      std::max<int64_t>(MulDiv(into, slots, length) - 1, 0));
}

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_DAY_SLOTS_H_
