#include "harness/measure/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/progress_line.h"

namespace tillstorm {
namespace {

double Percent(double share) { return 100 * share; }

const LatencyFacts& PartOf(const RunRecord& record, LatencyPart part) {
  return record.latency[static_cast<size_t>(part)];
}

// Looks at one record and collects what is to be said of it.
class Judgement {
 public:
  Judgement(const RunRecord& record, const VerdictBars& bars)
      : record_(record), bars_(bars) {}

  VerdictFacts Pronounce() {
    LookAtBuild();
    LookAtDurability();
    LookAtAccount();
    LookAtDatabase();
    if (record_.is_complete) {
      LookAtLength();
      LookAtLoad();
    }
    LookAtMachine();
    facts_.kind = !record_.is_complete       ? VerdictKind::kPartial
                  : !facts_.reasons.empty()  ? VerdictKind::kInvalid
                  : !facts_.warnings.empty() ? VerdictKind::kWarnings
                                             : VerdictKind::kValid;
    facts_.headline = Headline();
    return std::move(facts_);
  }

 private:
  void Reject(std::string_view code, std::string sentence) {
    facts_.reasons.push_back({std::string(code), std::move(sentence)});
  }
  void Warn(std::string_view code, std::string sentence) {
    facts_.warnings.push_back({std::string(code), std::move(sentence)});
  }
  // By two thresholds.
  void Bar(std::string_view code, std::optional<double> value, double warn,
           double max, std::string_view what) {
    if (!value) return;
    const auto sentence = [&](double bar) {
      return fmt::format("{} {:.1f} %, bar {:.0f} %", what, Percent(*value),
                         Percent(bar));
    };
    if (*value > max) {
      Reject(code, sentence(max));
    } else if (*value > warn) {
      Warn(code, sentence(warn));
    }
  }
  [[nodiscard]] bool Has(std::string_view code) const {
    return std::any_of(
        facts_.reasons.begin(), facts_.reasons.end(),
        [code](const ReasonFacts& reason) { return reason.code == code; });
  }

  [[nodiscard]] bool IsBulk() const {
    return record_.setup.durability == "bulk";
  }

  void LookAtBuild() {
    const BuildFacts& build = record_.build;
    if (!build.is_optimised) {
      Reject("debug-build", fmt::format("this program was built as {} ({}), "
                                        "which is not optimised",
                                        build.build_type, build.flags));
    } else if (build.is_sanitized) {
      Reject("debug-build", "this program was built with a sanitizer");
    }
    if (!build.is_measuring) {
      Reject("not-measuring",
             "this program was built without digest, ledger and latencies "
             "(TILLSTORM_MEASURING=OFF)");
    }
  }

  void LookAtDurability() {
    for (const auto& [name, value] : record_.setup.settings) {
      if (name == kCheckpointSetting && value != "forced") {
        Warn("not-settled", fmt::format("the checkpoint at the end was {}; the "
                                        "settled rate leaves it out",
                                        value));
      }
    }
    // What the engine said, and not what was made of it then.
    const RunSetup& setup = record_.setup;
    const NamedTexts refused =
        setup.settings.empty()
            ? setup.settings_refused
            : RefusedSettings(setup.engine, setup.durability, setup.settings);
    for (const auto& [name, what] : refused) {
      Reject("durability", fmt::format("{} at durability {}: {}", name,
                                       setup.durability, what));
    }
  }

  void LookAtAccount() {
    const AccountFacts& account = record_.account;
    const auto equal = [this](std::string_view left, int64_t a,
                              std::string_view right, int64_t b) {
      if (a == b) return;
      Reject("ledger", fmt::format("{} {} are not {} {}", GroupedCount(a), left,
                                   GroupedCount(b), right));
    };
    equal("events scheduled", account.scheduled, "generated or not due",
          account.generated + account.not_due);
    equal("events enqueued", account.enqueued, "committed, failed or in flight",
          account.committed + account.failed + account.in_flight);
    if (record_.is_complete) {
      equal("events generated", account.generated, "enqueued",
            account.enqueued);
      equal("events in flight at the end", account.in_flight, "expected", 0);
    }
    if (account.intervals_off > 0) {
      Reject("ledger", fmt::format("in {} samples the counters do not add up",
                                   account.intervals_off));
    }
    if (account.latency_off > 0) {
      Reject("latency-parts",
             fmt::format("the parts of the latency of {} events do not sum to "
                         "the whole",
                         GroupedCount(account.latency_off)));
    }
    if (account.failed > 0) {
      Reject("failed-events", fmt::format("{} events were never acknowledged",
                                          GroupedCount(account.failed)));
    }
  }

