#include "harness/measure/require.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "harness/measure/named_figures.h"
#include "harness/measure/report_words.h"
#include "harness/nearest_name.h"

namespace tillstorm {
namespace {

struct Sign {
  std::string_view text;
  Comparison comparison;
};
constexpr std::array<Sign, 4> kSigns = {{{"<=", Comparison::kAtMost},
                                         {">=", Comparison::kAtLeast},
                                         {"<", Comparison::kLess},
                                         {">", Comparison::kMore}}};

struct Unit {
  std::string_view text;
  double nanoseconds;
};
constexpr std::array<Unit, 4> kUnits = {
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

Status Usage(std::string_view condition, std::string what) {
  return {StatusCode::kUsage,
          fmt::format("--require '{}': {}", condition, what)};
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Status ReadBound(std::string_view condition, std::string_view text,
                 FigureKind kind, double* bound) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *bound);
  if (error != std::errc() || !std::isfinite(*bound) || *bound < 0) {
    return Usage(
        condition,
        fmt::format("'{}' is no number from 0 on, like 500000 or 20ms", text));
  }
  const std::string_view unit =
      Trim(text.substr(static_cast<size_t>(end - text.data())));
  if (kind == FigureKind::kPlain) {
    if (unit.empty()) return Status::Ok();
    return Usage(condition, fmt::format("'{}' follows the number: only "
                                        "latencies have a unit",
                                        unit));
  }
  for (const Unit& known : kUnits) {
    if (known.text != unit) continue;
    *bound *= known.nanoseconds;
    return Status::Ok();
  }
  return Usage(condition,
               unit.empty()
                   ? "a latency needs a unit: ns, us, ms or s"
                   : fmt::format("'{}' is no unit of a latency: ns, us, ms or "
                                 "s is right",
                                 unit));
}

Status UnknownFigure(std::string_view condition, std::string_view name) {
  const auto nearest = NearestName(name, FigureNames());
  return Usage(condition,
               fmt::format("there is no figure '{}': {}", name,
                           nearest ? fmt::format("did you mean {}?", *nearest)
                                   : "rows_per_s, p99 and queue_wait.p99 are "
                                     "some of those there are"));
}

Result<Requirement> ParseOne(std::string_view condition) {
  const size_t at = condition.find_first_of("<>");
  if (at == std::string_view::npos) {
    return Usage(condition, "a condition has <, <=, > or >=, like p99<20ms");
  }
  Requirement requirement;
  requirement.text = condition;
  requirement.figure = Trim(condition.substr(0, at));
  const std::optional<FigureKind> kind = FindFigure(requirement.figure);
  if (!kind) return UnknownFigure(condition, requirement.figure);
  std::string_view rest = condition.substr(at);
  for (const Sign& sign : kSigns) {
    if (!rest.starts_with(sign.text)) continue;
    requirement.comparison = sign.comparison;
    rest.remove_prefix(sign.text.size());
    break;
  }
  TS_RETURN_IF_ERROR(
      ReadBound(condition, Trim(rest), *kind, &requirement.bound));
  return requirement;
}

bool Holds(double value, Comparison comparison, double bound) {
  switch (comparison) {
    case Comparison::kLess:
      return value < bound;
    case Comparison::kAtMost:
      return value <= bound;
    case Comparison::kMore:
      return value > bound;
    case Comparison::kAtLeast:
      break;
  }
  return value >= bound;
}

}  // namespace

Result<std::vector<Requirement>> ParseRequirements(std::string_view text) {
  std::vector<Requirement> requirements;
  while (true) {
    const size_t comma = text.find(',');
    Result<Requirement> one = ParseOne(Trim(text.substr(0, comma)));
    if (!one.ok()) return one.status();
    requirements.push_back(std::move(*one));
    if (comma == std::string_view::npos) return requirements;
    text.remove_prefix(comma + 1);
  }
}

RequirementResult Check(const Requirement& requirement,
                        const RunRecord& record) {
  const NamedFigure figure = FigureOf(record, requirement.figure);
  if (!figure.value) {
    return {false, fmt::format("{} is not met: {} {}", requirement.text,
                               requirement.figure, figure.why_none)};
  }
  const bool is_met =
      Holds(*figure.value, requirement.comparison, requirement.bound);
  const bool is_time = FindFigure(requirement.figure) == FigureKind::kTime;
  return {is_met, fmt::format("{} is {}met: {} is {}", requirement.text,
                              is_met ? "" : "not ", requirement.figure,
                              is_time ? NanosText(*figure.value)
                                      : NumberText(*figure.value))};
}

}  // namespace tillstorm
