#include "harness/measure/machine_facts.h"

#include <filesystem>
#include <string>

#include "harness/version.h"
#include "tests/support/catch.h"
#include "tests/support/fake_root.h"

namespace tillstorm {
namespace {

constexpr const char* kCpu = "/sys/devices/system/cpu";

TEST_CASE("A virtual machine says what it is", "[machine]") {
  const FakeRoot root;
  root.Write("/proc/cpuinfo",
             "processor\t: 0\nmodel name\t: Example CPU @ 3.0GHz\n"
             "flags\t\t: fpu sse2 hypervisor avx2\n");
  root.Write("/proc/sys/kernel/ostype", "Linux\n");
  root.Write("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
  root.Write("/sys/class/dmi/id/sys_vendor", "QEMU\n");
  root.Write("/sys/class/dmi/id/product_name", "Standard PC\n");
  root.Write("/sys/kernel/mm/transparent_hugepage/enabled",
             "always [madvise] never\n");
  root.Write("/sys/devices/system/node/node0/cpulist", "0-3\n");
  root.Write("/sys/devices/system/node/node1/cpulist", "4-7\n");
  root.Write("/sys/devices/system/node/online", "0-1\n");
  root.Write(std::string(kCpu) + "/cpu0/cpufreq/scaling_governor",
             "performance\n");
  root.Write(std::string(kCpu) + "/intel_pstate/no_turbo", "1\n");
  const MachineFacts facts = ReadMachineFacts("", root.path());
  CHECK(facts.cpu_model == "Example CPU @ 3.0GHz");
  CHECK(facts.kernel == "Linux 6.1.0-18-amd64");
  CHECK(facts.virtualisation == "QEMU Standard PC");
  CHECK(facts.transparent_huge_pages == "madvise");
  CHECK(facts.numa_nodes == 2);
  CHECK(facts.governor == "performance");
  CHECK(facts.turbo == false);
  CHECK(facts.memory_bytes == int64_t{1} << 30);
  CHECK_FALSE(facts.cgroup_memory_bytes);
  CHECK_FALSE(facts.file_system);
  CHECK_FALSE(facts.free_bytes);
}

TEST_CASE("A machine of its own is not virtual, and may have a boost",
          "[machine]") {
  const FakeRoot root;
  root.Write("/proc/cpuinfo", "model name\t: X\nflags\t\t: fpu sse2\n");
  root.Write(std::string(kCpu) + "/cpufreq/boost", "1\n");
  const MachineFacts facts = ReadMachineFacts("", root.path());
  CHECK(facts.virtualisation == "none");
  CHECK(facts.turbo == true);
}

TEST_CASE("The deepest mount over a folder is its file system", "[machine]") {
  const FakeRoot root;
  const std::string folder =
      std::filesystem::canonical(root.path()).string() + "/my data/sub";
  std::filesystem::create_directories(folder);
  std::string escaped = std::filesystem::canonical(root.path()).string();
  root.Write("/proc/self/mountinfo",
             "1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
             "2 1 8:33 / " +
                 escaped +
                 "/my\\040data rw,noatime - xfs /dev/sdc1 "
                 "rw,inode64\n"
                 "3 1 8:49 / " +
                 escaped + "/my\\040data/su rw - btrfs /dev/sdd1 rw\n");
  root.Write("/sys/dev/block/8:33/../device/model", "FastDisk 9\n");
  root.Write("/sys/dev/block/8:33/partition", "1\n");
  const MachineFacts facts = ReadMachineFacts(folder, root.path());
  CHECK(facts.file_system == "xfs rw,noatime,rw,inode64");
  CHECK(facts.device == "/dev/sdc1 (FastDisk 9)");
  REQUIRE(facts.free_bytes);
  CHECK(*facts.free_bytes > 0);
}

TEST_CASE("What a machine does not tell is left open", "[machine]") {
  const MachineFacts facts = ReadMachineFacts("/nonexistent", "/nonexistent");
  CHECK(facts.cpu_model == "unknown");
  CHECK_FALSE(facts.governor);
  CHECK_FALSE(facts.turbo);
  CHECK_FALSE(facts.transparent_huge_pages);
  CHECK_FALSE(facts.numa_nodes);
  CHECK_FALSE(facts.virtualisation);
  CHECK_FALSE(facts.file_system);
  CHECK_FALSE(facts.device);
  CHECK_FALSE(facts.free_bytes);
}

TEST_CASE("This machine says the main things about itself", "[machine]") {
  const MachineFacts facts =
      ReadMachineFacts(std::filesystem::temp_directory_path().string());
  CHECK(facts.cores >= 1);
  CHECK(facts.memory_bytes > 0);
  CHECK(facts.kernel.starts_with("Linux "));
  CHECK(facts.file_system);
  CHECK(facts.free_bytes);
  CHECK(facts.clock_read_ns >= 1);
}

TEST_CASE("Facts of the build and --version are the same", "[version]") {
  const BuildFacts build = ThisBuild();
  const std::string text = VersionText();
  CHECK(build.version == Version());
  CHECK_THAT(text, HoldsText("tillstorm " + build.version + "\n"));
  for (const std::string& fact :
       {build.commit, build.compiler, build.flags, build.build_type}) {
    CHECK_THAT(text, HoldsText(" " + fact + "\n"));
  }
  CHECK_FALSE(build.libraries.empty());
  for (const auto& [name, version] : build.libraries) {
    CHECK_THAT(text, HoldsText(name + " " + version));
  }
  // A build that checks everything is none to measure.
#ifndef NDEBUG
  CHECK_FALSE(build.is_optimised);
#endif
}

}  // namespace
}  // namespace tillstorm
