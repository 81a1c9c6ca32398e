#include "harness/measure/run_folder.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "harness/measure/hdr_log.h"
#include "harness/measure/run_files.h"
#include "harness/measure/run_json.h"
#include "harness/measure/sealed_json.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/run_sample.h"

namespace tillstorm {
namespace {

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

void Replace(const std::string& path, const std::string& old,
             const std::string& fresh) {
  std::string text = ReadText(path);
  const size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  WriteText(path, text.replace(at, old.size(), fresh));
}

// A run in a folder, and somebody who changes it.
struct Stored {
  Stored() : record(SampleBegin()) {
    const Result<std::string> made = StoreSampleRun(directory / "out", &record);
    REQUIRE(made.ok());
    path = *made;
  }
  [[nodiscard]] std::string File(std::string_view name) const {
    return path + "/" + std::string(name);
  }
  // With fresh checksums of everything.
  void WriteSealed(const RunRecord& changed) const {
    const Result<FileChecksums> files = ChecksumsOfRawFiles(path);
    REQUIRE(files.ok());
    WriteText(File(kRunFile), Seal(changed, *files).text);
  }
  [[nodiscard]] RunRecord Read() const {
    const Result<StoredRun> run = ReadRunFolder(path);
    if (!run.ok()) UNSCOPED_INFO(run.status().message());
    REQUIRE(run.ok());
    return run->record;
  }
  // The sentence of the reason `edited`.
  [[nodiscard]] std::string Edited() const {
    const VerdictFacts verdict = Read().verdict;
    if (verdict.reasons.empty() || verdict.reasons[0].code != "edited") {
      return "(not found)";
    }
    CHECK(verdict.kind == VerdictKind::kInvalid);
    CHECK(verdict.withholds_rate);
    CHECK(verdict.withholds_percentiles);
    return verdict.reasons[0].sentence;
  }

