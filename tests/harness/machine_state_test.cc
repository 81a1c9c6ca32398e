// How many threads there is room for, with limits of every kind.
#include "harness/machine_state.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "harness/core/check.h"
#include "tests/support/catch.h"
#include "tests/support/fake_root.h"

namespace tillstorm {
namespace {

constexpr const char* kMountsOfBoth =
    "30 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw,nosuid shared:9 - cgroup cgroup "
    "rw,pids\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

TEST_CASE("Limits of the kernel are read with what is used", "[machine]") {
  const FakeRoot root;
  const MachineState state = ReadMachine(root.path());
  REQUIRE(state.system_threads);
  CHECK(state.system_threads->limit == 192'729);
  CHECK(state.system_threads->used == 234);
  CHECK(state.process_ids->limit == 32'768);
  CHECK(state.process_ids->used == 234);
  CHECK(state.mappings->limit == 65'530);
  CHECK(state.mappings->used == 3);
  CHECK(state.memory->limit == int64_t{1} << 30);
  CHECK(state.memory->left() == int64_t{1} << 29);
  CHECK_FALSE(state.cgroup_threads);
  CHECK_FALSE(state.cgroup_memory);
  CHECK(state.cores >= 1);
}

TEST_CASE("The tightest control group of version 1 counts", "[machine]") {
  const FakeRoot root;
  root.Write("/proc/self/mountinfo", kMountsOfBoth);
  root.Write("/proc/self/cgroup",
             "9:name=systemd:/\n8:cpu,pids:/a/b\n4:memory:/a\n0::/\n");
  const std::string pids = "/sys/fs/cgroup/pids";
  root.Write(pids + "/a/b/pids.max", "max\n");
  root.Write(pids + "/a/b/pids.current", "10\n");
  root.Write(pids + "/a/pids.max", "5000\n");
  root.Write(pids + "/a/pids.current", "40\n");
  // The topmost has no limit of its own.
  const std::string memory = "/sys/fs/cgroup/memory/a";
  root.Write(memory + "/memory.limit_in_bytes", "100000000\n");
  root.Write(memory + "/memory.usage_in_bytes", "60000000\n");
  root.Write(memory + "/memory.stat",
             "inactive_file 1\ntotal_inactive_file 50000000\n");
  const MachineState state = ReadMachine(root.path());
  REQUIRE(state.cgroup_threads);
  CHECK(state.cgroup_threads->limit == 5'000);
  CHECK(state.cgroup_threads->left() == 4'960);
  CHECK(state.cgroup_threads->where == root.path() + pids + "/a/pids.max");
  REQUIRE(state.cgroup_memory);
  CHECK(state.cgroup_memory->left() == 90'000'000);
}

TEST_CASE("Control groups of version 2 count", "[machine]") {
  const FakeRoot root;
  root.Write("/proc/self/mountinfo",
             "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  root.Write("/proc/self/cgroup", "0::/user.slice/session\n");
  const std::string user = "/sys/fs/cgroup/user.slice";
  root.Write(user + "/session/pids.max", "900\n");
  root.Write(user + "/session/pids.current", "100\n");
  root.Write(user + "/pids.max", "1000\n");
  root.Write(user + "/pids.current", "400\n");
  root.Write(user + "/memory.max", "200000000\n");
  root.Write(user + "/memory.current", "150000000\n");
  const MachineState state = ReadMachine(root.path());
  REQUIRE(state.cgroup_threads);
  CHECK(state.cgroup_threads->left() == 600);
  CHECK(state.cgroup_threads->where == root.path() + user + "/pids.max");
  REQUIRE(state.cgroup_memory);
  CHECK(state.cgroup_memory->left() == 50'000'000);
}

TEST_CASE("A mount that shows part of the control groups is enough",
          "[machine]") {
  const FakeRoot root;
  root.Write(
      "/proc/self/mountinfo",
      "39 31 0:36 /box /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n");
  root.Write("/sys/fs/cgroup/pids/pids.max", "77\n");
  root.Write("/sys/fs/cgroup/pids/pids.current", "7\n");
  for (const char* path : {"/box", "/box/below", "/boxes", "/../other", "/"}) {
    INFO(path);
    root.Write("/proc/self/cgroup", std::string("8:pids:") + path + "\n");
    const MachineState state = ReadMachine(root.path());
    REQUIRE(state.cgroup_threads);
    CHECK(state.cgroup_threads->left() == 70);
  }
}

TEST_CASE("A limit on memory above what there is is none", "[machine]") {
  const FakeRoot root;
  root.Write("/proc/self/mountinfo", kMountsOfBoth);
  root.Write("/proc/self/cgroup", "4:memory:/\n");
  const std::string memory = "/sys/fs/cgroup/memory";
  root.Write(memory + "/memory.limit_in_bytes", "9223372036854771712\n");
  root.Write(memory + "/memory.usage_in_bytes", "60000000\n");
  CHECK_FALSE(ReadMachine(root.path()).cgroup_memory);
}

TEST_CASE("Memory that may be asked for is limited where the system is strict",
          "[machine]") {
  const FakeRoot root;
  root.Write("/proc/meminfo",
             "MemTotal:  9000 kB\nMemAvailable:  9000 kB\n"
             "CommitLimit:  2000 kB\nCommitted_AS:  1320 kB\n");
  root.Write("/proc/sys/vm/overcommit_memory", "0\n");
  CHECK_FALSE(ReadMachine(root.path()).commit);
  root.Write("/proc/sys/vm/overcommit_memory", "2\n");
  const MachineState state = ReadMachine(root.path());
  REQUIRE(state.commit);
  CHECK(state.commit->left() == 680 * 1024);
}

TEST_CASE("A machine that tells nothing has no known limits", "[machine]") {
  const MachineState state = ReadMachine("/nonexistent");
  CHECK_FALSE(state.system_threads);
  CHECK_FALSE(state.process_ids);
  CHECK_FALSE(state.mappings);
  CHECK_FALSE(state.memory);
  CHECK_FALSE(state.cgroup_threads);
}

TEST_CASE("This machine can be read", "[machine]") {
  const MachineState state = ReadMachine();
  REQUIRE(state.process_ids);
  CHECK(state.process_ids->used > 0);
  REQUIRE(state.mappings);
  CHECK(state.mappings->used > 3);
  REQUIRE(state.memory);
  CHECK(state.memory->left() > 0);
}

std::vector<std::string> Sentences(const MachineState& state,
                                   const ThreadNeeds& needs,
                                   const std::string& check) {
  std::vector<std::string> sentences;
  for (const PreflightLine& line : JudgeMachine(state, needs)) {
    if (line.check != check) continue;
    sentences.push_back(std::string(Name(line.verdict)) + " " + line.message +
                        (line.cure.empty() ? "" : "; " + line.cure));
    CHECK((line.verdict == Verdict::kFailed) ==
          (line.code == StatusCode::kSystemLimit));
  }
  return sentences;
}

// Room for exactly that many threads, by one limit.
std::string Room(const MachineState& state, int64_t threads) {
  // Eight are the program's own.
  const ThreadNeeds fits{threads - 8, 65'536};
  const ThreadNeeds too_many{threads - 7, 65'536};
  CHECK_THAT(Sentences(state, fits, "threads").at(0), HoldsText("passed"));
  const std::vector<std::string> failed = Sentences(state, too_many, "threads");
  REQUIRE(failed.size() == 1);
  return failed[0];
}

TEST_CASE("Every limit on threads is kept to the last one", "[machine]") {
  const std::string way_out =
      ", give fewer --devices or --traffic, or --host pool";
  MachineState state;
  SECTION("of the user") {
    state.user_threads = UsedLimit{1'000, 100, ""};
    CHECK(Room(state, 900) ==
          "failed the limit on threads of this user is 1,000 and leaves room "
          "for 900 threads, 901 are needed; raise it (ulimit -u)" +
              way_out);
  }
  SECTION("of the control group") {
    state.cgroup_threads = UsedLimit{5'000, 60, "/sys/pids.max"};
    CHECK(Room(state, 4'940) ==
          "failed /sys/pids.max is 5,000 and leaves room for 4,940 threads, "
          "4,941 are needed; write a larger number there, or start outside of "
          "that control group" +
              way_out);
  }
  SECTION("of the system") {
    state.system_threads = UsedLimit{20'000, 1'000, ""};
    CHECK_THAT(
        Room(state, 19'000),
        HoldsText("kernel.threads-max is 20,000 and leaves room for 19,000 ") &&
            HoldsText("raise it (sysctl -w kernel.threads-max=...)"));
  }
  SECTION("of numbers for them, of which some are reserved") {
    state.process_ids = UsedLimit{32'768, 468, ""};
    CHECK_THAT(Room(state, 32'000),
               HoldsText("kernel.pid_max is 32,768 and leaves"));
  }
  SECTION("of mappings, two for each and some beside") {
    state.mappings = UsedLimit{65'530, 530, ""};
    CHECK_THAT(Room(state, 32'000),
               HoldsText("vm.max_map_count is 65,530 and leaves"));
  }
  SECTION("of address space") {
    // 96 MiB beside, then stacks of 64 KiB with a page to guard each.
    state.address_space = UsedLimit{(96 << 20) + 1'000 * 69'632, 0, ""};
    CHECK_THAT(Room(state, 1'000), HoldsText("the limit on address space"));
  }
  SECTION("of memory that may be asked for") {
    state.commit = UsedLimit{(96 << 20) + 2'000 * 69'632, 1'000 * 69'632, ""};
    CHECK_THAT(Room(state, 1'000), HoldsText("(vm.overcommit_memory is 2)"));
  }
}

TEST_CASE("Every limit that is too low is named", "[machine]") {
  MachineState state;
  state.process_ids = UsedLimit{32'768, 100, ""};
  state.mappings = UsedLimit{65'530, 100, ""};
  state.system_threads = UsedLimit{1'000'000, 100, ""};
  CHECK(Sentences(state, {40'000, 65'536}, "threads").size() == 2);
  const auto enough = Sentences(state, {20'000, 65'536}, "threads");
  REQUIRE(enough.size() == 1);
  CHECK(enough[0] ==
        "passed 20,008 are needed, vm.max_map_count is 65,530 and leaves room "
        "for 32,215");
}

TEST_CASE("A limit that is passed already leaves no room", "[machine]") {
  MachineState state;
  state.process_ids = UsedLimit{100, 5'000, ""};
  state.mappings = UsedLimit{100, 5'000, ""};
  state.address_space = UsedLimit{1, 5'000, ""};
  for (const std::string& line : Sentences(state, {1, 65'536}, "threads")) {
    CHECK_THAT(line, HoldsText("leaves room for 0 threads"));
  }
}

TEST_CASE("Without known limits threads pass", "[machine]") {
  CHECK(Sentences({}, {100, 65'536}, "threads").at(0) ==
        "passed 108 are needed, no limit is known");
}

TEST_CASE("Too little memory is a warning, never enough is a failure",
          "[machine]") {
  MachineState state;
  const ThreadNeeds needs{1'000, 65'536};  // 96 MiB and 72 KiB for each
  const int64_t wanted = (int64_t{96} << 20) + 1'000 * 73'728;
  state.memory = UsedLimit{2 * wanted, wanted, ""};
  CHECK_THAT(Sentences(state, needs, "memory").at(0), HoldsText("passed"));
  state.memory = UsedLimit{2 * wanted, wanted + 1, ""};
  CHECK_THAT(Sentences(state, needs, "memory").at(0),
             HoldsText("warning about 174 MB are needed and this machine has "
                       "174 MB available of 349 MB; give fewer"));
  state.memory = UsedLimit{wanted - 1, 0, ""};
  CHECK_THAT(Sentences(state, needs, "memory").at(0), HoldsText("failed"));
  state.memory = UsedLimit{4 * wanted, 0, ""};
  state.cgroup_memory = UsedLimit{wanted - 1, 0, "/sys/memory.max"};
  CHECK_THAT(Sentences(state, needs, "memory").at(0),
             HoldsText("failed about 174 MB are needed and /sys/memory.max"));
  CHECK_THAT(Sentences({}, needs, "memory").at(0), HoldsText("unknown"));
}

TEST_CASE("A dataset needs some open files", "[machine]") {
  MachineState state;
  state.open_files = UsedLimit{42, 10, ""};
  CHECK_THAT(Sentences(state, {}, "open files").at(0), HoldsText("passed"));
  state.open_files = UsedLimit{41, 10, ""};
  CHECK(Sentences(state, {}, "open files").at(0) ==
        "failed 31 more can be opened, 32 are needed; raise the limit (ulimit "
        "-n)");
}

}  // namespace
}  // namespace tillstorm
