// MachineState: what the system lets this process have and how much of it is
// taken: threads, memory, open files. As numbers, so that what follows from
// them can be tested with any.
//
// Threads: a value. Errors: what cannot be read is left out.
#ifndef TILLSTORM_HARNESS_MACHINE_STATE_H_
#define TILLSTORM_HARNESS_MACHINE_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/preflight_line.h"

namespace tillstorm {

// A limit and what is used of it, in the same unit.
struct UsedLimit {
  int64_t limit = 0;
  int64_t used = 0;
  std::string where;  // a file that a user can look at, or empty

  [[nodiscard]] int64_t left() const {
    return used >= limit ? 0 : limit - used;
  }
};

struct MachineState {
  // ulimit -u; none for those that it does not bind (root, CAP_SYS_RESOURCE).
  std::optional<UsedLimit> user_threads;
  // The tightest pids.max of our cgroup and those above it.
  std::optional<UsedLimit> cgroup_threads;
  std::optional<UsedLimit> system_threads;  // kernel.threads-max
  std::optional<UsedLimit> process_ids;     // kernel.pid_max
  std::optional<UsedLimit> mappings;        // vm.max_map_count
  std::optional<UsedLimit> address_space;   // ulimit -v, bytes
  std::optional<UsedLimit> open_files;      // ulimit -n
  // Bytes that may be asked for, where vm.overcommit_memory is 2.
  std::optional<UsedLimit> commit;
  // Bytes: what the machine has, less what is not available; and the tightest
  // limit on our cgroup and those above it, less what is in use.
  std::optional<UsedLimit> memory;
  std::optional<UsedLimit> cgroup_memory;
  int cores = 1;
};

// `root` stands before /proc and /sys, for tests; the limits of this process
// itself (ulimit) are always the real ones.
[[nodiscard]] MachineState ReadMachine(const std::string& root = {});

struct ThreadNeeds {
  int64_t agent_threads = 0;     // 0: unknown
  int64_t stack_bytes = 65'536;  // of one of them, without its guard page
  int64_t lanes = 1;             // writers
};

// Lines: cores, threads (one for each limit that is too low), memory, open
// files.
[[nodiscard]] std::vector<PreflightLine> JudgeMachine(const MachineState& state,
                                                      const ThreadNeeds& needs);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MACHINE_STATE_H_
