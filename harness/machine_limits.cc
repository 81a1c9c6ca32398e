// What follows from a MachineState.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "harness/machine_state.h"
#include "harness/progress_line.h"
#include "harness/thread_limits.h"

namespace tillstorm {
namespace {

// One writer, dashboard, log, signals and what libraries start.
constexpr int64_t kOwnThreads = 8;
// What does not depend on agents: blocks of rows, the engine's cache, code.
constexpr int64_t kBytesBeside = int64_t{96} << 20;
// Of one agent with a thread: pages of its stack that are touched, its state,
// and what the kernel keeps for it.
constexpr int64_t kBytesPerAgent = int64_t{72} << 10;
// The dataset with its log and index, terminal, log file, and room.
constexpr int64_t kOpenFilesMin = 32;

void JudgeThreads(const MachineState& state, const ThreadNeeds& needs,
                  std::vector<PreflightLine>* lines) {
  constexpr const char* kCheck = "threads";
  const int64_t wanted = needs.agent_threads + needs.lanes - 1 + kOwnThreads;
  const std::vector<ThreadRoom> rooms = ThreadRooms(state, needs.stack_bytes);
  bool fits = true;
  for (const ThreadRoom& room : rooms) {
    if (room.threads >= wanted) continue;
    fits = false;
    lines->push_back(PreflightLine::Failed(
        StatusCode::kSystemLimit, kCheck,
        fmt::format("{} and leaves room for {} threads, {} are needed",
                    room.limit, GroupedCount(room.threads),
                    GroupedCount(wanted)),
        fmt::format("{}, give fewer --devices or --traffic, or --host pool",
                    room.cure)));
  }
  if (!fits) return;
  const std::string needed =
      needs.agent_threads == 0 ? "" : GroupedCount(wanted) + " are needed, ";
  const auto tightest = std::min_element(
      rooms.begin(), rooms.end(),
      [](const auto& a, const auto& b) { return a.threads < b.threads; });
  lines->push_back(PreflightLine::Passed(
      kCheck,
      tightest == rooms.end()
          ? needed + "no limit is known"
          : fmt::format("{}{} and leaves room for {}", needed, tightest->limit,
                        GroupedCount(tightest->threads))));
}

PreflightLine JudgeMemory(const MachineState& state, const ThreadNeeds& needs) {
  constexpr const char* kCheck = "memory";
  const int64_t wanted = kBytesBeside + needs.agent_threads * kBytesPerAgent;
  std::string where = "this machine";
  std::optional<UsedLimit> tightest = state.memory;
  if (state.cgroup_memory &&
      (!tightest || state.cgroup_memory->left() < tightest->left())) {
    tightest = state.cgroup_memory;
    where = state.cgroup_memory->where;
  }
  if (!tightest) {
    return PreflightLine::Passed(
        kCheck, fmt::format("about {} are needed, how much there is is unknown",
                            CompactBytes(wanted)));
  }
  const std::string found = fmt::format(
      "about {} are needed and {} has {} available of {}", CompactBytes(wanted),
      where, CompactBytes(tightest->left()), CompactBytes(tightest->limit));
  const std::string cure =
      "give fewer --devices or --traffic, or stop other programs";
  if (tightest->limit < wanted) {
    return PreflightLine::Failed(StatusCode::kSystemLimit, kCheck, found, cure);
  }
  return tightest->left() < wanted ? PreflightLine::Warning(kCheck, found, cure)
                                   : PreflightLine::Passed(kCheck, found);
}

PreflightLine JudgeOpenFiles(const std::optional<UsedLimit>& files) {
  constexpr const char* kCheck = "open files";
  if (!files) return PreflightLine::Passed(kCheck, "no limit is known");
  const std::string found =
      fmt::format("{} more can be opened, {} are needed",
                  GroupedCount(files->left()), kOpenFilesMin);
  return files->left() < kOpenFilesMin
             ? PreflightLine::Failed(StatusCode::kSystemLimit, kCheck, found,
                                     "raise the limit (ulimit -n)")
             : PreflightLine::Passed(kCheck, found);
}

}  // namespace

std::vector<PreflightLine> JudgeMachine(const MachineState& state,
                                        const ThreadNeeds& needs) {
  std::vector<PreflightLine> lines;
  lines.push_back(
      PreflightLine::Passed("cores", fmt::format("{} of them", state.cores)));
  JudgeThreads(state, needs, &lines);
  lines.push_back(JudgeMemory(state, needs));
  lines.push_back(JudgeOpenFiles(state.open_files));
  return lines;
}

}  // namespace tillstorm
