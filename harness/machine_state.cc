#include "harness/machine_state.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>

#include "harness/system_file.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

int64_t CountLines(const std::string& path) {
  std::ifstream file(path);
  int64_t lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  return lines;
}

int64_t CountEntries(const std::string& directory) {
  std::error_code error;
  int64_t entries = 0;
  for (fs::directory_iterator entry(directory, error), end;
       !error && entry != end; entry.increment(error)) {
    ++entries;
  }
  return entries;
}

// Nothing when there is no limit.
std::optional<int64_t> ProcessLimit(__rlimit_resource resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::nullopt;
  }
  return static_cast<int64_t>(limit.rlim_cur);
}

std::optional<UsedLimit> Limit(std::optional<int64_t> limit,
                               std::optional<int64_t> used, std::string where) {
  if (!limit || !used) return std::nullopt;
  return UsedLimit{*limit, *used, std::move(where)};
}

// Threads of all processes of this user, as far as they can be seen.
int64_t CountUserThreads(const std::string& proc) {
  std::error_code error;
  int64_t threads = 0;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string status = entry->path().string() + "/status";
    if (ReadField(status, "Uid:") == static_cast<int64_t>(getuid())) {
      threads += ReadField(status, "Threads:").value_or(0);
    }
  }
  return threads;
}

// Whether the number of threads of a user binds this process.
bool IsBoundByUser(const std::string& proc) {
  constexpr uint64_t kSysAdmin = 1U << 21;
  constexpr uint64_t kSysResource = 1U << 24;
  if (getuid() == 0) return false;
  std::ifstream file(proc + "/self/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("CapEff:\t")) continue;
    uint64_t capabilities = 0;
    std::from_chars(line.data() + 8, line.data() + line.size(), capabilities,
                    16);
    return (capabilities & (kSysAdmin | kSysResource)) == 0;
  }
  return true;
}

// Tasks of the whole machine: `0.1 0.2 0.3 1/234 5678`.
std::optional<int64_t> CountTasks(const std::string& proc) {
  std::ifstream file(proc + "/loadavg");
  std::string line;
  std::getline(file, line);
  const size_t slash = line.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return ParseCount(std::string_view(line).substr(slash + 1));
}

// --- Control groups. ---

// A directory of ours in a hierarchy, and where that is mounted.
struct GroupPlace {
  std::string top;
  std::string directory;
};

bool HoldsWord(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    if (one == word) return true;
    list.remove_prefix(std::min(list.size(), one.size() + 1));
  }
  return false;
}

// What /proc/self/cgroup says of a controller; version 2 has the empty name.
std::string GroupPath(const std::string& proc, std::string_view controller) {
  std::ifstream file(proc + "/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // `8:pids:/a/b`
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view names =
        std::string_view(line).substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() : HoldsWord(names, controller)) {
      return line.substr(second + 1);
    }
  }
  return {};
}

// One line of /proc/self/mountinfo, or nothing if it mounts another thing.
std::optional<GroupPlace> PlaceOfMount(const std::string& line,
                                       const std::string& root,
                                       std::string_view controller,
                                       const std::string& path) {
  const size_t dash = line.find(" - ");
  if (dash == std::string::npos) return std::nullopt;
  std::istringstream before(line.substr(0, dash));
  std::istringstream after(line.substr(dash + 3));
  std::string skipped, mounted, top, type, source, options;
  before >> skipped >> skipped >> skipped >> mounted >> top;
  after >> type >> source >> options;
  if (controller.empty() ? type != "cgroup2"
                         : type != "cgroup" || !HoldsWord(options, controller))
    return std::nullopt;
  // A mount may show a part of the hierarchy, and we may be outside of it.
  const std::string prefix = mounted == "/" ? "" : mounted;
  const bool inside =
      path.starts_with(prefix) &&
      (path.size() == prefix.size() || path[prefix.size()] == '/') &&
      path.find("/..") == std::string::npos;
  const std::string below = inside ? path.substr(prefix.size()) : "";
  return GroupPlace{root + top, root + top + (below == "/" ? "" : below)};
}

std::optional<GroupPlace> FindGroup(const std::string& root,
                                    std::string_view controller) {
  const std::string path = GroupPath(root + "/proc", controller);
  if (path.empty()) return std::nullopt;
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    if (auto place = PlaceOfMount(line, root, controller, path)) return place;
  }
  return std::nullopt;
}

