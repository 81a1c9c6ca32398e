// WallClockNow: what time it is. For flags, logs and displays; it never touches
// data.
#ifndef TILLSTORM_HARNESS_WALL_CLOCK_H_
#define TILLSTORM_HARNESS_WALL_CLOCK_H_

#include <chrono>

#include "harness/core/instant.h"

namespace tillstorm {

[[nodiscard]] inline Instant WallClockNow() {
  return std::chrono::floor<Micros>(std::chrono::system_clock::now());
}

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_WALL_CLOCK_H_
