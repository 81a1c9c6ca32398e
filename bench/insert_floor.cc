// insert_floor: how near `generate` comes to a bare loop of prepared INSERTs.
//
// Goal: three rates of the same rows on the same machine in one run,
// interleaved
//   loop      one thread, hand-written, rows already formatted in memory: bind,
//             step, commit every so many rows; no generation, digest or ledger
//   pipeline  Generate(): agents, order, digest, ledger, the same INSERTs
//   agents    agents on all cores, formatting and hashing, nothing stored
// Non-goal: a throughput to quote. Only the ratios mean anything.
//
// usage: insert_floor [rounds [minutes]]   (default 5 rounds of 30 virtual
// minutes of 300 devices). Exit 1 when a bar is missed.
#include <fmt/format.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agents/plan.h"
#include "harness/core/check.h"
#include "harness/core/row_codec.h"
#include "harness/core/schema.h"
#include "harness/fleet_events.h"
#include "harness/generate.h"
#include "harness/pool_host.h"
#include "storage/ddl.h"
#include "storage/location.h"

namespace tillstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint32_t kBatchRows = 10'000;
constexpr double kLoopBar = 0.8;    // pipeline / loop
constexpr double kAgentsBar = 3.0;  // agents / loop

// Processor time of the calling thread: the writer's, in the pipeline.
double ThreadSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

double Seconds(Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Scenario BenchScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 25;
  scenario.devices = 300;
  return scenario;
}

constexpr Instant kStart = FromMicros(1'767'571'200'000'000);  // 2026-01-05

// A row as the loop wants it: every value ready to bind.
struct ReadyValue {
  enum class Kind : uint8_t { kNull, kInteger, kReal, kText } kind;
  int32_t size = 0;
  union {
    int64_t integer;
    double real;
    const char* text;
  };
};

// Rows of one table in time order, flat.
struct ReadyTable {
  TableId table{};
  size_t columns = 0;  // with id
  std::vector<ReadyValue> values;
  std::vector<size_t> batch_ends;  // rows so far, per batch
  [[nodiscard]] size_t rows() const { return values.size() / columns; }
};

// All rows of the span, formatted; owns the memory that they point into.
class ReadyRows {
 public:
  ReadyRows(const Plan& plan, Instant end) : tables_(kTableCount) {
    for (const TableInfo& info : AllTables()) {
      tables_[Index(info.id)].table = info.id;
      tables_[Index(info.id)].columns = info.columns.size();
    }
    PoolHostOptions options;
    options.threads = std::max(1U, std::thread::hardware_concurrency());
    options.window = WindowFor(plan.scenario());
    PoolHost host(plan, {kStart, kStart, end, EmitMode::kFinal}, options);
    uint32_t in_batch = 0;
    while (auto window = host.Next()) {
      for (const Event* event : window->events()) {
        if (in_batch++ % kBatchRows == 0 && in_batch > 1) EndBatch();
        Add(*event);
      }
      windows_.push_back(std::move(window));
    }
    EndBatch();
  }

  [[nodiscard]] const std::vector<ReadyTable>& tables() const {
    return tables_;
  }
  [[nodiscard]] size_t batches() const {
    return tables_.front().batch_ends.size();
  }
  [[nodiscard]] int64_t rows() const {
    int64_t rows = 0;
    for (const auto& t : tables_) rows += static_cast<int64_t>(t.rows());
    return rows;
  }

 private:
  void EndBatch() {
    for (auto& table : tables_) table.batch_ends.push_back(table.rows());
  }

  void Add(const Event& event) {
    const TableInfo& info = Table(event.table);
    ReadyTable& table = tables_[Index(event.table)];
    const std::vector<ValueView> values = DecodeRow(info, event.payload());
    for (size_t i = 0; i < values.size(); ++i) {
      table.values.push_back(Ready(info, i, values[i], table.rows() + 1));
    }
  }

  ReadyValue Ready(const TableInfo& info, size_t column, const ValueView& value,
                   size_t id) {
    ReadyValue ready{};
    if (!info.Encodes(column)) {
      ready.kind = ReadyValue::Kind::kInteger;
      ready.integer = static_cast<int64_t>(id);
      return ready;
    }
    if (value.is_null()) return ready;
    switch (info.columns[column].type) {
      case ColumnType::kInteger:
      case ColumnType::kBoolean:
        ready.kind = ReadyValue::Kind::kInteger;
        ready.integer = value.integer;
        break;
      case ColumnType::kFloat:
        ready.kind = ReadyValue::Kind::kReal;
        ready.real = value.real;
        break;
      case ColumnType::kNaiveTime:
      case ColumnType::kZonedTime:
        ready.kind = ReadyValue::Kind::kText;
        ready.text = TimeText(value.integer);
        ready.size = kSqlDateTimeSize;
        break;
      default:
        ready.kind = ReadyValue::Kind::kText;
        ready.text = value.text.data();
        ready.size = static_cast<int32_t>(value.text.size());
    }
    return ready;
  }

  const char* TimeText(int64_t micros) {
    if (times_.empty() || times_used_ == kTimesPerChunk) {
      times_.push_back(
          std::make_unique<char[]>(kTimesPerChunk * kSqlDateTimeSize));
      times_used_ = 0;
    }
    char* text = times_.back().get() + times_used_++ * kSqlDateTimeSize;
    FormatSqlDateTime(FromMicros(micros), text);
    return text;
  }

  static constexpr size_t kTimesPerChunk = 65'536;
  std::vector<ReadyTable> tables_;
  std::vector<std::unique_ptr<Window>> windows_;
  std::vector<std::unique_ptr<char[]>> times_;
  size_t times_used_ = 0;
};

void Exec(sqlite3* db, const std::string& sql) {
  char* message = nullptr;
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message) != SQLITE_OK) {
    fmt::print(stderr, "insert_floor: {}: {}\n", sql, message);
    std::exit(1);
  }
}

