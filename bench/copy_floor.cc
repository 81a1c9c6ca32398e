// copy_floor: how near the writer's binary COPY comes to psql's.
//
// Goal: three rates of the same rows of device_metrics into the same table of
// one server, interleaved, medians
//   writer  Session::Apply(), batches with their ledger rows, from event blocks
//   binary  psql \copy ... (format binary), one transaction, from a file
//   text    psql \copy ..., likewise
// all at durability process, without secondary indexes. Each goes through the
// rows once before it counts, on the same connection (bench/psql_copy.h says
// why). Beside each rate stands what the server's processor spent on a row,
// which a loaded machine distorts less.
//
// The bars are for the table without its foreign key, which costs the server a
// look-up per row, about as much as all the rest, whatever the format; the live
// table, which has it, goes first, for its figures. The line `psql binary of
// psql text` says how far from text a writer can get: most of what the server
// does for a row, such as checking its JSON, is the same for both formats.
// Non-goal: a throughput to quote. Only the ratios mean anything.
//
// usage: copy_floor [rounds [rows]]   (default 5 rounds of 100,000 rows, on a
// throw-away server). Exit 1 when a bar is missed.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agents/plan.h"
#include "bench/psql_copy.h"
#include "harness/core/check.h"
#include "harness/dataset.h"
#include "harness/fleet_events.h"
#include "harness/lane.h"
#include "harness/pool_host.h"
#include "storage/postgres/local_server.h"
#include "storage/postgres/postgres_backend.h"
#include "storage/postgres/postgres_connection.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kBatchRows = 10'000;
constexpr double kBinaryBar = 0.95;  // writer / binary
constexpr double kTextBar = 1.8;     // writer / text
constexpr Instant kStart = FromMicros(1'767'571'200'000'000);  // 2026-01-05

void Check(const Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "copy_floor: {}\n", status.message());
  std::exit(status.exit_code());
}

template <class T>
T Value(Result<T> result) {
  Check(result.status());
  return std::move(*result);
}

double Seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// What each round of one way took.
struct Way {
  std::string_view name;
  std::vector<double> rates;           // rows per second
  std::vector<double> server_seconds;  // of the processor, per row
};

struct Ways {
  Way writer{"writer", {}, {}};
  Way binary{"psql binary", {}, {}};
  Way text{"psql text", {}, {}};
};

void Print(const Way& way) {
  fmt::print("  {:<12} {:>9.0f} rows/s, {:.2f} us of the server's processor\n",
             way.name, Median(way.rates), Median(way.server_seconds) * 1e6);
}

double Ratio(const Way& way, const Way& other) {
  return Median(way.rates) / Median(other.rates);
}

void PrintRatio(const Way& way, const Way& other) {
  fmt::print("  {} of {}: {:.2f} by rate, {:.2f} by processor\n", way.name,
             other.name, Ratio(way, other),
             Median(other.server_seconds) / Median(way.server_seconds));
}

Scenario BenchScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 25;
  scenario.devices = 300;
  return scenario;
}

// So many rows of device_metrics as agents emit them, in event blocks.
class Metrics {
 public:
  Metrics(const Plan& plan, size_t rows)
      : host_(plan,
              AgentSpan{kStart, kStart, kStart + Micros(kMicrosPerDay),
                        EmitMode::kFinal},
              Options(plan.scenario())) {
    while (events_.size() < rows) {
      windows_.push_back(host_.Next());
      TS_CHECK(windows_.back() != nullptr);
      for (const Event* event : windows_.back()->events()) {
        if (event->table == TableId::kDeviceMetrics && events_.size() < rows) {
          events_.push_back(event);
        }
      }
    }
    host_.RequestStop();
  }
  [[nodiscard]] const std::vector<const Event*>& events() const {
    return events_;
  }

 private:
  static PoolHostOptions Options(const Scenario& scenario) {
    PoolHostOptions options;
    options.window = WindowFor(scenario);
    return options;
  }

  PoolHost host_;
  std::vector<std::unique_ptr<Window>> windows_;
  std::vector<const Event*> events_;
};

class Floor {
 public:
  Floor(size_t rounds, size_t rows)
      : rounds_(rounds),
        plan_(42, BenchScenario(), kStart),
        metrics_(plan_, rows) {}
  ~Floor() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  int Run() {
    Prepare();
    Measure("of a live dataset, with its foreign key");
    Check(
        admin_->Run("ALTER TABLE device_metrics DROP CONSTRAINT "
                    "device_metrics_device_id_fkey",
                    "dropping the key"));
    const Ways ways = Measure("without the foreign key");
    const bool near_binary = Compare(ways.writer, ways.binary, kBinaryBar);
    const bool beyond_text = Compare(ways.writer, ways.text, kTextBar);
    return near_binary && beyond_text ? 0 : 1;
  }

