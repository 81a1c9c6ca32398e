#include "harness/measure/report_words.h"

#include <fmt/format.h>

#include <cmath>

#include "harness/core/instant.h"
#include "harness/measure/named_figures.h"
#include "harness/progress_line.h"

namespace tillstorm {
namespace {

std::string Counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", GroupedCount(count), noun,
                     count == 1 ? "" : "s");
}

// Three significant digits of a number below 1000.
std::string ThreeDigits(double number) {
  const int decimals = number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}", number, decimals);
}

}  // namespace

std::string NanosText(double nanoseconds) {
  if (nanoseconds < 999.5) return fmt::format("{:.0f} ns", nanoseconds);
  if (nanoseconds < 999.5e3) return ThreeDigits(nanoseconds / 1e3) + " us";
  if (nanoseconds < 999.5e6) return ThreeDigits(nanoseconds / 1e6) + " ms";
  return ThreeDigits(nanoseconds / 1e9) + " s";
}

std::string NumberText(double number) {
  if (!std::isfinite(number)) return std::string(kNoFigure);
  if (std::abs(number) >= 999.5) return GroupedCount(std::llround(number));
  if (number == std::floor(number)) return fmt::format("{:.0f}", number);
  if (std::abs(number) < 0.9995) return fmt::format("{:.3f}", number);
  return ThreeDigits(number);
}

std::string FigureText(const RunRecord& record, std::string_view name) {
  const NamedFigure figure = FigureOf(record, name);
  if (!figure.value) return std::string(kNoFigure);
  return FindFigure(name) == FigureKind::kTime ? NanosText(*figure.value)
                                               : NumberText(*figure.value);
}

std::string LoadText(const RunRecord& record) {
  if (record.setup.mode == BenchMode::kCapacity) {
    return "closed loop, as fast as it goes; service times, no user's latency";
  }
  return fmt::format(
      "open loop, {} rows/s offered; latencies from when each was due",
      NumberText(record.setup.rate_rows_per_s));
}

std::string EngineText(const RunRecord& record) {
  const RunSetup& setup = record.setup;
  return fmt::format("{}, durability {}, {}, {}, {}, indexes {}", setup.engine,
                     setup.durability, setup.load, Counted(setup.lanes, "lane"),
                     Counted(setup.workers, "worker"), setup.indexes);
}

std::string BatchText(const RunRecord& record) {
  return fmt::format(
      "{} rows, {} or {}", GroupedCount(record.setup.batch_rows),
      CompactBytes(static_cast<int64_t>(record.setup.batch_bytes)),
      FormatDuration(Micros(record.setup.linger_us)));
}

std::string FleetText(const RunRecord& record) {
  const RunSetup& setup = record.setup;
  return fmt::format("seed {}, {}, {}, {}", setup.seed,
                     Counted(setup.sites, "site"),
                     Counted(setup.devices, "device"),
                     Counted(setup.traffic, "traffic agent"));
}

std::string AccountText(const RunRecord& record) {
  const AccountFacts& account = record.account;
  std::string text =
      fmt::format("{} of {} failed", GroupedCount(account.failed),
                  GroupedCount(account.committed + account.failed));
  if (account.rows_found == account.rows_expected) {
    text +=
        fmt::format("; all {} rows found", GroupedCount(account.rows_expected));
  } else if (account.rows_found) {
    text +=
        fmt::format("; {} rows found of {}", GroupedCount(*account.rows_found),
                    GroupedCount(account.rows_expected));
  }
  if (account.digest_equal) {
    text += *account.digest_equal ? ", digest equal" : ", digest DIFFERS";
  }
  return text;
}

std::string AcksText(const RunRecord& record) {
  if (record.setup.durability == "bulk") {
    return "none: at bulk nothing can be seen, and nothing is promised, before "
           "the end";
  }
  return fmt::format("{}, {} missing", record.account.acks_checked,
                     record.account.acks_missing);
}

const std::array<LatencyRow, 7>& LatencyRows() {
  static const std::array<LatencyRow, 7> rows = {
      {{"schedule lag", "schedule_lag."},
       {"queue wait", "queue_wait."},
       {"batch wait", "batch_wait."},
       {"engine", "engine."},
       {"  execute", "execute."},
       {"  commit", "commit."},
       {"total", "total."}}};
  return rows;
}

const std::array<RatioRow, 3>& RatioRows() {
  static const std::array<RatioRow, 3> rows = {
      {{"5/2", "null", "null_ratio", "of the pipeline without an engine"},
       {"5/3", "loop", "loop_ratio", "of a hand-written loop"},
       {"5/4", "engine", "engine_ratio", "of the engine's own limit"}}};
  return rows;
}

}  // namespace tillstorm
