// ThreadRooms: how many more threads each limit of the system lets this
// process have, and which limit it was when it lets it have no more.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_THREAD_LIMITS_H_
#define TILLSTORM_HARNESS_THREAD_LIMITS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/status.h"
#include "harness/machine_state.h"

namespace tillstorm {

struct ThreadRoom {
  std::string limit;         // `kernel.pid_max is 32,768`
  int64_t threads = 0;       // that it leaves room for
  std::string cure;          // what a user can do about it
  bool is_of_bytes = false;  // it counts memory
};

// A room for every known limit, those that bind oneself first. What others need
// beside agents (numbers that are not given out again, maps of files) is taken
// off. `stack_bytes` is without the guard page.
[[nodiscard]] std::vector<ThreadRoom> ThreadRooms(const MachineState& state,
                                                  int64_t stack_bytes);

// kSystemLimit with a sentence that names the limit that was hit. `rooms` are
// those while the threads that were made still live, `error` is what
// pthread_create gave.
[[nodiscard]] Status ThreadLimitError(uint32_t wanted, uint32_t made, int error,
                                      const std::vector<ThreadRoom>& rooms);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_THREAD_LIMITS_H_