 private:
  void Prepare() {
    auto server = LocalServer::OpenThrowAway(*MakeServerSettings({}));
    Check(server.status());
    server_ = *server;
    target_ = {server_->conninfo(), "the throw-away server"};
    backend_ = std::make_unique<PostgresBackend>(target_);
    folder_ = std::filesystem::temp_directory_path() /
              fmt::format("tillstorm-copy-floor-{}", getpid());
    std::filesystem::create_directory(folder_);
    const std::string path = folder_ / "metrics";
    binary_file_ = {"device_metrics", path, CopyFormat::kBinary};
    text_file_ = {"device_metrics", path + ".txt", CopyFormat::kText};
    const FleetEvents fleet(plan_, [](EntityId) {
      return AgentSpan{kStart, kStart, kStart};
    });
    CreateOptions create;
    create.indexes = IndexMode::kNone;
    Check(backend_->Create(create, NewManifest(plan_), fleet.OpeningBatch())
              .status());
    auto admin = PostgresConnection::Open(
        {target_.conninfo, target_.display_name, "copy_floor"}, nullptr);
    Check(admin.status());
    admin_ = std::make_unique<PostgresConnection>(std::move(*admin));
    TimeWriter();
    Check(WriteCopyFile(target_.conninfo, binary_file_));
    Check(WriteCopyFile(target_.conninfo, text_file_));
  }

  // All three, round by round.
  Ways Measure(std::string_view table) {
    Ways ways;
    for (size_t round = 0; round < rounds_; ++round) {
      Add(TimeWriter(), &ways.writer);
      Add(Value(TimeCopyFile(target_.conninfo, binary_file_)), &ways.binary);
      Add(Value(TimeCopyFile(target_.conninfo, text_file_)), &ways.text);
    }
    fmt::print("device_metrics {}, medians of {}\n", table, rounds_);
    for (const Way* way : {&ways.writer, &ways.binary, &ways.text}) Print(*way);
    PrintRatio(ways.writer, ways.binary);
    PrintRatio(ways.writer, ways.text);
    PrintRatio(ways.binary, ways.text);
    return ways;
  }

  void Add(const CopyCost& cost, Way* way) {
    const auto rows = static_cast<double>(metrics_.events().size());
    const auto found =
        Value(admin_->Ask("SELECT count(*) FROM device_metrics", "counting"));
    TS_CHECK(found == std::to_string(metrics_.events().size()));
    way->rates.push_back(rows / cost.seconds);
    way->server_seconds.push_back(cost.server_seconds / rows);
  }

  // The second of two times on one session.
  CopyCost TimeWriter() {
    const auto session = Value(backend_->Continue({}));
    const pid_t server =
        std::atoi(Value(admin_->Ask("SELECT pid FROM pg_stat_activity WHERE "
                                    "backend_type='client backend' AND "
                                    "pid<>pg_backend_pid()",
                                    "finding the writer"))
                      .c_str());
    Write(session.get());
    const double processor = ProcessorSeconds(server);
    const double seconds = Write(session.get());
    return {seconds, ProcessorSeconds(server) - processor};
  }

  // Seconds that it takes, into an empty table.
  double Write(Session* session) {
    Check(admin_->Run("TRUNCATE device_metrics", "emptying the table"));
    Check(admin_->Run("DELETE FROM tillstorm_ledger WHERE batch>0",
                      "emptying the ledger"));
    Check(admin_->Run("CHECKPOINT", "settling"));
    Lane lane{LaneOptions{}};
    const std::span<const Event* const> events(metrics_.events());
    const Clock::time_point begin = Clock::now();
    for (size_t at = 0; at < events.size(); at += kBatchRows) {
      const size_t rows = std::min<size_t>(kBatchRows, events.size() - at);
      const Batch batch = lane.NextBatch(events.subspan(at, rows),
                                         {{kAllOwners, events[at]->instant}});
      Check(session->Apply(batch));
      lane.Acknowledge(batch);
    }
    return Seconds(Clock::now() - begin);
  }

  static bool Compare(const Way& way, const Way& other, double bar) {
    const double ratio = Ratio(way, other);
    fmt::print("{} {:.0f} rows/s is {:.2f} of {} {:.0f}, bar {:.2f}: {}\n",
               way.name, Median(way.rates), ratio, other.name,
               Median(other.rates), bar, ratio >= bar ? "passed" : "failed");
    return ratio >= bar;
  }

  const size_t rounds_;
  const Plan plan_;
  const Metrics metrics_;
  std::shared_ptr<LocalServer> server_;
  PostgresTarget target_;
  std::unique_ptr<PostgresBackend> backend_;
  std::unique_ptr<PostgresConnection> admin_;
  std::filesystem::path folder_;
  CopyFile binary_file_;
  CopyFile text_file_;
};

int Main(int argc, char** argv) {
  const auto number = [argc, argv](int i, size_t standard) {
    return argc > i ? std::strtoul(argv[i], nullptr, 10) : standard;
  };
  const size_t rounds = number(1, 5);
  const size_t rows = number(2, 100'000);
  if (rounds == 0 || rows == 0) {
    fmt::print(stderr, "usage: copy_floor [rounds [rows]], both above 0\n");
    return 2;
  }
  return Floor(rounds, rows).Run();
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) { return tillstorm::Main(argc, argv); }
