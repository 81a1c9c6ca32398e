#include "harness/measure/run_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "harness/measure/hdr_log.h"
#include "harness/measure/intervals_csv.h"
#include "harness/measure/run_figures.h"
#include "harness/measure/run_file.h"
#include "harness/measure/run_json.h"

namespace tillstorm {
namespace {

using Json = nlohmann::ordered_json;

Status ReadIntervals(const std::string& text, RawFiles* raw) {
  Result<std::vector<IntervalSample>> intervals =
      ReadIntervalsCsv(text, kIntervalsFile);
  if (!intervals.ok()) return intervals.status();
  raw->intervals = std::move(*intervals);
  return Status::Ok();
}

// Puts the lines of latency.hlog together by interval.
class LatencyReader {
 public:
  explicit LatencyReader(RawFiles* raw) : raw_(raw) {}

  Status Take(HdrLogLine line) {
    if (line.tag != LatencyTag(tag_) ||
        line.histogram.layout() != EventLatencyLayout()) {
      return {StatusCode::kBadInput,
              fmt::format("{}: a line of {} stands where one of {} belongs",
                          kLatencyFile, line.tag, LatencyTag(tag_))};
    }
    std::vector<Histogram>& kind =
        tag_ < kLatencyParts ? interval_.parts : interval_.engine;
    kind[tag_ % kLatencyParts] = std::move(line.histogram);
    if (++tag_ == kLatencyTags) Finish(line.start_s + line.length_s);
    return Status::Ok();
  }

 private:
  void Finish(double at_s) {
    tag_ = 0;
    const Histogram& total =
        interval_.parts[static_cast<size_t>(LatencyPart::kTotal)];
    IntervalSample sample;
    sample.at_s = at_s;
    sample.total_p50_ns = total.Percentile(50);
    sample.total_p99_ns = total.Percentile(99);
    sample.total_max_ns = total.max();
    raw_->totals.push_back(sample);
    raw_->acknowledged += total.count();
    raw_->latency.emplace_back(interval_);
  }

