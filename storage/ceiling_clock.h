// CeilingClock: the time and the processor time of this thread that a ceiling
// takes, from its making on.
//
// Threads: one.
#ifndef TILLSTORM_STORAGE_CEILING_CLOCK_H_
#define TILLSTORM_STORAGE_CEILING_CLOCK_H_

#include <time.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "storage/engine_ceiling.h"

namespace tillstorm {

class CeilingClock {
 public:
  [[nodiscard]] std::chrono::nanoseconds elapsed() const {
    return Clock::now() - began_;
  }
  [[nodiscard]] CeilingTime Read(int64_t rows, std::string how) const {
    return {rows, elapsed(), ThreadTime() - cpu_began_, std::move(how)};
  }

 private:
  using Clock = std::chrono::steady_clock;

  static std::chrono::nanoseconds ThreadTime() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) +
           std::chrono::nanoseconds(now.tv_nsec);
  }

  const std::chrono::nanoseconds cpu_began_ = ThreadTime();
  const Clock::time_point began_ = Clock::now();
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_CEILING_CLOCK_H_
