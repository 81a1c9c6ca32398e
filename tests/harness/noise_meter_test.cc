#include "harness/measure/noise_meter.h"

#include <unistd.h>

#include <array>

#include "harness/measure/cost_meter.h"
#include "harness/measure/process_usage.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/fake_root.h"

namespace tillstorm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// `PID (name) state parent`, nine fields, then utime, stime, cutime, cstime.
void WriteProcess(const FakeRoot& root, int number, int parent,
                  const std::string& ticks) {
  root.Write("/proc/" + std::to_string(number) + "/stat",
             std::to_string(number) + " (a (strange) name) S " +
                 std::to_string(parent) + " 1 1 0 -1 0 0 0 0 0 " + ticks +
                 " 20 0 1 0 100\n");
}

void WriteIo(const FakeRoot& root, int number, int64_t bytes) {
  root.Write("/proc/" + std::to_string(number) + "/io",
             "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
             "write_bytes: " +
                 std::to_string(bytes) + "\ncancelled_write_bytes: 7\n");
}

TEST_CASE("Usage is that of a process and all below it, each once",
          "[machine]") {
  const FakeRoot root;
  WriteProcess(root, 10, 1, "100 20 3 0");
  WriteProcess(root, 11, 10, "50 0 0 0");
  WriteProcess(root, 12, 11, "7 0 0 0");
  WriteProcess(root, 20, 1, "999 999 999 999");
  for (const int number : {10, 11, 12, 20}) WriteIo(root, number, number);
  const std::array<int, 1> one = {10};
  const auto usage = ReadUsage(one, root.path());
  REQUIRE(usage);
  CHECK(usage->cpu == milliseconds(1'800));
  CHECK(usage->written_bytes == 33);
  const std::array<int, 2> nested = {11, 10};
  CHECK(ReadUsage(nested, root.path())->cpu == milliseconds(1'800));
  const std::array<int, 2> gone = {10, 99};
  CHECK_FALSE(ReadUsage(gone, root.path()));
  CHECK_FALSE(ReadUsage({}, root.path()));
}

TEST_CASE("Bytes of a process that may not be looked at are unknown",
          "[machine]") {
  const FakeRoot root;
  WriteProcess(root, 10, 1, "100 0 0 0");
  WriteProcess(root, 11, 10, "50 0 0 0");
  WriteIo(root, 10, 5);
  const std::array<int, 1> one = {10};
  const auto usage = ReadUsage(one, root.path());
  REQUIRE(usage);
  CHECK(usage->cpu == milliseconds(1'500));
  CHECK_FALSE(usage->written_bytes);
}

TEST_CASE("What others used is all that was busy, less what is ours",
          "[machine]") {
  const FakeRoot root;
  const std::array<int, 2> driven = {10, 20};
  WriteProcess(root, 10, 1, "100 0 0 0");
  WriteProcess(root, 20, 1, "0 0 0 0");
  root.Write("/proc/stat", "cpu  1000 0 500 4000 100 0 50 20 0 0\ncpu0 1 2\n");
  root.Write("/proc/pressure/cpu",
             "some avg10=1.00 avg60=0.50 avg300=0.10 total=1000000\n"
             "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
  root.Write("/proc/pressure/io",
             "some avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
  NoiseSample begin = SampleNoise(driven, root.path());
  // 1,000 ticks later: 400 idle or waiting, 50 stolen; of 550 that were busy
  // 300 are ours and 100 of the server.
  WriteProcess(root, 10, 1, "350 50 0 0");
  WriteProcess(root, 20, 1, "40 10 50 0");
  root.Write("/proc/stat", "cpu  1450 0 580 4350 150 0 70 70 0 0\ncpu0 1 2\n");
  root.Write("/proc/loadavg", "1.75 0.20 0.30 1/234 5678\n");
  root.Write("/proc/pressure/cpu",
             "some avg10=1.00 avg60=0.50 avg300=0.10 total=2250000\n");
  root.Write("/proc/pressure/io",
             "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000000\n");
  NoiseSample end = SampleNoise(driven, root.path());
  begin.at = {};
  end.at = begin.at + seconds(5);
  const NoiseFacts facts = NoiseBetween(begin, end);
  CHECK(facts.load_1min == Approx(1.75));
  CHECK(facts.steal == Approx(0.05));
  CHECK(facts.others == Approx(0.15));
  CHECK(facts.cpu_pressure == Approx(0.25));
  CHECK(facts.io_pressure == Approx(0.1));
}

TEST_CASE("A machine that does not tell its noise has none to show",
          "[machine]") {
  const std::array<int, 1> driven = {10};
  const NoiseSample sample = SampleNoise(driven, "/nonexistent");
  NoiseSample later = sample;
  later.at += seconds(1);
  const NoiseFacts facts = NoiseBetween(sample, later);
  CHECK_FALSE(facts.load_1min);
  CHECK_FALSE(facts.steal);
  CHECK_FALSE(facts.others);
  CHECK_FALSE(facts.cpu_pressure);
  CHECK_FALSE(facts.io_pressure);
}

TEST_CASE("A server that is gone leaves open what others used", "[machine]") {
  const FakeRoot root;
  WriteProcess(root, 10, 1, "100 0 0 0");
  root.Write("/proc/stat", "cpu  1000 0 500 4000 100 0 50 20 0 0\n");
  const std::array<int, 2> driven = {10, 20};
  const NoiseSample begin = SampleNoise(driven, root.path());
  root.Write("/proc/stat", "cpu  1100 0 500 4000 100 0 50 20 0 0\n");
  const NoiseFacts facts =
      NoiseBetween(begin, SampleNoise(driven, root.path()));
  CHECK(facts.steal == Approx(0));
  CHECK_FALSE(facts.others);
}

TEST_CASE("Noise of this machine is a share", "[machine]") {
  const NoiseMeter meter({});
  const NoiseFacts facts = meter.Read();
  for (const auto& share :
       {facts.steal, facts.others, facts.cpu_pressure, facts.io_pressure}) {
    if (!share) continue;
    CHECK(*share >= 0);
    CHECK(*share <= 1);
  }
}

TEST_CASE("A server's cost is added to ours where it is our server",
          "[machine]") {
  const FakeRoot root;
  root.Write("/proc/self/io", "write_bytes: 1000\n");
  WriteProcess(root, 20, 1, "100 0 0 0");
  WriteIo(root, 20, 500);
  const CostSubject ours{CostServer::kSeen, 20};
  const CostSample begin = SampleCost(ours, root.path());
  CHECK(begin.server_cpu == seconds(1));
  CHECK(begin.written_bytes == 1'500);
  root.Write("/proc/self/io", "write_bytes: 1200\n");
  WriteProcess(root, 20, 1, "150 25 0 0");
  WriteIo(root, 20, 800);
  const CostSample cost = CostBetween(begin, SampleCost(ours, root.path()));
  CHECK(cost.server_cpu == milliseconds(750));
  CHECK(cost.written_bytes == 500);
  CHECK(cost.client_cpu >= seconds(0));
  CHECK(cost.rss_max_bytes > 0);

  const CostSample alone = SampleCost({}, root.path());
  CHECK_FALSE(alone.server_cpu);
  CHECK(alone.written_bytes == 1'200);
  // What a server out of sight writes is most of it, so a part says nothing.
  const CostSample theirs = SampleCost({CostServer::kUnseen}, root.path());
  CHECK_FALSE(theirs.server_cpu);
  CHECK_FALSE(theirs.written_bytes);
}

TEST_CASE("Syncs are those of this process where nobody else writes",
          "[machine]") {
  const TestDirectory directory;
  const auto file = OpenBackend(*ParseLocation(directory / "dataset.db"));
  const auto before = CountSyncs(Engine::kSqlite, **file);
  REQUIRE(before);
  EventList fleet;
  AddFleet(&fleet);
  REQUIRE((*file)
              ->Create({Durability::kPower}, MakeManifest(), fleet.MakeBatch(0))
              .ok());
  CHECK(CountSyncs(Engine::kSqlite, **file) > before);
  const auto null = OpenBackend(*ParseLocation("null:"));
  CHECK(CountSyncs(Engine::kNull, **null) == 0);
  // A server that does not run counts nothing.
  const auto server = OpenBackend(*ParseLocation("postgres:"));
  CHECK_FALSE(CountSyncs(Engine::kPostgresLocal, **server));
  CHECK_FALSE((*server)->server_process());
}

TEST_CASE("The processor time of this process only grows", "[machine]") {
  const CostSample begin = SampleCost({});
  volatile uint64_t sum = 0;
  while (CostBetween(begin, SampleCost({})).client_cpu < milliseconds(20)) {
    for (uint64_t i = 0; i < 100'000; ++i) sum = sum + i;
  }
  CHECK(SampleCost({}).client_cpu > begin.client_cpu);
  CHECK(begin.rss_max_bytes > 1'000'000);
}

}  // namespace
}  // namespace tillstorm
