#include "harness/thread_limits.h"

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

TEST_CASE("the error names the limit that was hit", "[limits]") {
  MachineState state;
  state.system_threads = UsedLimit{192'730, 1'000, ""};
  state.cgroup_threads = UsedLimit{5'000, 4'999, "/sys/pids.max"};
  const Status status =
      ThreadLimitError(8'100, 4'994, EAGAIN, ThreadRooms(state, 65'536));
  CHECK(status.code() == StatusCode::kSystemLimit);
  CHECK(status.message() ==
        "only 4,994 of 8,100 threads can be created (Resource temporarily "
        "unavailable): /sys/pids.max is 5,000; write a larger number there, or "
        "start outside of that control group, ask for fewer agents, or run "
        "them on a few threads (--host pool)");
}

TEST_CASE("when no count is at its limit it is memory", "[limits]") {
  MachineState state;
  state.system_threads = UsedLimit{192'730, 1'000, ""};
  CHECK_THAT(
      ThreadLimitError(9, 1, ENOMEM, ThreadRooms(state, 65'536)).message(),
      HoldsText("no count is at its limit, so memory is short"));
  CHECK_THAT(ThreadLimitError(9, 1, ENOMEM, {}).message(),
             HoldsText("so memory is short"));
}

TEST_CASE("of two limits that are hit the nearer one is named", "[limits]") {
  MachineState state;
  state.cgroup_threads = UsedLimit{5'000, 5'000, "/sys/pids.max"};
  state.process_ids = UsedLimit{32'768, 32'700, ""};  // some are reserved
  CHECK_THAT(
      ThreadLimitError(9, 1, EAGAIN, ThreadRooms(state, 65'536)).message(),
      HoldsText("/sys/pids.max is 5,000"));
}

TEST_CASE("this machine leaves room for some threads", "[limits]") {
  const std::vector<ThreadRoom> rooms = ThreadRooms(ReadMachine(), 65'536);
  REQUIRE_FALSE(rooms.empty());
  for (const ThreadRoom& room : rooms) {
    INFO(room.limit);
    CHECK(room.threads > 0);
  }
}

}  // namespace
}  // namespace tillstorm