// One batch of one table: the whole of the loop's work.
void InsertRows(sqlite3_stmt* insert, const ReadyTable& table, size_t from,
                size_t to) {
  const ReadyValue* value = table.values.data() + from * table.columns;
  for (size_t row = from; row < to; ++row) {
    for (int i = 1; i <= static_cast<int>(table.columns); ++i, ++value) {
      switch (value->kind) {
        case ReadyValue::Kind::kNull:
          sqlite3_bind_null(insert, i);
          break;
        case ReadyValue::Kind::kInteger:
          sqlite3_bind_int64(insert, i, value->integer);
          break;
        case ReadyValue::Kind::kReal:
          sqlite3_bind_double(insert, i, value->real);
          break;
        case ReadyValue::Kind::kText:
          sqlite3_bind_text(insert, i, value->text, value->size, SQLITE_STATIC);
          break;
      }
    }
    TS_CHECK(sqlite3_step(insert) == SQLITE_DONE);
    sqlite3_reset(insert);
  }
}

// Seconds from the first row to the last row's commit.
double RunLoop(
    const ReadyRows& rows, const std::string& directory,
    const std::vector<std::pair<std::string, std::string>>& pragmas) {
  const std::string path = directory + "/loop.sqlite";
  sqlite3* db = nullptr;
  TS_CHECK(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  for (const auto& [name, value] : pragmas) {
    if (name == "sqlite") continue;  // the version
    Exec(db, fmt::format("PRAGMA {} = {}", name, value));
  }
  std::vector<sqlite3_stmt*> inserts(kTableCount, nullptr);
  for (const TableInfo& info : AllTables()) {
    Exec(db, CreateTableSql(info, Dialect::kSqlite));
    std::string marks = "?";
    for (size_t i = 1; i < info.columns.size(); ++i) marks += ", ?";
    const std::string sql =
        fmt::format("INSERT INTO {} VALUES ({})", info.name, marks);
    TS_CHECK(sqlite3_prepare_v2(db, sql.c_str(), -1, &inserts[Index(info.id)],
                                nullptr) == SQLITE_OK);
  }
  const auto begin = Clock::now();
  for (size_t batch = 0; batch < rows.batches(); ++batch) {
    Exec(db, "BEGIN");
    for (const ReadyTable& table : rows.tables()) {
      const size_t from = batch == 0 ? 0 : table.batch_ends[batch - 1];
      InsertRows(inserts[Index(table.table)], table, from,
                 table.batch_ends[batch]);
    }
    Exec(db, "COMMIT");
  }
  const double seconds = Seconds(Clock::now() - begin);
  for (sqlite3_stmt* insert : inserts) sqlite3_finalize(insert);
  sqlite3_close(db);
  ::unlink(path.c_str());
  return seconds;
}

GenerateSummary RunPipeline(Instant end, const std::string& directory) {
  const auto location = ParseLocation(directory + "/pipeline.sqlite");
  TS_CHECK(location.ok());
  auto backend = OpenBackend(*location);
  TS_CHECK(backend.ok());
  GenerateOptions options;
  options.scenario = BenchScenario();
  options.start = kStart;
  options.end = end;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.batch_rows = kBatchRows;
  options.indexes = IndexMode::kNone;
  GenerateProgress progress;
  const std::atomic<bool> stop{false};
  auto summary = Generate(options, **backend, &progress, stop);
  if (!summary.ok()) {
    fmt::print(stderr, "insert_floor: {}\n", summary.status().message());
    std::exit(1);
  }
  ::unlink(location->path.c_str());
  return *summary;
}

// Rows per second of agents alone, on all cores.
double RunAgents(const Plan& plan, Instant end) {
  PoolHostOptions options;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.window = WindowFor(plan.scenario());
  options.ordered = false;
  int64_t rows = 0;
  const auto begin = Clock::now();
  PoolHost host(plan, {kStart, kStart, end, EmitMode::kFinal}, options);
  while (auto window = host.Next()) {
    rows += static_cast<int64_t>(window->events().size());
    host.Release(std::move(window));
  }
  return static_cast<double>(rows) / Seconds(Clock::now() - begin);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

bool Report(std::string_view what, double figure, double bar) {
  const bool passed = figure >= bar;
  fmt::print("{:<34} {:>6.2f}   bar {:.2f}   {}\n", what, figure, bar,
             passed ? "passed" : "failed");
  return passed;
}

int Main(int rounds, int minutes) {
  std::string directory = "/tmp/insert_floor.XXXXXX";
  if (const char* base = std::getenv("TMPDIR")) {
    directory = std::string(base) + "/insert_floor.XXXXXX";
  }
  TS_CHECK(::mkdtemp(directory.data()) != nullptr);
  const Instant end = kStart + Micros{int64_t{minutes} * 60'000'000};
  const Plan plan(42, BenchScenario(), kStart);
  const ReadyRows ready(plan, end);
  const auto rows = static_cast<double>(ready.rows());
  std::vector<double> loop_rates;
  std::vector<double> pipeline_ratios;
  std::vector<double> agent_ratios;
  std::vector<std::pair<std::string, std::string>> pragmas;
  RunPipeline(end, directory);  // warm-up
  for (int round = 0; round < rounds; ++round) {
    const double cpu_begin = ThreadSeconds();
    const GenerateSummary summary = RunPipeline(end, directory);
    const double cpu_pipeline = ThreadSeconds() - cpu_begin;
    const double pipeline =
        rows / std::chrono::duration<double>(summary.rows_time).count();
    const double cpu_middle = ThreadSeconds();
    const double loop = rows / RunLoop(ready, directory, summary.settings);
    const double cpu_loop = ThreadSeconds() - cpu_middle;
    const double agents = RunAgents(plan, end);
    loop_rates.push_back(loop);
    pipeline_ratios.push_back(pipeline / loop);
    agent_ratios.push_back(agents / loop);
    pragmas = summary.settings;
    fmt::print(
        "round {}: loop {:.0f} rows/s, pipeline {:.0f}, agents {:.0f}; "
        "cpu of the writing thread {:.2f} and {:.2f} us/row\n",
        round + 1, loop, pipeline, agents, cpu_loop / rows * 1e6,
        cpu_pipeline / rows * 1e6);
  }
  ::rmdir(directory.c_str());
  fmt::print("{} rows, {} rows per commit, medians of {}; settings:",
             ready.rows(), kBatchRows, rounds);
  for (const auto& [name, value] : pragmas) fmt::print(" {}={}", name, value);
  fmt::print("\nloop: {:.0f} rows/s\n", Median(loop_rates));
  const bool fast =
      Report("pipeline / loop", Median(pipeline_ratios), kLoopBar);
  const bool ahead =
      Report("agents alone / loop", Median(agent_ratios), kAgentsBar);
  return fast && ahead ? 0 : 1;
}

}  // namespace
}  // namespace tillstorm

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const int minutes = argc > 2 ? std::atoi(argv[2]) : 30;
  if (rounds < 1 || minutes < 1) {
    fmt::print(stderr, "usage: insert_floor [rounds [minutes]]\n");
    return 2;
  }
  return tillstorm::Main(rounds, minutes);
}
