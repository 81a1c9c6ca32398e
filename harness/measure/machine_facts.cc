#include "harness/measure/machine_facts.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "harness/machine_state.h"
#include "harness/system_file.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

std::string Trimmed(std::string text) {
  constexpr const char* kBlanks = " \t\n";
  text.erase(0, std::min(text.find_first_not_of(kBlanks), text.size()));
  text.erase(text.find_last_not_of(kBlanks) + 1);
  return text;
}

// The first line of a file, without blanks around it; nothing if it is empty.
std::optional<std::string> ReadWords(const std::string& path) {
  const auto line = ReadLine(path);
  if (!line || Trimmed(*line).empty()) return std::nullopt;
  return Trimmed(*line);
}

// What follows the colon of a line of /proc/cpuinfo.
std::optional<std::string> CpuEntry(const std::string& root,
                                    std::string_view key) {
  const auto entry = ReadEntry(root + "/proc/cpuinfo", key);
  if (!entry) return std::nullopt;
  const size_t colon = entry->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Trimmed(entry->substr(colon + 1));
}

int AllowedCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 1;
  return std::max(1, CPU_COUNT(&allowed));
}

std::optional<bool> ReadTurbo(const std::string& cpu) {
  if (const auto off = ReadCount(cpu + "/intel_pstate/no_turbo")) {
    return *off == 0;
  }
  if (const auto on = ReadCount(cpu + "/cpufreq/boost")) return *on != 0;
  return std::nullopt;
}

// `always [madvise] never`: the chosen one.
std::optional<std::string> ReadHugePages(const std::string& root) {
  const auto line =
      ReadLine(root + "/sys/kernel/mm/transparent_hugepage/enabled");
  if (!line) return std::nullopt;
  const size_t begin = line->find('[');
  const size_t end = line->find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return std::nullopt;
  }
  return line->substr(begin + 1, end - begin - 1);
}

std::optional<int> CountNodes(const std::string& root) {
  std::error_code error;
  int nodes = 0;
  for (fs::directory_iterator entry(root + "/sys/devices/system/node", error),
       end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.size() > 4 && name.starts_with("node") &&
        name.find_first_not_of("0123456789", 4) == std::string::npos) {
      ++nodes;
    }
  }
  return nodes == 0 ? std::nullopt : std::optional(nodes);
}

std::optional<std::string> ReadVirtualisation(const std::string& root) {
  const auto flags = CpuEntry(root, "flags");
  if (!flags) return std::nullopt;
  if ((" " + *flags + " ").find(" hypervisor ") == std::string::npos) {
    return "none";
  }
  if (const auto type = ReadWords(root + "/sys/hypervisor/type")) return type;
  const std::string dmi = root + "/sys/class/dmi/id";
  const auto vendor = ReadWords(dmi + "/sys_vendor");
  const auto product = ReadWords(dmi + "/product_name");
  if (vendor && product) return *vendor + " " + *product;
  return vendor ? vendor : product ? product : "yes";
}

std::string ReadKernel(const std::string& root) {
  const std::string kernel = root + "/proc/sys/kernel";
  return fmt::format("{} {}", ReadWords(kernel + "/ostype").value_or("unknown"),
                     ReadWords(kernel + "/osrelease").value_or("unknown"));
}

// --- The file system. ---

struct Mount {
  std::string number;  // major:minor
  std::string point;
  std::string options;
  std::string type;
  std::string source;
  std::string more_options;  // of the file system itself
};

// Blanks and backslashes are written as `\040`.
std::string Unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(digits, digits + 3, code, 8).ptr == digits + 3) {
      plain += static_cast<char>(code);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::optional<Mount> ParseMount(const std::string& line) {
  const size_t dash = line.find(" - ");
  if (dash == std::string::npos) return std::nullopt;
  std::istringstream before(line.substr(0, dash));
  std::istringstream after(line.substr(dash + 3));
  Mount mount;
  std::string skipped;
  before >> skipped >> skipped >> mount.number >> skipped >> mount.point >>
      mount.options;
  after >> mount.type >> mount.source >> mount.more_options;
  if (!before || !after) return std::nullopt;
  mount.point = Unescaped(mount.point);
  mount.source = Unescaped(mount.source);
  return mount;
}

bool Holds(const std::string& point, const std::string& folder) {
  if (point == "/") return true;
  return folder.starts_with(point) &&
         (folder.size() == point.size() || folder[point.size()] == '/');
}

// The deepest mount that holds the folder; of several there, the one on top.
std::optional<Mount> FindMount(const std::string& folder,
                               const std::string& root) {
  std::ifstream file(root + "/proc/self/mountinfo");
  std::optional<Mount> found;
  for (std::string line; std::getline(file, line);) {
    auto mount = ParseMount(line);
    if (!mount || !Holds(mount->point, folder)) continue;
    if (!found || mount->point.size() >= found->point.size()) {
      found = std::move(mount);
    }
  }
  return found;
}

// A partition has its model in the folder above.
std::string DescribeDevice(const Mount& mount, const std::string& root) {
  const std::string block =
      fmt::format("{}/sys/dev/block/{}", root, mount.number);
  auto model = ReadWords(block + "/device/model");
  if (!model) model = ReadWords(block + "/../device/model");
  return model ? fmt::format("{} ({})", mount.source, *model) : mount.source;
}

void ReadFileSystem(const std::string& folder, const std::string& root,
                    MachineFacts* facts) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) return;
  struct statvfs space {};
  if (statvfs(folder.c_str(), &space) == 0) {
    facts->free_bytes = static_cast<int64_t>(space.f_bavail) *
                        static_cast<int64_t>(space.f_frsize);
  }
  const auto mount = FindMount(real.string(), root);
  if (!mount) return;
  facts->file_system =
      fmt::format("{} {},{}", mount->type, mount->options, mount->more_options);
  facts->device = DescribeDevice(*mount, root);
}

// The mean of the fastest of some rounds, rounded up.
int64_t TimeClockRead() {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 5;
  constexpr int kReads = 2'000;
  auto fastest = std::chrono::nanoseconds::max();
  for (int round = 0; round < kRounds; ++round) {
    const Clock::time_point began = Clock::now();
    Clock::time_point last = began;
    for (int i = 0; i < kReads; ++i) last = Clock::now();
    fastest = std::min<std::chrono::nanoseconds>(fastest, last - began);
  }
  return (fastest.count() + kReads - 1) / kReads;
}

}  // namespace

MachineFacts ReadMachineFacts(const std::string& folder,
                              const std::string& root) {
  const std::string cpu = root + "/sys/devices/system/cpu";
  const MachineState state = ReadMachine(root);
  MachineFacts facts;
  facts.cpu_model = CpuEntry(root, "model name").value_or("unknown");
  facts.cores = AllowedCores();
  if (state.memory) facts.memory_bytes = state.memory->limit;
  if (state.cgroup_memory)
    facts.cgroup_memory_bytes = state.cgroup_memory->limit;
  facts.governor = ReadWords(cpu + "/cpu0/cpufreq/scaling_governor");
  facts.turbo = ReadTurbo(cpu);
  facts.transparent_huge_pages = ReadHugePages(root);
  facts.numa_nodes = CountNodes(root);
  facts.virtualisation = ReadVirtualisation(root);
  facts.kernel = ReadKernel(root);
  if (!folder.empty()) ReadFileSystem(folder, root, &facts);
  facts.clock_read_ns = TimeClockRead();
  return facts;
}

}  // namespace tillstorm
