#include "harness/measure/bench_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "harness/run_options.h"

namespace tillstorm {
namespace {

constexpr Micros kDefaultDuration{60 * kMicrosPerSecond};
constexpr int64_t kRateMax = 100'000'000;
constexpr int64_t kEventsMax = 2'147'483'647;
constexpr int64_t kRepeatMax = 1000;
// A run has about so many samples, and a longer one no rarer than one a second.
constexpr int64_t kSamples = 120;
constexpr std::chrono::milliseconds kSampleMin{50};
constexpr std::chrono::milliseconds kSampleMax{1000};
// By BenchPlan.
constexpr std::array<std::string_view, 3> kModes = {"capacity", "rate",
                                                    "ladder"};

Status Usage(std::string sentence) {
  return {StatusCode::kUsage, std::move(sentence)};
}

template <class Value, class To>
Status Take(const Result<Value>& result, To* to) {
  if (!result.ok()) return result.status();
  *to = *result;
  return Status::Ok();
}

// --mode and --rate, which belong together.
Status ReadLoadOffered(const FlagValues& flags, BenchCommandOptions* options) {
  const Result<size_t> mode = ReadWord(flags, "mode", kModes);
  if (!mode.ok()) return mode.status();
  options->plan = static_cast<BenchPlan>(*mode);
  const bool is_rate = options->plan == BenchPlan::kRate;
  if (is_rate && !flags.Has("rate")) {
    return Usage(
        "--rate is missing; --mode rate needs the events per second to offer");
  }
  if (!is_rate && flags.Has("rate")) {
    return Usage(fmt::format("--rate is for --mode rate, and the mode is {}",
                             kModes.at(*mode)));
  }
  if (!is_rate) return Status::Ok();
  const auto rate = ReadInteger(flags, "rate", 1, kRateMax, 0);
  if (!rate.ok()) return rate.status();
  options->run.mode = BenchMode::kRate;
  options->run.rate = static_cast<double>(*rate);
  return Status::Ok();
}

// --duration and --events. With --events alone they end it.
Status ReadLength(const FlagValues& flags, BenchOptions* run) {
  const auto events = ReadInteger(flags, "events", 1, kEventsMax, 0);
  if (!events.ok()) return events.status();
  const auto duration = ReadDuration(flags);
  if (!duration.ok()) return duration.status();
  run->events = *events;
  run->duration = *duration;
  if (!*duration && *events == 0) run->duration = kDefaultDuration;
  const auto longest = run->duration.value_or(kDefaultDuration);
  run->sample_every = std::clamp(
      std::chrono::duration_cast<std::chrono::milliseconds>(longest) / kSamples,
      kSampleMin, kSampleMax);
  return Status::Ok();
}

Status ReadFleet(const FlagValues& flags, BenchOptions* run) {
  const auto seed = ReadSeed(flags);
  TS_RETURN_IF_ERROR(Take(seed, &run->seed));
  const auto scenario = ReadScenario(flags);
  TS_RETURN_IF_ERROR(Take(scenario, &run->scenario));
  if (run->scenario.sites == 0) {
    return Usage(
        "--sites is 0, which begins with one agent alone; a benchmark needs at "
        "least one site");
  }
  return Take(ReadStart(flags, kDefaultStart), &run->start);
}

// --durability and --indexes, which at `bulk` are those of generate. Nothing is
// acknowledged there before the end, so that no event has a latency.
Status ReadLevel(const FlagValues& flags, const Location& to, BenchPlan plan,
                 BenchOptions* run) {
  TS_RETURN_IF_ERROR(Take(ReadAnyDurability(flags), &run->durability));
  if (run->durability != Durability::kBulk) {
    return Take(ReadLiveIndexMode(flags), &run->indexes);
  }
  if (to.engine != Engine::kSqlite) {
    return Usage(fmt::format(
        "--durability is bulk, which bench measures of SQLite files alone; for "
        "{} it must be power or process",
        to.text));
  }
  if (plan != BenchPlan::kCapacity) {
    return Usage(fmt::format(
        "--mode is {}, whose latencies end with an acknowledgement, and at "
        "--durability bulk there is none before the end; it must be capacity",
        kModes.at(static_cast<size_t>(plan))));
  }
  return Take(ReadIndexMode(flags), &run->indexes);
}

Status ReadWriter(const FlagValues& flags, const Location& to,
                  BenchOptions* run) {
  TS_RETURN_IF_ERROR(Take(ReadLoad(flags, to), &run->load));
  TS_RETURN_IF_ERROR(Take(ReadLanes(flags, to), &run->lanes));
  TS_RETURN_IF_ERROR(Take(ReadBatchRows(flags), &run->batch_rows));
  TS_RETURN_IF_ERROR(Take(ReadBatchBytes(flags), &run->batch_bytes));
  TS_RETURN_IF_ERROR(Take(ReadLinger(flags), &run->linger));
  run->stores = to.stores();
  const bool is_server =
      to.engine == Engine::kPostgres || to.engine == Engine::kPostgresLocal;
  if (is_server) run->settle_sql = "CHECKPOINT";
  // One worker fills a lane several times over, and leaves the processors to
  // the writers.
  run->workers = static_cast<uint32_t>(run->lanes);
  if (!flags.Has("threads")) return Status::Ok();
  TS_RETURN_IF_ERROR(Take(ReadThreads(flags), &run->workers));
  if (run->workers >= static_cast<uint32_t>(run->lanes)) return Status::Ok();
  return Usage(fmt::format(
      "--threads is {} and --lanes {}; each lane needs a thread that fills it",
      run->workers, run->lanes));
}

}  // namespace

Result<BenchCommandOptions> ReadBenchOptions(const FlagValues& flags) {
  BenchCommandOptions options;
  TS_RETURN_IF_ERROR(Take(ReadTo(flags), &options.location));
  TS_RETURN_IF_ERROR(ReadLoadOffered(flags, &options));
  TS_RETURN_IF_ERROR(ReadLength(flags, &options.run));
  TS_RETURN_IF_ERROR(ReadFleet(flags, &options.run));
  TS_RETURN_IF_ERROR(
      ReadLevel(flags, options.location, options.plan, &options.run));
  TS_RETURN_IF_ERROR(ReadWriter(flags, options.location, &options.run));
  const auto repeat = ReadInteger(flags, "repeat", 1, kRepeatMax, 1);
  if (!repeat.ok()) return repeat.status();
  options.repeat = static_cast<int>(*repeat);
  static constexpr std::array<std::string_view, 2> kCeilings = {"on", "off"};
  const auto ceilings = ReadWord(flags, "ceilings", kCeilings);
  if (!ceilings.ok()) return ceilings.status();
  options.has_ceilings = *ceilings == 0;
  if (const std::string* text = flags.Find("require")) {
    TS_RETURN_IF_ERROR(Take(ParseRequirements(*text), &options.require));
  }
  const std::string* out = flags.Find("out");
  options.out =
      std::filesystem::absolute(out == nullptr ? "results" : *out).string();
  TS_RETURN_IF_ERROR(Take(ReadProgress(flags), &options.progress));
  options.json = flags.Has("json");
  return options;
}

}  // namespace tillstorm
