// The formats of a report: all are made of RunRecords as run_folder.h reads
// them. What the verdict withholds is in none of those for people and tables;
// its words are the verdict's.
//
//   text   one run on a screen of 80 x 24: verdict, load, rate beside
//          durability, ceilings, latencies, cost, reasons
//   md     one run, everything that a reader asks for
//   csv    a line per run under one header
//   gbench Google Benchmark's JSON, which its compare.py reads: runs of the
//          same setup are repetitions of one benchmark, a row is an iteration;
//          runs that are not VALID are named in its context and left out,
//          since its programs would compare them
//   json   run.json's record, with the verdict of reading it
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_REPORT_FORMATS_H_
#define TILLSTORM_HARNESS_MEASURE_REPORT_FORMATS_H_

#include <optional>
#include <span>
#include <string>

#include "harness/measure/run_record.h"
#include "storage/sqlite/run_registry.h"

namespace tillstorm {

struct ReportedRun {
  RunRecord record;
  std::optional<RunCounts> counts;  // of the registry beside it
};

[[nodiscard]] std::string TextReport(const ReportedRun& run);
[[nodiscard]] std::string MarkdownReport(const ReportedRun& run);
[[nodiscard]] std::string CsvReport(std::span<const ReportedRun> runs);
[[nodiscard]] std::string GbenchReport(std::span<const ReportedRun> runs);
// One run as an object, several as a list.
[[nodiscard]] std::string JsonReport(std::span<const ReportedRun> runs);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_REPORT_FORMATS_H_
