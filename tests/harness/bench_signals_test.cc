// Ctrl-C while `tillstorm bench` is at work: real programs, real signals.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "harness/measure/run_folder.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/other_program.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

// Where a run leaves its files, and where its dataset is.
struct Place {
  TestDirectory data;
  TestDirectory out;

  [[nodiscard]] std::string Run() const {
    for (const auto& entry : fs::directory_iterator(out.path())) {
      if (entry.is_directory()) return entry.path().string();
    }
    return {};
  }
  // Beside the dataset is what the probe and the ceilings write; these alone
  // have a log.
  [[nodiscard]] bool HasHidden(const std::string& file = {}) const {
    for (const std::string& name : data.List()) {
      const std::string path = (data / name) + "/" + file;
      if (name.starts_with(".tillstorm-") && fs::exists(path)) return true;
    }
    return false;
  }
  [[nodiscard]] bool HasIntervals() const {
    std::error_code error;
    const auto size = fs::file_size(Run() + "/intervals.csv", error);
    // The names of its columns take 200 bytes.
    return !error && size > 1000;
  }
};

bool Until(const std::function<bool()>& predicate) {
  for (int tries = 0; tries < 60'000; ++tries) {
    if (predicate()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// So few events that what waits for a commit when it is stopped is written
// within its grace, also ten times slower under a sanitizer.
Texts Bench(const Place& place, const std::string& ceilings) {
  return {"bench",
          "--to",
          place.data / "a.db",
          "--ceilings",
          ceilings,
          "--out",
          place.out.path(),
          "--duration",
          "10m",
          "--mode",
          "rate",
          "--rate",
          "500",
          "--progress",
          "never"};
}

TEST_CASE("Ctrl-C leaves a run that says it is partial, and nothing beside it",
          "[bench_run][signals]") {
  const Place place;
  const std::string phase =
      GENERATE(as<std::string>{}, "probe", "ceilings", "run");
  INFO(phase);
  OtherProgram program(Bench(place, phase == "run" ? "off" : "on"));
  REQUIRE(Until([&] {
    const bool is_there = phase == "probe" ? place.HasHidden("dataset.db")
                          : phase == "ceilings"
                              ? place.HasHidden("dataset.db-wal")
                              : place.HasIntervals();
    return is_there || program.HasEnded();
  }));
  // ThreadSanitizer of clang 14 loses a signal that comes while a thread is in
  // the first blocking call of its life.
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  REQUIRE_FALSE(program.HasEnded());
  program.Signal(SIGINT);
  CHECK(program.Wait() == 130);
  CHECK(program.errors() ==
        "tillstorm: stopped by SIGINT; what was measured is in " +
            place.out.path() +
            ", and the run that was stopped is PARTIAL there\n");
  CHECK_FALSE(place.HasHidden());
  const Result<StoredRun> run = ReadRunFolder(place.Run());
  REQUIRE(run.ok());
  CHECK(run->record.verdict.kind == VerdictKind::kPartial);
  CHECK_FALSE(run->record.is_complete);
  if (phase == "run") CHECK(run->record.intervals.back().committed > 0);
}

}  // namespace
}  // namespace tillstorm
