#include "harness/measure/verdict.h"

#include <functional>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/run_sample.h"

namespace tillstorm {
namespace {

// A run of which nothing bad can be said.
RunRecord Sound() {
  RunRecord record;
  record.is_complete = true;
  record.build.is_optimised = true;
  record.setup.engine = "sqlite";
  record.setup.durability = "process";
  record.machine.cpu_model = "a processor";
  record.machine.kernel = "a kernel";
  record.machine.virtualisation = "kvm";
  record.noise_during.others = 0.01;
  record.noise_during.steal = 0.0;
  record.probe_before = record.probe_after = {100, 200, 500};
  record.phases.measured_s = 30;
  record.rates.is_steady = true;
  record.rates.acknowledged_rows_per_s = 200'000;
  record.rates.effective_samples = 40;
  record.account.scheduled = record.account.generated = 1000;
  record.account.enqueued = record.account.committed = 1000;
  record.account.rows_expected = 900;
  record.account.rows_found = 900;
  record.account.digest_equal = true;
  record.account.acks_checked = 50;
  record.ceilings = {{"null", 1'500'000, 0, 0, ""}};
  return record;
}

std::vector<std::string> Codes(const std::vector<ReasonFacts>& reasons) {
  std::vector<std::string> codes;
  for (const ReasonFacts& reason : reasons) codes.push_back(reason.code);
  return codes;
}

using Strings = std::vector<std::string>;

TEST_CASE("a sound run is valid and its headline says what was measured",
          "[verdict]") {
  RunRecord record = Sound();
  VerdictFacts verdict = Judge(record);
  CHECK(verdict.kind == VerdictKind::kValid);
  CHECK(verdict.headline ==
        "sqlite at durability process acknowledged 200,000 rows/s in a closed "
        "loop");
  record.setup.mode = BenchMode::kRate;
  record.setup.rate_rows_per_s = 100'000;
  record.latency[static_cast<size_t>(LatencyPart::kTotal)].p99_ns = 123'400'000;
  verdict = Judge(record);
  CHECK(verdict.kind == VerdictKind::kValid);
  CHECK(verdict.headline ==
        "sqlite at durability process kept up with 100,000 rows/s; 99 % of "
        "them were acknowledged within 123.4 ms of when they were due");
}

TEST_CASE("at bulk no acknowledgement is looked for, and none is claimed",
          "[verdict]") {
  RunRecord record = Sound();
  record.setup.durability = "bulk";
  record.account.acks_checked = 0;
  record.rates.settled_rows_per_s = 90'000;
  const VerdictFacts verdict = Judge(record);
  CHECK(verdict.kind == VerdictKind::kValid);
  CHECK(verdict.headline ==
        "sqlite at durability bulk took 200,000 rows/s in a closed loop, "
        "90,000 until settled; nothing was promised before the end");
}

TEST_CASE("what a level asks for is held against what the engine says",
          "[verdict]") {
  const auto refused = [](const char* level, NamedTexts settings) {
    std::vector<std::string> names;
    for (const auto& [name, what] :
         RefusedSettings("sqlite", level, settings)) {
      names.push_back(name);
    }
    return names;
  };
  const NamedTexts bulk = {{"journal_mode", "off"},
                           {"synchronous", "0"},
                           {"locking_mode", "exclusive"}};
  CHECK(refused("bulk", bulk).empty());
  CHECK(refused("relaxed", bulk) == Strings{"journal_mode"});
  CHECK(refused("bulk", {{"journal_mode", "wal"},
                         {"synchronous", "0"},
                         {"locking_mode", "normal"}}) ==
        Strings{"journal_mode", "locking_mode"});
  CHECK(refused("bulk", {}) ==
        Strings{"journal_mode", "synchronous", "locking_mode"});
}

struct Fault {
  std::string code;
  std::function<void(RunRecord&)> make;
};

TEST_CASE("each fault makes a run invalid by its name", "[verdict]") {
  const std::vector<Fault> faults = {
      {"debug-build", [](auto& r) { r.build.is_optimised = false; }},
      {"debug-build", [](auto& r) { r.build.is_sanitized = true; }},
      {"not-measuring", [](auto& r) { r.build.is_measuring = false; }},
      {"durability",
       [](auto& r) {
         r.setup.settings_refused = {{"synchronous", "asked for 2, got 0"}};
       }},
      // A record that was made to say another level than its engine had.
      {"durability",
       [](auto& r) {
         r.setup.durability = "power";
         r.setup.settings = {{"journal_mode", "wal"}, {"synchronous", "1"}};
       }},
      {"wrong-data", [](auto& r) { r.account.rows_found = 899; }},
      {"wrong-data", [](auto& r) { r.account.digest_equal = false; }},
      {"lost-ack", [](auto& r) { r.account.acks_missing = 1; }},
      {"ledger", [](auto& r) { r.account.scheduled = 1001; }},
      {"ledger", [](auto& r) { r.account.intervals_off = 1; }},
      {"latency-parts", [](auto& r) { r.account.latency_off = 1; }},
      {"too-short", [](auto& r) { r.phases.measured_s = 4.9; }},
      {"too-short", [](auto& r) { r.rates.effective_samples = 3; }},
      {"not-steady", [](auto& r) { r.rates.is_steady = false; }},
      // 30 s at 1 % of the mean per second.
      {"not-steady", [](auto& r) { r.rates.slope_per_s = -0.01; }},
      {"noisy-host", [](auto& r) { r.noise_during.others = 0.2; }},
      {"noisy-host", [](auto& r) { r.noise_during.steal = 0.2; }},
      {"generator-bound", [](auto& r) { r.ceilings[0].rows_per_s = 399'999; }},
      {"generator-bound", [](auto& r) { r.rates.workers_busy = 0.81; }},
      {"overloaded",
       [](auto& r) {
         r.setup.mode = BenchMode::kRate;
         r.setup.rate_rows_per_s = 300'000;
         r.rates.backlog_slope_rows_per_s = 100'000;
       }},
      {"generator-bound",
       [](auto& r) {
         r.setup.mode = BenchMode::kRate;
         r.setup.rate_rows_per_s = 100'000;
         r.latency[0].p99_ns = 200'000'000;
       }},
  };
  for (const Fault& fault : faults) {
    RunRecord record = Sound();
    fault.make(record);
    const VerdictFacts verdict = Judge(record);
    INFO(fault.code << ": " << verdict.headline);
    CHECK(verdict.kind == VerdictKind::kInvalid);
    CHECK(Codes(verdict.reasons) == Strings{fault.code});
  }
}

TEST_CASE("events that failed are told with the ledger that lacks them",
          "[verdict]") {
  RunRecord record = Sound();
  record.account.committed = 990;
  record.account.failed = 10;
  CHECK(Codes(Judge(record).reasons) == Strings{"failed-events"});
  record.account.failed = 9;
  CHECK(Codes(Judge(record).reasons) == Strings{"ledger", "failed-events"});
}

TEST_CASE("what shades a run is a warning", "[verdict]") {
  const std::vector<Fault> shades = {
      {"noisy-host", [](auto& r) { r.noise_during.others = 0.07; }},
      {"probe-drift", [](auto& r) { r.probe_after.fsync_p50_us = 350; }},
      {"acks-unchecked", [](auto& r) { r.account.acks_checked = 0; }},
      {"machine-unknown", [](auto& r) { r.machine.kernel.clear(); }},
      {"machine-unknown", [](auto& r) { r.noise_during.others.reset(); }},
  };
  for (const Fault& shade : shades) {
    RunRecord record = Sound();
    shade.make(record);
    const VerdictFacts verdict = Judge(record);
    INFO(shade.code);
    CHECK(verdict.kind == VerdictKind::kWarnings);
    CHECK(Codes(verdict.warnings) == Strings{shade.code});
    CHECK(verdict.reasons.empty());
  }
}

TEST_CASE("the wording is the verdict's", "[verdict]") {
  RunRecord record = Sound();
  record.ceilings[0].rows_per_s = 300'000;
  CHECK_THAT(Judge(record).headline, HoldsText("at least 200,000 rows/s"));

  record = Sound();
  record.setup.mode = BenchMode::kRate;
  record.setup.rate_rows_per_s = 300'000;
  record.rates.backlog_slope_rows_per_s = 100'000;
  VerdictFacts verdict = Judge(record);
  CHECK(verdict.withholds_percentiles);
  CHECK_THAT(verdict.headline, HoldsText("overloaded by 300,000 rows/s"));
  CHECK_THAT(verdict.headline, HoldsText("grows by 100,000 rows/s"));
  // Beside a neighbour the engine is not accused.
  record.noise_during.others = 0.95;
  verdict = Judge(record);
  CHECK(verdict.withholds_percentiles);
  CHECK_THAT(verdict.headline, HoldsText("not to be believed"));

  record = Sound();
  record.setup.settings = {{"journal_mode", "wal"},
                           {"synchronous", "1"},
                           {kCheckpointSetting, "forced"}};
  CHECK(Judge(record).kind == VerdictKind::kValid);
  record.setup.settings.back().second = "not forced: permission denied";
  verdict = Judge(record);
  CHECK(Codes(verdict.warnings) == Strings{"not-settled"});
  CHECK_THAT(verdict.warnings[0].sentence, HoldsText("permission denied"));

  record = Sound();
  record.rates.is_steady = false;
  CHECK(Judge(record).withholds_rate);

  record = Sound();
  record.is_complete = false;
  record.error = "the disk is full";
  verdict = Judge(record);
  CHECK(verdict.kind == VerdictKind::kPartial);
  CHECK_THAT(verdict.headline, HoldsText("the disk is full"));
}

TEST_CASE("a generator that is busy makes the rate a lower bound",
          "[verdict]") {
  RunRecord record = Sound();
  record.rates.workers_busy = 0.80;
  CHECK(Judge(record).kind == VerdictKind::kValid);
  record.rates.workers_busy = 0.934;
  VerdictFacts verdict = Judge(record);
  CHECK_THAT(verdict.headline, HoldsText("at least 200,000 rows/s"));
  REQUIRE(verdict.reasons.size() == 1);
  CHECK(verdict.reasons[0].sentence ==
        "a worker that runs agents was busy for 93 % of the time, bar 80 %");
  // Nobody else makes the backlog grow then, and nothing follows from it.
  record.setup.mode = BenchMode::kRate;
  record.setup.rate_rows_per_s = 300'000;
  record.rates.backlog_slope_rows_per_s = 100'000;
  verdict = Judge(record);
  CHECK(Codes(verdict.reasons) == Strings{"generator-bound", "overloaded"});
  CHECK(verdict.withholds_percentiles);
  CHECK_THAT(verdict.headline, HoldsText("at least 200,000 rows/s"));
  // A null backend has no other limit.
  record = Sound();
  record.setup.engine = "null";
  record.rates.workers_busy = 0.934;
  CHECK(Judge(record).kind == VerdictKind::kValid);
}

TEST_CASE("workers are as busy as they were in the measured window",
          "[verdict]") {
  RunRecord record = SampleBegin();
  std::vector<SampleInterval> intervals = SampleIntervals();
  // The sample's warm-up, 10 s, and the drain do not count.
  for (size_t i = 0; i < 20; ++i) intervals[i].sample.workers_busy = 0.9;
  intervals.back().sample.workers_busy = 0;
  SampleEnd(intervals, &record);
  CHECK(record.rates.workers_busy > 0.2499);
  CHECK(record.rates.workers_busy < 0.2501);
}

TEST_CASE("why an acknowledgement could not be checked is told", "[verdict]") {
  RunRecord record = Sound();
  record.account.acks_why = "too many connections";
  CHECK(Judge(record).kind == VerdictKind::kValid);
  record.account.acks_missing = 2;
  VerdictFacts verdict = Judge(record);
  REQUIRE(verdict.reasons.size() == 1);
  CHECK(verdict.reasons[0].sentence ==
        "2 of 50 batches that were looked for right after they were "
        "acknowledged were not in the database; another could not be looked "
        "for: too many connections");
  record.account.acks_checked = record.account.acks_missing = 0;
  verdict = Judge(record);
  REQUIRE(verdict.warnings.size() == 1);
  CHECK(verdict.warnings[0].sentence ==
        "no acknowledgement could be checked by a second connection: too many "
        "connections");
}

TEST_CASE("settings that did not take are named", "[verdict]") {
  const NamedTexts wal = {{"journal_mode", "wal"}, {"synchronous", "1"}};
  CHECK(RefusedSettings("sqlite", "process", wal).empty());
  const NamedTexts refused = RefusedSettings("sqlite", "power", wal);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].first == "synchronous");
  CHECK(refused[0].second == "asked for 2, the engine says 1");
  CHECK(RefusedSettings("sqlite", "relaxed", wal).size() == 1);
  CHECK(RefusedSettings("sqlite", "process", {}).size() == 2);

  const NamedTexts server = {{"synchronous_commit", "off"},
                             {"fsync", "on"},
                             {"full_page_writes", "on"}};
  CHECK(RefusedSettings("postgres", "process", server).empty());
  CHECK(RefusedSettings("postgres", "power", server).size() == 1);
  CHECK(RefusedSettings("null", "process", {}).empty());
}

}  // namespace
}  // namespace tillstorm
