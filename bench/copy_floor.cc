// copy_floor: how near the writer's binary COPY comes to psql's.
//
// Goal: three rates of the same rows of device_metrics into the same table of
// one server, interleaved, medians
//   writer  Session::Apply(), batches with their ledger rows, from event blocks
//   binary  psql \copy ... (format binary), one transaction, from a file
//   text    psql \copy ..., likewise
// all at durability process, without secondary indexes. Files are in the page
// cache; psql's own \timing says how long it took, so that its start is not
// counted. The keys of the table are those of a live dataset.
// Non-goal: a throughput to quote. Only the ratios mean anything.
//
// usage: copy_floor [rounds [rows]]   (default 5 rounds of 200,000 rows, on a
// throw-away server). Exit 1 when a bar is missed.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agents/plan.h"
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

double Seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
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
    for (size_t round = 0; round < rounds_; ++round) {
      writer_.push_back(Rate(&Floor::TimeWriter));
      binary_.push_back(Rate(&Floor::TimeBinary));
      text_.push_back(Rate(&Floor::TimeText));
      fmt::print("round {}: writer {:.0f}, binary {:.0f}, text {:.0f} rows/s\n",
                 round + 1, writer_.back(), binary_.back(), text_.back());
    }
    const bool near_binary = Compare("psql binary", binary_, kBinaryBar);
    const bool beyond_text = Compare("psql text", text_, kTextBar);
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
    Psql(fmt::format("\\copy device_metrics TO '{}' (FORMAT binary)", File()));
    Psql(fmt::format("\\copy device_metrics TO '{}.txt'", File()));
  }

  [[nodiscard]] std::string File() const {
    return (folder_ / "metrics").string();
  }

  // Rows per second of one way, into an empty table.
  double Rate(double (Floor::*way)()) {
    Check(admin_->Run("TRUNCATE device_metrics", "emptying the table"));
    Check(admin_->Run("DELETE FROM tillstorm_ledger WHERE batch>0",
                      "emptying the ledger"));
    Check(admin_->Run("CHECKPOINT", "settling"));
    const double seconds = (this->*way)();
    const auto rows = admin_->Ask("SELECT count(*) FROM device_metrics", "");
    TS_CHECK(rows.ok() && *rows == std::to_string(metrics_.events().size()));
    return static_cast<double>(metrics_.events().size()) / seconds;
  }

  double TimeWriter() {
    auto session = backend_->Continue({});
    Check(session.status());
    Lane lane{LaneOptions{}};
    const std::span<const Event* const> events(metrics_.events());
    const Clock::time_point begin = Clock::now();
    for (size_t at = 0; at < events.size(); at += kBatchRows) {
      const size_t rows = std::min<size_t>(kBatchRows, events.size() - at);
      const Batch batch = lane.NextBatch(events.subspan(at, rows),
                                         {{kAllOwners, events[at]->instant}});
      Check((*session)->Apply(batch));
      lane.Acknowledge(batch);
    }
    return Seconds(Clock::now() - begin);
  }

  double TimeBinary() {
    return Psql(
        fmt::format("\\copy device_metrics FROM '{}' (FORMAT binary)", File()));
  }
  double TimeText() {
    return Psql(fmt::format("\\copy device_metrics FROM '{}.txt'", File()));
  }

  // Seconds that psql says the command took.
  double Psql(const std::string& command) {
    const std::string line = fmt::format(
        "PGOPTIONS='-c synchronous_commit=off' psql -X -q -v ON_ERROR_STOP=1 "
        "\"{}\" -c '\\timing on' -c \"{}\"",
        target_.conninfo, command);
    const std::unique_ptr<std::FILE, decltype(&pclose)> pipe(
        popen(line.c_str(), "r"), &pclose);
    TS_CHECK(pipe != nullptr);
    std::string output;
    std::array<char, 256> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe.get()) != nullptr) {
      output += piece.data();
    }
    constexpr std::string_view kTime = "Time: ";
    const size_t at = output.find(kTime);
    if (at == std::string::npos) {
      Check({StatusCode::kUnavailable, "psql does not say how long it took"});
    }
    return std::atof(output.c_str() + at + kTime.size()) / 1000;
  }

  bool Compare(std::string_view other, const std::vector<double>& rates,
               double bar) const {
    const double ratio = Median(writer_) / Median(rates);
    fmt::print("writer {:.0f} rows/s is {:.2f} of {} {:.0f}, bar {:.2f}: {}\n",
               Median(writer_), ratio, other, Median(rates), bar,
               ratio >= bar ? "passed" : "failed");
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
  std::vector<double> writer_;
  std::vector<double> binary_;
  std::vector<double> text_;
};

int Main(int argc, char** argv) {
  const auto number = [argc, argv](int i, size_t standard) {
    return argc > i ? std::strtoul(argv[i], nullptr, 10) : standard;
  };
  const size_t rounds = number(1, 5);
  const size_t rows = number(2, 200'000);
  if (rounds == 0 || rows == 0) {
    fmt::print(stderr, "usage: copy_floor [rounds [rows]], both above 0\n");
    return 2;
  }
  return Floor(rounds, rows).Run();
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) { return tillstorm::Main(argc, argv); }
