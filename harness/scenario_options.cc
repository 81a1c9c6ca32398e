// The flags of run_options.h that make a Scenario or are held against one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/nearest_name.h"
#include "harness/run_options.h"

namespace tillstorm {
namespace {

constexpr int32_t kDevicesPerSite = 4;
constexpr std::array<std::string_view, 2> kProfiles = {"document", "code"};
constexpr std::array<std::string_view, 2> kJobSuccesses = {"completed",
                                                           "success"};

Status Usage(std::string message) {
  return {StatusCode::kUsage, std::move(message)};
}

Status ReadTraffic(const FlagValues& flags, Scenario* scenario) {
  const auto traffic =
      ReadInteger(flags, "traffic", 1, kTrafficMax, scenario->site_count());
  if (!traffic.ok()) return traffic.status();
  scenario->traffic = static_cast<int32_t>(*traffic);
  return Status::Ok();
}

// --sites, --devices and --traffic, each of which may follow from another.
Status ReadFleet(const FlagValues& flags, Scenario* scenario) {
  const auto sites = ReadInteger(flags, "sites", 0, kSitesMax, scenario->sites);
  if (!sites.ok()) return sites.status();
  const auto devices =
      ReadInteger(flags, "devices", 1, kDevicesMax, scenario->devices);
  if (!devices.ok()) return devices.status();
  scenario->sites = static_cast<int32_t>(*sites);
  scenario->devices = static_cast<int32_t>(*devices);
  if (flags.Has("sites") && !flags.Has("devices")) {
    scenario->devices = std::max(scenario->sites * kDevicesPerSite, 1);
  } else if (flags.Has("devices") && !flags.Has("sites")) {
    scenario->sites =
        (scenario->devices + kDevicesPerSite - 1) / kDevicesPerSite;
  }
  return ReadTraffic(flags, scenario);
}

Status UnknownTable(std::string_view name) {
  const std::vector<std::string> names = EventTableNames();
  if (FindTable(name) != nullptr) {
    return Usage(
        fmt::format("--tables names {}, which is always there; it takes event "
                    "tables: {}",
                    name, fmt::join(names, ", ")));
  }
  const auto nearest = NearestName(name, names);
  return Usage(fmt::format(
      "--tables names '{}', which is no event table: {}", name,
      nearest ? fmt::format("did you mean {}?", *nearest)
              : fmt::format("they are {}", fmt::join(names, ", "))));
}

// The event tables that --tables does not name.
Result<std::vector<std::string>> ReadLeftOut(const FlagValues& flags) {
  const std::string* text = flags.Find("tables");
  if (text == nullptr) return std::vector<std::string>();
  TableSet kept;
  for (size_t begin = 0; begin <= text->size();) {
    const size_t end = std::min(text->find(',', begin), text->size());
    const std::string name = text->substr(begin, end - begin);
    begin = end + 1;
    if (name.empty()) {
      return Usage(
          fmt::format("--tables is '{}'; it must be names of event tables "
                      "separated by commas, such as jobs,job_outcomes",
                      *text));
    }
    const TableInfo* table = FindTable(name);
    if (table == nullptr || !table->is_event()) return UnknownTable(name);
    if (kept[Index(table->id)]) {
      return Usage(
          fmt::format("--tables names {} twice: name each table once", name));
    }
    kept.set(Index(table->id));
  }
  std::vector<std::string> left_out;
  for (const TableInfo& table : AllTables()) {
    if (table.is_event() && !kept[Index(table.id)]) {
      left_out.emplace_back(table.name);
    }
  }
  return left_out;
}

Result<Micros> ReadInterval(const FlagValues& flags, Micros standard) {
  const std::string* text = flags.Find("interval");
  if (text == nullptr) return standard;
  Result<Micros> interval = ParseDuration(*text);
  if (interval.ok()) return interval;
  return Usage(fmt::format("--interval: {}", interval.status().message()));
}

Status CheckSame(std::string_view flag, std::string_view given,
                 std::string_view stored) {
  if (given == stored) return Status::Ok();
  return Usage(
      fmt::format("--{} is {}, but the dataset has {}; leave the flag out or "
                  "collect into another file",
                  flag, given, stored));
}

// A whole number that may be given, against that of the dataset.
Status CheckCount(const FlagValues& flags, std::string_view flag, int64_t low,
                  int64_t high, int64_t stored) {
  const auto given = ReadInteger(flags, flag, low, high, stored);
  if (!given.ok()) return given.status();
  return CheckSame(flag, std::to_string(*given), std::to_string(stored));
}

Status CheckFleet(const FlagValues& flags, const Scenario& stored) {
  TS_RETURN_IF_ERROR(CheckCount(flags, "sites", 0, kSitesMax, stored.sites));
  TS_RETURN_IF_ERROR(
      CheckCount(flags, "devices", 1, kDevicesMax, stored.devices));
  return CheckCount(flags, "traffic", 1, kTrafficMax, stored.traffic);
}

Status CheckProfile(const FlagValues& flags, const Rates& stored) {
  const Result<size_t> word = ReadWord(flags, "profile", kProfiles);
  if (!word.ok()) return word.status();
  if (!flags.Has("profile")) return Status::Ok();
  return CheckSame("profile", kProfiles[*word], ProfileName(stored));
}

Status CheckJobSuccess(const FlagValues& flags, const std::string& stored) {
  const Result<size_t> word = ReadWord(flags, "job-success", kJobSuccesses);
  if (!word.ok()) return word.status();
  if (!flags.Has("job-success")) return Status::Ok();
  return CheckSame("job-success", kJobSuccesses[*word], stored);
}

// What --tables would say to leave those out.
std::string KeptTables(const std::vector<std::string>& left_out) {
  if (left_out.empty()) return "all of them";
  std::vector<std::string> kept = EventTableNames();
  std::erase_if(kept, [&left_out](const std::string& name) {
    return std::find(left_out.begin(), left_out.end(), name) != left_out.end();
  });
  return fmt::format("{}", fmt::join(kept, ","));
}

Status CheckTables(const FlagValues& flags,
                   const std::vector<std::string>& stored) {
  const Result<std::vector<std::string>> left_out = ReadLeftOut(flags);
  if (!left_out.ok()) return left_out.status();
  if (!flags.Has("tables")) return Status::Ok();
  return CheckSame("tables", KeptTables(*left_out), KeptTables(stored));
}

Status CheckInterval(const FlagValues& flags, Micros stored) {
  const Result<Micros> interval = ReadInterval(flags, stored);
  if (!interval.ok()) return interval.status();
  return CheckSame("interval", FormatDuration(*interval),
                   FormatDuration(stored));
}

// What does not depend on the fleet.
Status ReadContent(const FlagValues& flags, Scenario* scenario) {
  const Result<size_t> profile = ReadWord(flags, "profile", kProfiles);
  if (!profile.ok()) return profile.status();
  scenario->rates = *profile == 0 ? DocumentRates() : CodeRates();
  const Result<size_t> success = ReadWord(flags, "job-success", kJobSuccesses);
  if (!success.ok()) return success.status();
  scenario->job_success = kJobSuccesses[*success];
  Result<std::vector<std::string>> left_out = ReadLeftOut(flags);
  if (!left_out.ok()) return left_out.status();
  scenario->left_out = std::move(*left_out);
  const Result<Micros> interval = ReadInterval(flags, scenario->interval);
  if (!interval.ok()) return interval.status();
  scenario->interval = *interval;
  return scenario->Validate();
}

}  // namespace

Result<Scenario> ReadScenario(const FlagValues& flags) {
  Scenario scenario = StandardScenario();
  TS_RETURN_IF_ERROR(ReadFleet(flags, &scenario));
  TS_RETURN_IF_ERROR(ReadContent(flags, &scenario));
  return scenario;
}

Result<Scenario> ReadScenarioOf(const FlagValues& flags,
                                const AdoptableFleet& fleet) {
  TS_RETURN_IF_ERROR(CheckAdoptFlags(flags));
  Scenario scenario = StandardScenario();
  scenario.adopted = fleet.fleet;
  scenario.places = fleet.places;
  scenario.sites = static_cast<int32_t>(fleet.fleet->sites.size());
  scenario.devices = static_cast<int32_t>(fleet.fleet->devices.size());
  TS_RETURN_IF_ERROR(ReadTraffic(flags, &scenario));
  TS_RETURN_IF_ERROR(ReadContent(flags, &scenario));
  return scenario;
}

Status CheckAdoptFlags(const FlagValues& flags) {
  for (const std::string_view flag : {"sites", "devices"}) {
    if (!flags.Has(flag)) continue;
    return Usage(fmt::format(
        "--{} is given beside --adopt, which takes the {} that are in the "
        "database: leave one of the two out",
        flag, flag));
  }
  return Status::Ok();
}

Result<Scenario> ReadScenarioOver(const FlagValues& flags,
                                  const Scenario& base) {
  TS_RETURN_IF_ERROR(CheckFleet(flags, base));
  TS_RETURN_IF_ERROR(CheckProfile(flags, base.rates));
  TS_RETURN_IF_ERROR(CheckJobSuccess(flags, base.job_success));
  TS_RETURN_IF_ERROR(CheckTables(flags, base.left_out));
  TS_RETURN_IF_ERROR(CheckInterval(flags, base.interval));
  return base;
}

Result<uint64_t> ReadSeedOver(const FlagValues& flags, uint64_t base) {
  if (!flags.Has("seed")) return base;
  const Result<uint64_t> seed = ReadSeed(flags);
  if (!seed.ok()) return seed.status();
  TS_RETURN_IF_ERROR(
      CheckSame("seed", std::to_string(*seed), std::to_string(base)));
  return base;
}

Result<Instant> ReadOpening(const FlagValues& flags, Instant close,
                            Instant now) {
  Result<Instant> start = ReadStart(flags, std::max(now, close));
  if (!start.ok() || *start >= close) return start;
  return Usage(
      fmt::format("--start is {}, but the dataset reaches to {}; leave the "
                  "flag out, start there or later, or collect into another "
                  "file",
                  IsoDateTime(*start), IsoDateTime(close)));
}

std::vector<std::string> EventTableNames() {
  std::vector<std::string> names;
  for (const TableInfo& table : AllTables()) {
    if (table.is_event()) names.emplace_back(table.name);
  }
  return names;
}

std::string_view ProfileName(const Rates& rates) {
  if (rates == DocumentRates()) return kProfiles[0];
  if (rates == CodeRates()) return kProfiles[1];
  return "custom";
}

}  // namespace tillstorm