// What a controller calls its files.
struct GroupFiles {
  std::string_view controller;  // empty for version 2
  std::string_view limit;
  std::string_view used;
  std::string_view reclaimable;  // a key of memory.stat; empty: none
};

// Keeps the one of both that leaves less.
void KeepTighter(std::optional<UsedLimit> candidate,
                 std::optional<UsedLimit>* tightest) {
  if (candidate && (!*tightest || candidate->left() < (*tightest)->left())) {
    *tightest = std::move(candidate);
  }
}

void AddGroups(const std::string& root, const GroupFiles& files,
               std::optional<UsedLimit>* tightest) {
  const std::optional<GroupPlace> place = FindGroup(root, files.controller);
  if (!place) return;
  for (std::string directory = place->directory;;
       directory.resize(directory.rfind('/'))) {
    const std::string limit = fmt::format("{}/{}", directory, files.limit);
    std::optional<UsedLimit> found =
        Limit(ReadCount(limit),
              ReadCount(fmt::format("{}/{}", directory, files.used)), limit);
    if (found && !files.reclaimable.empty()) {
      found->used -= std::min(
          found->used,
          ReadField(directory + "/memory.stat", files.reclaimable).value_or(0));
    }
    KeepTighter(std::move(found), tightest);
    if (directory.size() <= place->top.size()) return;
  }
}

void ReadGroups(const std::string& root, MachineState* state) {
  AddGroups(root, {"pids", "pids.max", "pids.current", ""},
            &state->cgroup_threads);
  AddGroups(root, {"", "pids.max", "pids.current", ""}, &state->cgroup_threads);
  AddGroups(root,
            {"memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
             "total_inactive_file "},
            &state->cgroup_memory);
  AddGroups(root, {"", "memory.max", "memory.current", "inactive_file "},
            &state->cgroup_memory);
}

std::optional<int64_t> Bytes(std::optional<int64_t> kibi_bytes) {
  if (!kibi_bytes) return std::nullopt;
  return *kibi_bytes * 1024;
}

void ReadMemory(const std::string& proc, MachineState* state) {
  const std::string meminfo = proc + "/meminfo";
  constexpr int64_t kStrict = 2;
  if (ReadCount(proc + "/sys/vm/overcommit_memory") == kStrict) {
    state->commit = Limit(Bytes(ReadField(meminfo, "CommitLimit:")),
                          Bytes(ReadField(meminfo, "Committed_AS:")), meminfo);
  }
  const auto total = Bytes(ReadField(meminfo, "MemTotal:"));
  const auto available = Bytes(ReadField(meminfo, "MemAvailable:"));
  if (!total || !available) return;
  state->memory = UsedLimit{*total, *total - *available, meminfo};
  // Version 1 has a huge number for no limit.
  if (state->cgroup_memory && state->cgroup_memory->limit >= *total) {
    state->cgroup_memory.reset();
  }
}

}  // namespace

MachineState ReadMachine(const std::string& root) {
  const std::string proc = root + "/proc";
  MachineState state;
  state.cores =
      std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const std::optional<int64_t> user_max = ProcessLimit(RLIMIT_NPROC);
  if (user_max && IsBoundByUser(proc)) {
    state.user_threads = UsedLimit{*user_max, CountUserThreads(proc), ""};
  }
  const std::optional<int64_t> tasks = CountTasks(proc);
  const auto kernel = [&proc](const char* name) { return proc + name; };
  const std::string threads_max = kernel("/sys/kernel/threads-max");
  const std::string pid_max = kernel("/sys/kernel/pid_max");
  const std::string map_max = kernel("/sys/vm/max_map_count");
  state.system_threads = Limit(ReadCount(threads_max), tasks, threads_max);
  state.process_ids = Limit(ReadCount(pid_max), tasks, pid_max);
  state.mappings =
      Limit(ReadCount(map_max), CountLines(proc + "/self/maps"), map_max);
  state.address_space =
      Limit(ProcessLimit(RLIMIT_AS),
            Bytes(ReadField(proc + "/self/status", "VmSize:")), "");
  state.open_files =
      Limit(ProcessLimit(RLIMIT_NOFILE), CountEntries(proc + "/self/fd"), "");
  ReadGroups(root, &state);
  ReadMemory(proc, &state);
  return state;
}

}  // namespace tillstorm