  void LookAtDatabase() {
    const AccountFacts& account = record_.account;
    if (account.rows_found && *account.rows_found != account.rows_expected) {
      Reject("wrong-data",
             fmt::format("{} rows are in the database and {} were acknowledged",
                         GroupedCount(*account.rows_found),
                         GroupedCount(account.rows_expected)));
    } else if (account.digest_equal && !*account.digest_equal) {
      Reject("wrong-data",
             "the rows in the database are not the ones that were "
             "acknowledged: their digest differs");
    }
    if (account.acks_missing > 0) {
      Reject("lost-ack",
             fmt::format("{} of {} batches that were looked for right after "
                         "they were acknowledged were not in the database{}",
                         account.acks_missing, account.acks_checked,
                         UncheckedAck("; another could not be looked for: ")));
    }
    // At bulk there is nothing to look at before the end.
    const bool shows = record_.setup.engine != "null" && !IsBulk();
    if (shows && record_.is_complete && account.acks_checked == 0) {
      Warn("acks-unchecked",
           "no acknowledgement could be checked by a second connection" +
               UncheckedAck(": "));
    }
  }
  // Why one could not be checked, after `lead`; empty: none such.
  [[nodiscard]] std::string UncheckedAck(std::string_view lead) const {
    const std::string& why = record_.account.acks_why;
    return why.empty() ? "" : std::string(lead) + why;
  }

  void LookAtLength() {
    const RateFacts& rates = record_.rates;
    const double window = record_.phases.measured_s;
    if (window < bars_.measured_s_min) {
      Reject("too-short", fmt::format("the measured window is {:.1f} s, bar "
                                      "{:.0f} s",
                                      window, bars_.measured_s_min));
    } else if (rates.effective_samples < bars_.effective_samples_min) {
      Reject("too-short",
             fmt::format("the window is worth {:.1f} independent samples, bar "
                         "{:.0f}",
                         rates.effective_samples, bars_.effective_samples_min));
    }
    const double drift = std::abs(rates.slope_per_s) * window;
    if (window >= bars_.measured_s_min && !rates.is_steady) {
      Reject("not-steady", "warm-up did not end within the first half");
    } else if (drift > bars_.drift_max) {
      Reject("not-steady",
             fmt::format("the rate changed by {:.0f} % over the window, bar "
                         "{:.0f} %",
                         Percent(drift), Percent(bars_.drift_max)));
    }
    facts_.withholds_rate = Has("not-steady");
  }

  // Not of `null:`, where agents are the only limit that there is.
  void LookAtWorkers() {
    const double busy = record_.rates.workers_busy;
    if (busy <= bars_.workers_busy_max || record_.setup.engine == "null") {
      return;
    }
    Reject("generator-bound",
           fmt::format("a worker that runs agents was busy for {:.0f} % of the "
                       "time, bar {:.0f} %",
                       Percent(busy), Percent(bars_.workers_busy_max)));
  }

  void LookAtLoad() {
    const RateFacts& rates = record_.rates;
    const double rate = rates.acknowledged_rows_per_s;
    const double offered = record_.setup.rate_rows_per_s;
    LookAtWorkers();
    if (record_.setup.mode == BenchMode::kRate && offered > 0) {
      const double growth = rates.backlog_slope_rows_per_s / offered;
      if (growth > bars_.backlog_growth_max) {
        Reject("overloaded",
               fmt::format(
                   "the backlog grew by {} rows/s, {:.1f} % of what "
                   "was offered, bar {:.0f} %",
                   GroupedCount(std::llround(rates.backlog_slope_rows_per_s)),
                   Percent(growth), Percent(bars_.backlog_growth_max)));
        facts_.withholds_percentiles = true;
        return;  // who is late then is the system
      }
      const double lag_ms =
          static_cast<double>(
              PartOf(record_, LatencyPart::kScheduleLag).p99_ns) /
          1e6;
      if (lag_ms > bars_.schedule_lag_p99_ms_max) {
        Reject("generator-bound",
               fmt::format("the schedule lag has its 99th percentile at {:.1f} "
                           "ms, bar {:.0f} ms",
                           lag_ms, bars_.schedule_lag_p99_ms_max));
      }
    }
    for (const Ceiling& ceiling : record_.ceilings) {
      if (ceiling.name != "null" || rate <= 0) continue;
      if (record_.setup.engine == "null") continue;
      const double ratio = ceiling.rows_per_s / rate;
      if (ratio >= bars_.null_ratio_min) continue;
      Reject("generator-bound",
             fmt::format("without an engine the pipeline reaches {:.2f} times "
                         "the rate, bar {:.0f}",
                         ratio, bars_.null_ratio_min));
    }
  }

