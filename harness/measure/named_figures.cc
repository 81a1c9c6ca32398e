#include "harness/measure/named_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/core/check.h"
#include "harness/progress_line.h"

namespace tillstorm {
namespace {

using Value = std::optional<double>;

struct PlainFigure {
  std::string_view name;
  bool is_rate;  // withheld with the rate of a run
  Value (*read)(const RunRecord& record);
};

template <class Number>
Value Maybe(const std::optional<Number>& number) {
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

// Of what is more than 0 whenever it is known.
Value IfKnown(double number) {
  return number > 0 ? Value(number) : std::nullopt;
}

// The rate by a ceiling.
Value Ratio(const RunRecord& record, std::string_view ceiling) {
  const Ceiling* found = FindCeiling(record, ceiling);
  if (found == nullptr || !(found->rows_per_s > 0)) return std::nullopt;
  return record.rates.acknowledged_rows_per_s / found->rows_per_s;
}

using R = const RunRecord&;
constexpr std::array<PlainFigure, 11> kPlainFigures = {{
    {"rows_per_s", true,
     [](R r) -> Value { return r.rates.acknowledged_rows_per_s; }},
    {"whole_rows_per_s", true,
     [](R r) -> Value { return r.rates.whole_rows_per_s; }},
    {"settled_rows_per_s", true,
     [](R r) { return IfKnown(r.rates.settled_rows_per_s); }},
    {"null_ratio", true, [](R r) { return Ratio(r, "null"); }},
    {"loop_ratio", true, [](R r) { return Ratio(r, "loop"); }},
    {"engine_ratio", true, [](R r) { return Ratio(r, "engine"); }},
    {"cpu_us_per_row", false,
     [](R r) { return IfKnown(r.cost.client_cpu_us_per_row); }},
    {"server_cpu_us_per_row", false,
     [](R r) { return r.cost.server_cpu_us_per_row; }},
    {"written_per_logical_byte", false,
     [](R r) { return r.cost.written_per_logical_byte; }},
    {"fsyncs", false, [](R r) { return Maybe(r.cost.fsyncs); }},
    {"rows_per_commit", false,
     [](R r) { return IfKnown(r.cost.rows_per_commit); }},
}};

struct Percentile {
  std::string_view name;
  Value (*read)(const LatencyFacts& facts);
};
using L = const LatencyFacts&;
constexpr std::array<Percentile, 6> kPercentiles = {{
    {"p50", [](L l) -> Value { return static_cast<double>(l.p50_ns); }},
    {"p90", [](L l) -> Value { return static_cast<double>(l.p90_ns); }},
    {"p99", [](L l) -> Value { return static_cast<double>(l.p99_ns); }},
    {"p999", [](L l) { return Maybe(l.p999_ns); }},
    {"p9999", [](L l) { return Maybe(l.p9999_ns); }},
    {"max", [](L l) -> Value { return static_cast<double>(l.max_ns); }},
}};

constexpr std::array<std::string_view, kLatencyParts + 2> kParts = {
    "schedule_lag", "queue_wait", "batch_wait", "engine",
    "total",        "execute",    "commit"};

struct LatencyName {
  size_t part = 0;
  const Percentile* percentile = nullptr;
};

std::optional<LatencyName> FindLatency(std::string_view name) {
  LatencyName found;
  found.part = static_cast<size_t>(LatencyPart::kTotal);
  const size_t dot = name.find('.');
  if (dot != std::string_view::npos) {
    const auto* const part =
        std::find(kParts.begin(), kParts.end(), name.substr(0, dot));
    if (part == kParts.end()) return std::nullopt;
    found.part = static_cast<size_t>(part - kParts.begin());
    name.remove_prefix(dot + 1);
  }
  const auto* const percentile =
      std::find_if(kPercentiles.begin(), kPercentiles.end(),
                   [name](const Percentile& p) { return p.name == name; });
  if (percentile == kPercentiles.end()) return std::nullopt;
  found.percentile = percentile;
  return found;
}

const PlainFigure* FindPlain(std::string_view name) {
  const auto* const figure =
      std::find_if(kPlainFigures.begin(), kPlainFigures.end(),
                   [name](const PlainFigure& f) { return f.name == name; });
  return figure == kPlainFigures.end() ? nullptr : figure;
}

NamedFigure Withheld(const RunRecord& record) {
  const VerdictFacts& verdict = record.verdict;
  return {std::nullopt,
          fmt::format("is withheld: {}", verdict.reasons.empty()
                                             ? verdict.headline
                                             : verdict.reasons[0].sentence)};
}

NamedFigure LatencyOf(const RunRecord& record, const LatencyName& name) {
  if (record.verdict.withholds_percentiles) return Withheld(record);
  const LatencyFacts& facts =
      name.part < kLatencyParts
          ? record.latency[name.part]
          : record.engine_parts[name.part - kLatencyParts];
  if (facts.count == 0) return {std::nullopt, "has no event to be taken of"};
  const Value value = name.percentile->read(facts);
  if (value) return {value, {}};
  return {std::nullopt, fmt::format("is not supported by {} events: fewer "
                                    "than 10 are beyond it",
                                    GroupedCount(facts.count))};
}

}  // namespace

std::optional<FigureKind> FindFigure(std::string_view name) {
  if (FindPlain(name) != nullptr) return FigureKind::kPlain;
  if (FindLatency(name)) return FigureKind::kTime;
  return std::nullopt;
}

std::vector<std::string> FigureNames() {
  std::vector<std::string> names;
  for (const PlainFigure& figure : kPlainFigures) {
    names.emplace_back(figure.name);
  }
  for (const Percentile& percentile : kPercentiles) {
    names.emplace_back(percentile.name);
  }
  for (const std::string_view part : kParts) {
    for (const Percentile& percentile : kPercentiles) {
      names.push_back(fmt::format("{}.{}", part, percentile.name));
    }
  }
  return names;
}

NamedFigure FigureOf(const RunRecord& record, std::string_view name) {
  if (const std::optional<LatencyName> latency = FindLatency(name)) {
    return LatencyOf(record, *latency);
  }
  const PlainFigure* figure = FindPlain(name);
  TS_CHECK(figure != nullptr);
  if (figure->is_rate && record.verdict.withholds_rate) {
    return Withheld(record);
  }
  const Value value = figure->read(record);
  if (value && std::isfinite(*value)) return {value, {}};
  return {std::nullopt, "was not measured in this run"};
}

const Ceiling* FindCeiling(const RunRecord& record, std::string_view name) {
  const auto ceiling =
      std::find_if(record.ceilings.begin(), record.ceilings.end(),
                   [name](const Ceiling& one) { return one.name == name; });
  return ceiling == record.ceilings.end() ? nullptr : &*ceiling;
}

}  // namespace tillstorm
