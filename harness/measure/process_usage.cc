#include "harness/measure/process_usage.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <system_error>
#include <vector>

#include "harness/core/instant.h"
#include "harness/system_file.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

struct Process {
  int parent = 0;
  int64_t ticks = 0;  // its own, and of children that it waited for
};

// A line of proc(5)'s stat.
std::optional<Process> ParseStat(const std::string& line) {
  // The name in parentheses may hold anything.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  Process process;
  std::string skipped;
  fields >> skipped >> process.parent;
  constexpr int kBetween = 9;  // fields 5 to 13
  for (int i = 0; i < kBetween; ++i) fields >> skipped;
  for (int i = 0; i < 4; ++i) {  // utime, stime, cutime, cstime
    int64_t ticks = 0;
    fields >> ticks;
    process.ticks += ticks;
  }
  if (!fields) return std::nullopt;
  return process;
}

std::map<int, Process> ReadProcesses(const std::string& proc) {
  std::map<int, Process> processes;
  std::error_code error;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto line = ReadLine(entry->path().string() + "/stat");
    const auto process = line ? ParseStat(*line) : std::nullopt;
    const auto number = ParseCount(name);
    if (process && number) processes[static_cast<int>(*number)] = *process;
  }
  return processes;
}

// The processes below `tops`, these included.
std::set<int> FindTrees(std::span<const int> tops,
                        const std::map<int, Process>& processes) {
  std::set<int> found(tops.begin(), tops.end());
  for (size_t before = 0; before != found.size();) {
    before = found.size();
    for (const auto& [number, process] : processes) {
      if (found.contains(process.parent)) found.insert(number);
    }
  }
  return found;
}

}  // namespace

std::optional<ProcessUsage> ReadUsage(std::span<const int> tops,
                                      const std::string& root) {
  const std::string proc = root + "/proc";
  const std::map<int, Process> processes = ReadProcesses(proc);
  for (const int top : tops) {
    if (!processes.contains(top)) return std::nullopt;
  }
  if (tops.empty()) return std::nullopt;
  int64_t ticks = 0;
  std::optional<int64_t> written = 0;
  for (const int number : FindTrees(tops, processes)) {
    ticks += processes.at(number).ticks;
    const std::string directory = fmt::format("{}/{}", proc, number);
    const auto bytes = ReadField(directory + "/io", "write_bytes:");
    if (bytes && written) *written += *bytes;
    // One that has just ended is in its parent's account.
    if (!bytes && fs::exists(directory)) written.reset();
  }
  ProcessUsage usage;
  usage.cpu = std::chrono::microseconds(ticks * kMicrosPerSecond /
                                        sysconf(_SC_CLK_TCK));
  usage.written_bytes = written;
  return usage;
}

}  // namespace tillstorm