  void LookAtMachine() {
    const NoiseFacts& noise = record_.noise_during;
    Bar("noisy-host", noise.others, bars_.others_warn, bars_.others_max,
        "other processes took");
    Bar("noisy-host", noise.steal, bars_.steal_warn, bars_.steal_max,
        "the host took away");
    const auto drift = [this](double before, double after,
                              std::string_view what) {
      if (before <= 0 || after <= 0) return;
      const double ratio = std::max(before / after, after / before);
      if (ratio <= bars_.probe_drift_warn) return;
      Warn("probe-drift", fmt::format("{} changed {:.1f} times during the run, "
                                      "bar {:.0f}",
                                      what, ratio, bars_.probe_drift_warn));
    };
    drift(record_.probe_before.fsync_p50_us, record_.probe_after.fsync_p50_us,
          "the time of an fsync");
    drift(record_.probe_before.write_mib_per_s,
          record_.probe_after.write_mib_per_s, "the write bandwidth");
    const MachineFacts& machine = record_.machine;
    const auto known = [this](bool is_known, std::string_view what) {
      if (is_known) return;
      Warn("machine-unknown", fmt::format("{} could not be found out", what));
    };
    known(!machine.cpu_model.empty(), "the processor");
    known(!machine.kernel.empty(), "the kernel");
    known(noise.others.has_value(), "what other processes did");
    // Frequency scaling is the host's business in a virtual machine.
    if (!machine.virtualisation) {
      known(machine.governor.has_value(), "the frequency governor");
    }
  }

  [[nodiscard]] std::string Headline() const {
    const double rate = record_.rates.acknowledged_rows_per_s;
    const std::string rows = GroupedCount(std::llround(rate)) + " rows/s";
    const std::string where = fmt::format(
        "{} at durability {}", record_.setup.engine, record_.setup.durability);
    if (!record_.is_complete) {
      return fmt::format("the run was not complete: {}", record_.error.empty()
                                                             ? "it was killed"
                                                             : record_.error);
    }
    // A backlog of the generator's own making says nothing of the engine, and
    // one beside other reasons may come of them.
    const bool is_generator_bound = Has("generator-bound");
    const bool is_load_alone =
        std::all_of(facts_.reasons.begin(), facts_.reasons.end(),
                    [](const ReasonFacts& reason) {
                      return reason.code == "generator-bound" ||
                             reason.code == "overloaded";
                    });
    if (Has("overloaded") && !is_generator_bound && is_load_alone) {
      return fmt::format(
          "{} is overloaded by {} rows/s: the backlog grows by {} rows/s, so "
          "latencies mean nothing",
          where, GroupedCount(std::llround(record_.setup.rate_rows_per_s)),
          GroupedCount(std::llround(record_.rates.backlog_slope_rows_per_s)));
    }
    if (!facts_.reasons.empty()) {
      if (is_generator_bound && is_load_alone) {
        return fmt::format("{} takes at least {}: the generator was the limit",
                           where, rows);
      }
      return "not to be believed: " + facts_.reasons.front().sentence;
    }
    if (record_.setup.mode == BenchMode::kRate) {
      const auto ms = [this](LatencyPart part) {
        return static_cast<double>(PartOf(record_, part).p99_ns) / 1e6;
      };
      return fmt::format(
          "{} kept up with {} rows/s; 99 % of them were acknowledged within "
          "{:.1f} ms of when they were due",
          where, GroupedCount(std::llround(record_.setup.rate_rows_per_s)),
          ms(LatencyPart::kTotal));
    }
    if (IsBulk()) {
      return fmt::format(
          "{} took {} in a closed loop, {} until settled; nothing was promised "
          "before the end",
          where, rows,
          GroupedCount(std::llround(record_.rates.settled_rows_per_s)));
    }
    return fmt::format("{} acknowledged {} in a closed loop", where, rows);
  }

  const RunRecord& record_;
  const VerdictBars& bars_;
  VerdictFacts facts_;
};

}  // namespace

VerdictFacts Judge(const RunRecord& record, const VerdictBars& bars) {
  return Judgement(record, bars).Pronounce();
}

NamedTexts RefusedSettings(std::string_view engine, std::string_view durability,
                           const NamedTexts& settings) {
  NamedTexts wanted;
  if (engine == "sqlite" && durability == "bulk") {
    wanted = {{"journal_mode", "off"},
              {"synchronous", "0"},
              {"locking_mode", "exclusive"}};
  } else if (engine == "sqlite") {
    wanted = {{"journal_mode", "wal"},
              {"synchronous", durability == "power"     ? "2"
                              : durability == "process" ? "1"
                                                        : "0"}};
  } else if (engine == "postgres") {
    if (durability == "power") {
      wanted = {{"synchronous_commit", "on"},
                {"fsync", "on"},
                {"full_page_writes", "on"}};
    } else {
      wanted = {{"synchronous_commit", "off"}};
    }
  }
  NamedTexts refused;
  for (const auto& [name, value] : wanted) {
    const auto found =
        std::find_if(settings.begin(), settings.end(),
                     [&name = name](const auto& s) { return s.first == name; });
    const std::string says =
        found == settings.end() ? "nothing" : found->second;
    if (says == value) continue;
    refused.emplace_back(
        name, fmt::format("asked for {}, the engine says {}", value, says));
  }
  return refused;
}

}  // namespace tillstorm
