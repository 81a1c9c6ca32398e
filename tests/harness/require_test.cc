#include "harness/measure/require.h"

#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/run_sample.h"

namespace tillstorm {
namespace {

RunRecord Sample() {
  RunRecord record = SampleBegin();
  SampleEnd(SampleIntervals(), &record);
  return record;
}

// What is said of the first condition that is not met, or of the last.
std::string Said(const std::string& text, const RunRecord& record = Sample()) {
  const auto requirements = ParseRequirements(text);
  if (!requirements.ok()) return requirements.status().message();
  RequirementResult result;
  for (const Requirement& requirement : *requirements) {
    result = Check(requirement, record);
    if (!result.is_met) break;
  }
  CHECK(result.is_met == (result.sentence.find(" not ") == std::string::npos));
  return result.sentence;
}

std::string Refusal(const std::string& text) {
  const auto requirements = ParseRequirements(text);
  if (requirements.ok()) return "(accepted)";
  CHECK(requirements.status().code() == StatusCode::kUsage);
  return requirements.status().message();
}

TEST_CASE("a requirement is held against the figures of a run", "[require]") {
  CHECK(Said("rows_per_s>900") == "rows_per_s>900 is met: rows_per_s is 1,000");
  CHECK(Said("rows_per_s > 5e3") ==
        "rows_per_s > 5e3 is not met: rows_per_s is 1,000");
  CHECK(Said("p99<20ms") == "p99<20ms is met: p99 is 6.00 ms");
  CHECK(Said("p999<20ms") == "p999<20ms is not met: p999 is 26.0 ms");
  CHECK(Said("queue_wait.p99<=900us") ==
        "queue_wait.p99<=900us is not met: queue_wait.p99 is 1.00 ms");
  CHECK(Said("max<=0.026s, cpu_us_per_row < 2 ,loop_ratio>=0.79") ==
        "loop_ratio>=0.79 is met: loop_ratio is 0.800");
  CHECK(Said("engine_ratio>0.5") ==
        "engine_ratio>0.5 is not met: engine_ratio is 0.500");
  CHECK(Said("commit.max<1001us") ==
        "commit.max<1001us is met: commit.max is "
        "1.00 ms");
}

TEST_CASE("each operator keeps its bound", "[require]") {
  for (const auto& [text, met] :
       std::vector<std::pair<std::string, bool>>{{"fsyncs<9", false},
                                                 {"fsyncs<=9", true},
                                                 {"fsyncs>9", false},
                                                 {"fsyncs>=9", true},
                                                 {"fsyncs<10", true},
                                                 {"fsyncs>8", true}}) {
    INFO(text);
    const auto requirements = ParseRequirements(text);
    REQUIRE(requirements.ok());
    CHECK(Check((*requirements)[0], Sample()).is_met == met);
  }
}

TEST_CASE("what is withheld or not known meets no requirement", "[require]") {
  RunRecord record = Sample();
  CHECK(Said("p9999<1s", record) ==
        "p9999<1s is not met: p9999 is not supported by 20,000 events: fewer "
        "than 10 are beyond it");
  CHECK(Said("server_cpu_us_per_row<1", record) ==
        "server_cpu_us_per_row<1 is not met: server_cpu_us_per_row was not "
        "measured in this run");
  record.ceilings.clear();
  CHECK_THAT(Said("null_ratio>0.1", record), HoldsText("was not measured"));
  record.verdict.reasons = {{"overloaded", "the backlog grew"}};
  record.verdict.withholds_percentiles = true;
  CHECK(Said("p50<1s", record) ==
        "p50<1s is not met: p50 is withheld: the backlog grew");
  CHECK(Said("rows_per_s>1", record) ==
        "rows_per_s>1 is met: rows_per_s is 1,000");
  record.verdict.withholds_rate = true;
  CHECK_THAT(Said("rows_per_s>1", record), HoldsText("is withheld"));
  CHECK_THAT(Said("loop_ratio>0", record), HoldsText("is withheld"));
}

TEST_CASE("a requirement that is none is refused in words", "[require]") {
  CHECK(Refusal("rows_per_s=5") ==
        "--require 'rows_per_s=5': a condition has <, <=, > or >=, like "
        "p99<20ms");
  CHECK(Refusal("p99<20ms,") ==
        "--require '': a condition has <, <=, > or >=, like p99<20ms");
  CHECK(Refusal("row_per_s>5") ==
        "--require 'row_per_s>5': there is no figure 'row_per_s': did you mean "
        "rows_per_s?");
  CHECK_THAT(Refusal("total<5ms"), HoldsText("there is no figure 'total'"));
  CHECK_THAT(Refusal(">5"), HoldsText("there is no figure ''"));
  CHECK(Refusal("p99<20") ==
        "--require 'p99<20': a latency needs a unit: ns, us, ms or s");
  CHECK(Refusal("p99<20min") ==
        "--require 'p99<20min': 'min' is no unit of a latency: ns, us, ms or s "
        "is right");
  CHECK(Refusal("rows_per_s>5ms") ==
        "--require 'rows_per_s>5ms': 'ms' follows the number: only latencies "
        "have a unit");
  CHECK(Refusal("p99<fast") ==
        "--require 'p99<fast': 'fast' is no number from 0 on, like 500000 or "
        "20ms");
  for (const char* text : {"p99<-1ms", "p99<nan", "p99<inf", "p99<", "p99<<1s",
                           "p99>=<1s", "p99<1e999s"}) {
    INFO(text);
    CHECK_THAT(Refusal(text), HoldsText("is no number"));
  }
}

}  // namespace
}  // namespace tillstorm