  TestDirectory directory;
  RunRecord record;
  std::string path;
};

TEST_CASE("a run comes back from its folder as it was", "[run_folder]") {
  const Stored stored;
  const RunRecord read = stored.Read();
  CHECK(read.verdict.kind == VerdictKind::kValid);
  CHECK(RunJson(read) == RunJson(stored.record));
  CHECK(read.intervals.size() == 61);
  CHECK(read.name == "20260105T080000Z-sample");
  // 20 seconds of 1000 rows/s after 10 of 500.
  CHECK(read.phases.warmup_s == 10);
  CHECK(read.rates.acknowledged_rows_per_s == Approx(1000));
  CHECK(read.latency[static_cast<size_t>(LatencyPart::kTotal)].max_ns ==
        26'000'000);
}

TEST_CASE("no run overwrites another one", "[run_folder]") {
  const TestDirectory directory;
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    RunRecord record = SampleBegin();
    REQUIRE(StoreSampleRun(directory / "deep/out", &record).ok());
    names.push_back(record.name);
  }
  CHECK(names == std::vector<std::string>{"20260105T080000Z-sample",
                                          "20260105T080000Z-sample-2",
                                          "20260105T080000Z-sample-3"});
}

TEST_CASE("a run that was killed is PARTIAL with what it had", "[run_folder]") {
  const TestDirectory directory;
  RunRecord record = SampleBegin();
  const auto intervals = SampleIntervals();
  std::string path;
  {
    auto folder = RunFolder::Create(directory.path(), Instant(), "x", &record);
    REQUIRE(folder.ok());
    path = (*folder)->path();
    SECTION("before its first interval") {}
    SECTION("after 40 intervals") {
      for (size_t i = 0; i < 40; ++i) {
        REQUIRE(
            (*folder)->Append(intervals[i].sample, intervals[i].latency).ok());
      }
      SECTION("between two lines") {}
      SECTION("inside a line of each file") {
        std::ofstream(path + "/intervals.csv", std::ios::app) << "20.5,204";
        std::ofstream(path + "/latency.hlog", std::ios::app)
            << "Tag=schedule_lag,20.5,0.5,0.0,HISTFA";
      }
      SECTION("between the parts of an interval") {
        std::ofstream(path + "/latency.hlog", std::ios::app) << HdrLogText(
            {"schedule_lag", 20, 0.5, Histogram(EventLatencyLayout())});
      }
    }
  }
  const Result<StoredRun> run = ReadRunFolder(path);
  REQUIRE(run.ok());
  CHECK(run->record.verdict.kind == VerdictKind::kPartial);
  CHECK(run->record.verdict.reasons.empty());
  if (run->record.intervals.empty()) return;
  CHECK(run->record.intervals.size() == 40);
  CHECK(run->record.account.committed == intervals[39].sample.committed);
  CHECK(run->record.rates.whole_rows_per_s ==
        Approx(static_cast<double>(intervals[39].sample.committed) / 20));
  CHECK(run->record.latency.back().count > 0);
}

TEST_CASE("a run that an error ended is PARTIAL and says why", "[run_folder]") {
  const Stored stored;
  RunRecord changed = stored.record;
  changed.is_complete = false;
  changed.error = "disk full while writing";
  stored.WriteSealed(changed);
  const RunRecord read = stored.Read();
  CHECK(read.verdict.kind == VerdictKind::kPartial);
  CHECK(read.error == "disk full while writing");
  CHECK(read.account.committed == stored.record.account.committed);
  Replace(stored.File(kIntervalsFile), "\n0.5,250,", "\n0.5,251,");
  CHECK(stored.Edited() ==
        "intervals.csv is not what the checksum in run.json says");
}

TEST_CASE("an edited run.json is found", "[run_folder]") {
  const Stored stored;
  SECTION("by its checksum") {
    Replace(stored.File(kRunFile), "\"fsyncs\": 9,", "\"fsyncs\": 1,");
    CHECK(stored.Edited() == "run.json is not what its checksum says");
  }
  SECTION("without a checksum") {
    const std::string text = ReadText(stored.File(kRunFile));
    WriteText(stored.File(kRunFile),
              text.substr(0, text.rfind(",\n  \"checksum\"")) + "\n}\n");
    CHECK(stored.Edited() == "run.json is not what its checksum says");
  }
  SECTION("in the headline, with fresh checksums") {
    RunRecord changed = stored.record;
    changed.rates.acknowledged_rows_per_s = 2000;
    stored.WriteSealed(changed);
    CHECK_THAT(stored.Edited(),
               HoldsText("run.json says rates.acknowledged_rows_per_s = "
                         "2000.0, the raw files say 1000"));
  }
  SECTION("in a percentile, with fresh checksums") {
    RunRecord changed = stored.record;
    changed.latency[4].p99_ns /= 2;
    stored.WriteSealed(changed);
    CHECK_THAT(stored.Edited(), HoldsText("says latency.total.p99_ns = "));
  }
  SECTION("in where warm-up ends, with fresh checksums") {
    RunRecord changed = stored.record;
    changed.phases.warmup_s = 5;
    changed.phases.measured_s = 25;
    stored.WriteSealed(changed);
    CHECK_THAT(stored.Edited(), HoldsText("says phases.warmup_s = 5.0"));
  }
  SECTION("in the account, with fresh checksums") {
    RunRecord changed = stored.record;
    changed.account.committed += 7;
    changed.account.enqueued += 7;
    stored.WriteSealed(changed);
    CHECK_THAT(stored.Edited(), HoldsText("says account.enqueued = "));
  }
  SECTION("in the verdict, with fresh checksums") {
    RunRecord changed = stored.record;
    changed.build.is_optimised = false;
    stored.WriteSealed(changed);
    CHECK(stored.Edited() == "run.json says VALID, its figures say INVALID");
  }
}

TEST_CASE("edited raw files are found", "[run_folder]") {
  const Stored stored;
  SECTION("intervals.csv") {
    Replace(stored.File(kIntervalsFile), "\n0.5,250,", "\n0.5,251,");
    CHECK(stored.Edited() ==
          "intervals.csv is not what the checksum in run.json says");
  }
  SECTION("intervals.csv, with fresh checksums") {
    Replace(stored.File(kIntervalsFile), "\n1,", "\n0.75,");
    stored.WriteSealed(stored.record);
    CHECK(stored.Edited() ==
          "line 3 of intervals.csv is not what latency.hlog says of it");
  }
  SECTION("intervals.csv made unreadable, with fresh checksums") {
    Replace(stored.File(kIntervalsFile), "\n1,", "\nx,");
    stored.WriteSealed(stored.record);
    CHECK(stored.Edited() == "intervals.csv: line 3 has no number for at_s");
  }
  SECTION("latency.hlog") {
    Replace(stored.File(kLatencyFile), ",23.000000,", ",13.000000,");
    CHECK(stored.Edited() ==
          "latency.hlog is not what the checksum in run.json says");
  }
  SECTION("a maximum in latency.hlog, with fresh checksums") {
    Replace(stored.File(kLatencyFile), ",26.000000,", ",20.000000,");
    stored.WriteSealed(stored.record);
    CHECK(stored.Edited() ==
          "line 2 of intervals.csv is not what latency.hlog says of it");
  }
  SECTION("an interval less in latency.hlog, with fresh checksums") {
    const std::string text = ReadText(stored.File(kLatencyFile));
    WriteText(stored.File(kLatencyFile),
              text.substr(0, text.rfind("Tag=schedule_lag")));
    stored.WriteSealed(stored.record);
    CHECK(stored.Edited() ==
          "intervals.csv has 61 intervals and latency.hlog has 60");
  }
}

TEST_CASE("other rules of judging are said, not called an edit",
          "[run_folder]") {
  const Stored stored;
  RunRecord changed = stored.record;
  changed.build.commit = "another";
  changed.verdict.kind = VerdictKind::kInvalid;
  stored.WriteSealed(changed);
  const VerdictFacts verdict = stored.Read().verdict;
  CHECK(verdict.kind == VerdictKind::kWarnings);
  REQUIRE(verdict.warnings.size() == 1);
  CHECK(verdict.warnings[0].code == "judged-anew");
  CHECK(verdict.warnings[0].sentence ==
        "run.json says INVALID, its figures say VALID");
}

TEST_CASE("the checksum is that of the lines above it", "[run_folder]") {
  const Stored stored;
  const std::string text = ReadText(stored.File(kRunFile));
  const size_t last = text.rfind("  \"checksum\": \"");
  REQUIRE(last != std::string::npos);
  CHECK(text.substr(last) ==
        "  \"checksum\": \"" + ChecksumOf(text.substr(0, last)) + "\"\n}\n");
  // Of the empty text, as xxh128sum prints it.
  CHECK(ChecksumOf("") == "99aa06d3014798d86001c324468d497f");
}

TEST_CASE("a folder that holds no run is bad input", "[run_folder]") {
  const TestDirectory directory;
  const Result<StoredRun> none = ReadRunFolder(directory.path());
  REQUIRE_FALSE(none.ok());
  CHECK(none.status().code() == StatusCode::kBadInput);
  CHECK_THAT(none.status().message(), HoldsText("run.json"));
  WriteText(directory / "run.json", "[1]\n");
  const Result<StoredRun> list = ReadRunFolder(directory.path());
  REQUIRE_FALSE(list.ok());
  CHECK(list.status().code() == StatusCode::kBadInput);
  const Stored stored;
  std::filesystem::remove(stored.File(kLatencyFile));
  const Result<StoredRun> half = ReadRunFolder(stored.path);
  REQUIRE_FALSE(half.ok());
  CHECK(half.status().code() == StatusCode::kBadInput);
  CHECK_THAT(half.status().message(), HoldsText("latency.hlog"));
}

TEST_CASE("a folder of results that cannot be made is said", "[run_folder]") {
  const TestDirectory directory;
  WriteText(directory / "file", "x");
  RunRecord record = SampleBegin();
  const Result<std::string> made = StoreSampleRun(directory / "file", &record);
  REQUIRE_FALSE(made.ok());
  CHECK(made.status().code() == StatusCode::kCannotCreate);
  CHECK_THAT(made.status().message(), HoldsText("--out: "));
}

}  // namespace
}  // namespace tillstorm
