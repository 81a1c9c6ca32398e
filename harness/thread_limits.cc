#include "harness/thread_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "harness/progress_line.h"

namespace tillstorm {
namespace {

// A limit that lets no more than so many threads be made counts as hit: others
// come and go while it is read.
constexpr int64_t kLeftWhenHit = 2;
// A stack and its guard page.
constexpr int64_t kMappingsPerThread = 2;
// Arenas of the allocator, mapped files, blocks of rows.
constexpr int64_t kMappingsBeside = 1'000;
// Numbers below are not given out again once they are used up.
constexpr int64_t kProcessIdsReserved = 300;
constexpr int64_t kGuardBytes = 4'096;
// What does not depend on agents: blocks of rows, the engine's cache, code.
constexpr int64_t kBytesBeside = int64_t{96} << 20;

// What a limit is called, and what else it has to hold.
struct Use {
  std::string_view name;
  std::string cure;
  int64_t beside = 0;
  int64_t per_thread = 1;
  bool is_of_bytes = false;
};

void AddRoom(const std::optional<UsedLimit>& limit, Use use,
             std::vector<ThreadRoom>* rooms) {
  if (!limit) return;
  const int64_t left = std::max<int64_t>(limit->left() - use.beside, 0);
  rooms->push_back({fmt::format("{} is {}", use.name,
                                use.is_of_bytes ? CompactBytes(limit->limit)
                                                : GroupedCount(limit->limit)),
                    left / use.per_thread, std::move(use.cure),
                    use.is_of_bytes});
}

std::string Raise(std::string_view name) {
  return fmt::format("raise it (sysctl -w {}=...)", name);
}

}  // namespace

std::vector<ThreadRoom> ThreadRooms(const MachineState& state,
                                    int64_t stack_bytes) {
  std::vector<ThreadRoom> rooms;
  const int64_t stack = stack_bytes + kGuardBytes;
  AddRoom(state.user_threads,
          {"the limit on threads of this user", "raise it (ulimit -u)"},
          &rooms);
  AddRoom(
      state.cgroup_threads,
      {state.cgroup_threads ? state.cgroup_threads->where : "",
       "write a larger number there, or start outside of that control group"},
      &rooms);
  AddRoom(state.system_threads,
          {"kernel.threads-max", Raise("kernel.threads-max")}, &rooms);
  AddRoom(state.process_ids,
          {"kernel.pid_max", Raise("kernel.pid_max"), kProcessIdsReserved},
          &rooms);
  AddRoom(state.mappings,
          {"vm.max_map_count", Raise("vm.max_map_count"), kMappingsBeside,
           kMappingsPerThread},
          &rooms);
  AddRoom(state.address_space,
          {"the limit on address space", "raise it (ulimit -v)", kBytesBeside,
           stack, true},
          &rooms);
  AddRoom(state.commit,
          {"the limit on memory that may be asked for (vm.overcommit_memory is "
           "2)",
           "raise it (sysctl -w vm.overcommit_ratio=...)", kBytesBeside, stack,
           true},
          &rooms);
  return rooms;
}

Status ThreadLimitError(uint32_t wanted, uint32_t made, int error,
                        const std::vector<ThreadRoom>& rooms) {
  const std::string only =
      fmt::format("only {} of {} threads can be created ({})",
                  GroupedCount(made), GroupedCount(wanted),
                  std::strerror(error));  // NOLINT(concurrency-mt-unsafe)
  const auto tightest = std::min_element(
      rooms.begin(), rooms.end(),
      [](const auto& a, const auto& b) { return a.threads < b.threads; });
  const bool is_hit =
      tightest != rooms.end() && tightest->threads <= kLeftWhenHit;
  return {StatusCode::kSystemLimit,
          fmt::format("{}: {}, ask for fewer agents, or run them on a few "
                      "threads (--host pool)",
                      only,
                      is_hit ? tightest->limit + "; " + tightest->cure
                             : "no count is at its limit, so memory is short; "
                               "stop other programs")};
}

}  // namespace tillstorm
