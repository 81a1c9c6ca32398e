// The descriptions of the flags of run_options.h.
#include <fmt/format.h>

#include "harness/core/check.h"
#include "harness/run_options.h"

namespace tillstorm {
namespace {

std::vector<FlagSpec> WhereFlags() {
  return {
      {"Where", "to", "LOCATION",
       "the dataset to make: PATH or sqlite:PATH[?page_size=BYTES] for a "
       "SQLite file, sqlite: for a throw-away one; "
       "postgresql://[user@]host/database for a PostgreSQL server, with any "
       "setting of libpq behind a question mark (the password comes from "
       "PGPASSWORD, ~/.pgpass or a service file), "
       "postgres:DIR[?shared_buffers=SIZE&...] for a server that tillstorm "
       "makes in a directory and runs for as long as it is needed, postgres: "
       "for a throw-away one; null: to store nothing and see how fast the rows "
       "are made",
       "none, it must be given"},
      {"Where", "adopt", "",
       "take over the SQLite file that HOMEPOT set up: its sites, devices and "
       "users are simulated, its event tables must be empty, and of its rows "
       "only the current state of devices is changed",
       ""},
      {"Where", "force", "",
       "replace a finished dataset of tillstorm that is there already; nothing "
       "else is ever overwritten",
       ""},
  };
}

std::vector<FlagSpec> FleetFlags() {
  return {
      {"Fleet", "sites", "N",
       "sites, 0 to 100000; 0 begins with no users, sites or devices, and the "
       "first traffic agent makes one site",
       "3, or one per 4 devices when only --devices is given"},
      {"Fleet", "devices", "N",
       "terminals in total, 1 to 100000, at least one per site",
       "4 per site; 1 with --sites 0"},
      {"Fleet", "traffic", "N",
       "traffic agents (people and services), 1 to 100000; the rates are per "
       "site, its agents share them",
       "one per site"},
      {"Fleet", "seed", "S",
       "0 to 18446744073709551615; the same seed gives the same data", "42"},
  };
}

std::vector<FlagSpec> ContentFlags() {
  return {
      {"Content", "profile", "NAME",
       "how much people and services do: document (in a minute about 15 user "
       "activities, 5 job outcomes, 1 error and 125 requests for 12 devices on "
       "3 sites) or code (what HOMEPOT's traffic generator comes to; no light "
       "jobs)",
       "document"},
      {"Content", "job-success", "WORD",
       "how a job that went well is stored: completed (as HOMEPOT counts it) "
       "or success (as its orchestrator writes it)",
       "completed"},
      {"Content", "tables", "LIST",
       fmt::format("tables of events to keep, separated by commas, of {}; what "
                   "refers to one that is left out is NULL",
                   fmt::join(EventTableNames(), ", ")),
       "all"},
  };
}

std::vector<FlagSpec> TimeFlags() {
  return {
      {"Time", "start", "ISO",
       "first instant, UTC unless it has an offset: 2026-01-05 or "
       "2026-01-05T08:00:00Z, not before 2000",
       "2026-01-05T00:00:00Z, a Monday"},
      {"Time", "end", "now|ISO",
       "the instant after the last, not after 2200-01-01; shifts the span to "
       "end there, or with --start sets it",
       "--start plus --span"},
      {"Time", "span", "D",
       "virtual length, 1s to 36525d: 90 (seconds), 10m, 2h, 1.5d", "1d"},
      {"Time", "days", "D", "the same in days, fractions allowed: 0.2", ""},
      {"Time", "duration", "D",
       "how long to collect on the wall clock, 1ms to 36525d: 30s, 10m, 2h",
       "until --span is over or it is stopped"},
      {"Time", "speed", "FACTOR",
       "virtual seconds per second: 1x, 60x, 0.5x, at most 1000000x and six "
       "decimals, or max for as fast as it goes",
       "1x"},
      {"Time", "interval", "D",
       "between two health checks of a device, whole seconds, 1s to 1h", "5s"},
  };
}

std::vector<FlagSpec> RunFlags() {
  return {
      {"Run", "threads", "N",
       "worker threads, 1 to 256; they never change the data", "one per core"},
      {"Run", "host", "KIND",
       "where agents run: threads (each on one of its own) or pool (all on "
       "--threads workers); it never changes the data",
       "threads"},
      {"Run", "durability", "LEVEL",
       "what survives once acknowledged: power (a power loss), process (a kill "
       "of tillstorm; a power loss may take the newest rows) or relaxed (a "
       "kill of tillstorm)",
       "process"},
      {"Run", "indexes", "WHEN",
       "secondary indexes: deferred (after the rows), inline (before them) or "
       "none",
       "deferred"},
      {"Run", "batch-rows", "N",
       "rows per transaction, 1 to 10000000; exceeded by the rows of one "
       "instant at most",
       "10000"},
      {"Run", "batch-bytes", "N",
       "encoded bytes per transaction, 1KiB to 1GiB; plain bytes or with KiB, "
       "MiB, GiB",
       "64MiB"},
      {"Run", "load", "WAY",
       "how PostgreSQL takes rows: copy (binary COPY) or insert (an INSERT per "
       "row, to compare)",
       "copy"},
      {"Run", "lanes", "N",
       "connections that write at once, 1 to 64, for PostgreSQL; more than one "
       "number the rows of some tables in another order, and nothing else",
       "1"},
      {"Run", "linger", "D",
       "longest wait of a batch's first rows for more before they are "
       "committed, 0 to 60s: 100ms, 2s",
       "100ms"},
  };
}

std::vector<FlagSpec> MeasureFlags() {
  return {
      {"Measure", "mode", "MODE",
       "capacity (a closed loop: as fast as it goes), rate (an open loop: "
       "--rate events per second, whatever the database does) or ladder "
       "(capacity first, then 50, 70, 80 and 90 % of it)",
       "capacity"},
      {"Measure", "rate", "R",
       "events per second to offer, 1 to 100000000, with --mode rate", "none"},
      {"Measure", "events", "N",
       "end after so many events, 1 to 2147483647, even if --duration is not "
       "over",
       "no limit"},
      {"Measure", "repeat", "K",
       "measure so often, each time from an empty location, 1 to 1000", "1"},
      {"Measure", "ceilings", "WHEN",
       "reference rates of this machine, measured before each run: on (the "
       "agents alone, no engine, a bare loop, the engine alone) or off",
       "on"},
      {"Measure", "require", "EXPR",
       "conditions that a valid run must meet, such as "
       "'rows_per_s>500000,p99<20ms'; exit code 1 when one is not met",
       "none"},
      {"Measure", "out", "DIR",
       "where the folder of each run goes, with its raw figures", "results"},
  };
}

std::vector<FlagSpec> OutputFlags() {
  return {
      {"Output", "progress", "WHEN",
       "progress on standard error: auto (a redrawn line on a terminal, else a "
       "line every 5 s) or never",
       "auto"},
      {"Output", "dashboard", "WHEN",
       "auto (on a terminal, else a plain line every few seconds), on or off",
       "auto"},
      {"Output", "log", "FILE",
       "append jobs, faults, alerts and failed log-ins to a file, one line "
       "each",
       "none"},
      {"Output", "json", "", "the result as one JSON object", ""},
  };
}

const std::vector<FlagSpec>& AllFlags() {
  static const std::vector<FlagSpec> flags = [] {
    std::vector<FlagSpec> all;
    for (const auto& group :
         {WhereFlags(), FleetFlags(), ContentFlags(), TimeFlags(), RunFlags(),
          MeasureFlags(), OutputFlags()}) {
      all.insert(all.end(), group.begin(), group.end());
    }
    return all;
  }();
  return flags;
}

}  // namespace

FlagSpec CommonFlag(std::string_view name) {
  for (const FlagSpec& flag : AllFlags()) {
    if (flag.name == name) return flag;
  }
  TS_CHECK(false && "a common flag of that name");
  return {};
}

void SetStandard(std::string_view name, std::string_view standard,
                 std::vector<FlagSpec>* flags) {
  for (FlagSpec& flag : *flags) {
    if (flag.name == name) flag.standard = standard;
  }
}

void AddHelp(std::string_view name, std::string_view more,
             std::vector<FlagSpec>* flags) {
  for (FlagSpec& flag : *flags) {
    if (flag.name == name) flag.help += more;
  }
}

std::vector<FlagSpec> CommonFlags(
    std::initializer_list<std::string_view> names) {
  std::vector<FlagSpec> flags;
  for (const std::string_view name : names) flags.push_back(CommonFlag(name));
  return flags;
}

}  // namespace tillstorm