  RawFiles* raw_;
  LatencyHistograms interval_;
  size_t tag_ = 0;
};

bool SameNumber(const Json& left, const Json& right) {
  if (!left.is_number() || !right.is_number()) return left == right;
  const double a = left.get<double>();
  const double b = right.get<double>();
  // Sums of the same numbers in the same order, but for `measured_s`.
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

// The first field in which two objects differ; empty: none.
std::string Difference(const Json& said, const Json& found,
                       const std::string& path) {
  if (!said.is_object()) {
    if (SameNumber(said, found)) return {};
    return fmt::format("{} says {} = {}, the raw files say {}", kRunFile, path,
                       said.dump(), found.dump());
  }
  for (const auto& [name, value] : said.items()) {
    std::string difference = Difference(value, found[name], path + "." + name);
    if (!difference.empty()) return difference;
  }
  return {};
}

// What follows from the samples, told anew.
RunRecord Derived(const RawFiles& raw, const RunRecord& record) {
  constexpr double kRounding = 1e-6;  // of warmup_s + measured_s
  RunRecord derived;
  derived.intervals = raw.intervals;
  derived.phases = record.phases;
  derived.phases.measured_s += record.phases.warmup_s + kRounding;
  FillFigures(raw.latency, &derived);
  derived.phases.measured_s = record.phases.measured_s;
  return derived;
}

std::string CompareFigures(const RawFiles& raw, const RunRecord& record) {
  Json said = RunJson(record);
  Json found = RunJson(Derived(raw, record));
  for (const char* name : {"rates", "latency", "engine_parts", "phases"}) {
    std::string difference = Difference(said[name], found[name], name);
    if (!difference.empty()) return difference;
  }
  return {};
}

std::string CompareAccount(const RawFiles& raw, const RunRecord& record) {
  const IntervalSample last =
      raw.intervals.empty() ? IntervalSample() : raw.intervals.back();
  const AccountFacts& account = record.account;
  const int64_t timed = record.build.is_measuring ? account.committed : 0;
  const std::array<std::pair<std::string_view, std::pair<int64_t, int64_t>>, 6>
      pairs = {{{"scheduled", {account.scheduled, last.scheduled}},
                {"generated", {account.generated, last.generated}},
                {"enqueued", {account.enqueued, last.enqueued}},
                {"committed", {account.committed, last.committed}},
                {"failed", {account.failed, last.failed}},
                {"committed", {timed, raw.acknowledged}}}};
  for (const auto& [name, numbers] : pairs) {
    if (numbers.first == numbers.second) continue;
    return fmt::format("{} says account.{} = {}, the raw files say {}",
                       kRunFile, name, numbers.first, numbers.second);
  }
  return {};
}

std::string CompareIntervals(const RawFiles& raw) {
  constexpr double kRounding = 0.0011;  // of two times with three decimals
  for (size_t i = 0; i < raw.intervals.size(); ++i) {
    const IntervalSample& said = raw.intervals[i];
    const IntervalSample& found = raw.totals[i];
    if (std::abs(said.at_s - found.at_s) <= kRounding &&
        said.total_p50_ns == found.total_p50_ns &&
        said.total_p99_ns == found.total_p99_ns &&
        said.total_max_ns == found.total_max_ns) {
      continue;
    }
    return fmt::format("line {} of {} is not what {} says of it", i + 2,
                       kIntervalsFile, kLatencyFile);
  }
  return {};
}

}  // namespace

std::string_view LatencyTag(size_t index) {
  if (index < kLatencyParts) {
    return LatencyPartName(static_cast<LatencyPart>(index));
  }
  return index == kLatencyParts ? "engine_execute" : "engine_commit";
}

const Histogram& HistogramOf(const LatencyHistograms& latency, size_t index) {
  return index < kLatencyParts ? latency.parts[index]
                               : latency.engine[index - kLatencyParts];
}

Result<FileChecksums> ChecksumsOfRawFiles(const std::string& folder) {
  FileChecksums checksums;
  for (const std::string_view name : {kIntervalsFile, kLatencyFile}) {
    const Result<std::string> text =
        ReadWholeFile(fmt::format("{}/{}", folder, name));
    if (!text.ok()) return text.status();
    checksums[std::string(name)] = ChecksumOf(*text);
  }
  return checksums;
}

Result<RawFiles> ReadRawFiles(const std::string& folder) {
  const Result<std::string> intervals =
      ReadWholeFile(fmt::format("{}/{}", folder, kIntervalsFile));
  if (!intervals.ok()) return intervals.status();
  const Result<std::string> latency =
      ReadWholeFile(fmt::format("{}/{}", folder, kLatencyFile));
  if (!latency.ok()) return latency.status();
  RawFiles raw;
  raw.checksums = {{std::string(kIntervalsFile), ChecksumOf(*intervals)},
                   {std::string(kLatencyFile), ChecksumOf(*latency)}};
  Status status = ReadIntervals(*intervals, &raw);
  LatencyReader reader(&raw);
  if (status.ok()) {
    status = ReadHdrLog(*latency, kLatencyFile, [&reader](HdrLogLine line) {
      return reader.Take(std::move(line));
    });
  }
  raw.error = status.message();
  return raw;
}

std::string CheckAgainstRawFiles(const RawFiles& raw, RunRecord* record) {
  if (!raw.error.empty()) return raw.error;
  record->intervals = raw.intervals;
  if (raw.latency.size() != raw.intervals.size()) {
    return fmt::format("{} has {} intervals and {} has {}", kIntervalsFile,
                       raw.intervals.size(), kLatencyFile, raw.latency.size());
  }
  for (const std::string& difference :
       {CompareAccount(raw, *record), CompareIntervals(raw),
        CompareFigures(raw, *record)}) {
    if (!difference.empty()) return difference;
  }
  return {};
}

void FillFromRawFiles(const RawFiles& raw, RunRecord* record) {
  // The last interval of one of the files may be missing.
  const size_t intervals = std::min(raw.intervals.size(), raw.latency.size());
  if (intervals == 0) return;
  record->intervals.assign(
      raw.intervals.begin(),
      raw.intervals.begin() + static_cast<long>(intervals));
  std::vector<CompactLatency> latency = raw.latency;
  latency.erase(latency.begin() + static_cast<long>(intervals), latency.end());
  const IntervalSample& last = record->intervals.back();
  record->phases.measured_s = last.at_s;
  FillFigures(latency, record);
  AccountFacts& account = record->account;
  account.scheduled = last.scheduled;
  account.generated = last.generated;
  account.not_due = std::max<int64_t>(0, last.scheduled - last.generated);
  account.enqueued = last.enqueued;
  account.committed = last.committed;
  account.failed = last.failed;
  account.in_flight = last.enqueued - last.committed - last.failed;
}

}  // namespace tillstorm
