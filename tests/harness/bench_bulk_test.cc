// Benchmark runs at durability bulk: what they leave, and what they do not.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/measure/verdict.h"
#include "tests/support/bench_fixture.h"
#include "tests/support/lying_backend.h"

namespace tillstorm {
namespace {

using testing::LyingBackend;

BenchOptions SmallAtBulk(IndexMode indexes = IndexMode::kDeferred) {
  BenchOptions options = SmallBench();
  options.durability = Durability::kBulk;
  options.indexes = indexes;
  return options;
}

// HOMEPOT's secondary ones.
int64_t IndexesIn(Backend& backend) {
  const auto session = backend.OpenQueries();
  REQUIRE(session.ok());
  int64_t count = -1;
  const Status status = (*session)->Query(
      "SELECT count(*) FROM sqlite_master WHERE type='index' AND sql IS NOT "
      "NULL AND tbl_name NOT LIKE 'tillstorm%'",
      [&count](QueryRow row) {
        count = row[0].integer;
        return false;
      });
  REQUIRE(status.ok());
  return count;
}

TEST_CASE("a run at bulk leaves the rows that it says, with its indexes",
          "[bench_run][bulk]") {
  const TestDirectory directory;
  const auto [indexes, count] = GENERATE(std::pair{IndexMode::kDeferred, 100},
                                         std::pair{IndexMode::kInline, 100},
                                         std::pair{IndexMode::kNone, 0});
  const auto backend = BackendOf(directory / "a.db");
  Ran ran = RunBench(SmallAtBulk(indexes), *backend);
  INFO(ran.status.message());
  REQUIRE(ran.status.ok());
  const AccountFacts& account = ran.record.account;
  CHECK(account.committed == account.generated);
  CHECK(account.rows_found == account.rows_expected);
  CHECK(account.digest_equal == true);
  CHECK(account.acks_checked == 0);
  CheckOrder(ran.seen.samples);
  // Run, drain and the indexes are inside the clock of the settled rate.
  const PhaseFacts& phases = ran.record.phases;
  const double least_s = phases.warmup_s + phases.measured_s + phases.settle_s;
  CHECK(ran.record.rates.settled_rows_per_s <=
        1.001 * static_cast<double>(account.committed) / least_s);
  ran.record.setup.engine = "sqlite";
  ran.record.setup.durability = "bulk";
  CHECK(RefusedSettings("sqlite", "bulk", ran.record.setup.settings).empty());
  for (const ReasonFacts& warning : Judge(ran.record).warnings) {
    CHECK(warning.code != "acks-unchecked");
  }
  CHECK(IndexesIn(*backend) == count);
  CHECK(directory.List() == std::vector<std::string>{"a.db"});
}

TEST_CASE("a run at bulk is seen under its name only when it is complete",
          "[bench_run][bulk]") {
  const TestDirectory directory;
  struct Looker final : BenchObserver {
    explicit Looker(const TestDirectory& place) : directory(place) {}
    Status Sample(const IntervalSample& /*sample*/,
                  const LatencyHistograms& /*latency*/) override {
      names.push_back(directory.List());
      return Status::Ok();
    }
    const TestDirectory& directory;
    std::vector<std::vector<std::string>> names;
  } looker(directory);
  const auto backend = BackendOf(directory / "a.db");
  const std::atomic<bool> stop{false};
  RunRecord record;
  REQUIRE(BenchRun(SmallAtBulk(), *backend, looker).Run(stop, &record).ok());
  REQUIRE_FALSE(looker.names.empty());
  for (const auto& names : looker.names) {
    CHECK(names == std::vector<std::string>{".a.db.partial"});
  }
}

TEST_CASE("a run at bulk that is stopped leaves nothing", "[bench_run][bulk]") {
  const TestDirectory directory;
  const auto backend = BackendOf(directory / "a.db");
  BenchOptions options = SmallAtBulk();
  options.events = 0;
  options.duration = std::chrono::hours(1);
  std::atomic<bool> stop{false};
  Stopper stopper(stop);
  RunRecord record;
  const Status status = BenchRun(options, *backend, stopper).Run(stop, &record);
  CHECK(status.code() == StatusCode::kInterrupted);
  CHECK(record.account.committed > 0);
  CHECK(Judge(record).kind == VerdictKind::kPartial);
  CHECK(directory.List().empty());
}

TEST_CASE("a stop reaches an engine that is busy settling",
          "[bench_run][bulk]") {
  // As if its indexes took longer than anybody waits.
  struct Slow final : ForwardingSession {
    using ForwardingSession::ForwardingSession;
    Status Finish(const Manifest& manifest,
                  const FinishProgress& progress) override {
      while (!interrupted.load()) std::this_thread::yield();
      return ForwardingSession::Finish(manifest, progress);
    }
    void Interrupt() override {
      ForwardingSession::Interrupt();
      interrupted.store(true);
    }
    std::atomic<bool> interrupted{false};
  };
  struct StopAtSettling final : BenchObserver {
    void Phase(std::string_view name) override {
      if (name == "settle") stop.store(true);
    }
    Status Sample(const IntervalSample& /*sample*/,
                  const LatencyHistograms& /*latency*/) override {
      return Status::Ok();
    }
    std::atomic<bool> stop{false};
  } stopper;
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  LyingBackend backend(*honest, [](std::unique_ptr<Session> session) {
    return std::make_unique<Slow>(std::move(session));
  });
  RunRecord record;
  const Status status =
      BenchRun(SmallAtBulk(), backend, stopper).Run(stopper.stop, &record);
  CHECK(status.code() == StatusCode::kInterrupted);
  CHECK(Judge(record).kind == VerdictKind::kPartial);
  CHECK(directory.List().empty());
}

TEST_CASE("what a killed run at bulk left goes with the next one",
          "[bench_run][bulk]") {
  const TestDirectory directory;
  const pid_t child = fork();
  if (child == 0) {
    // Dies as by kill -9, when there is something in its file.
    struct Killer final : BenchObserver {
      Status Sample(const IntervalSample& sample,
                    const LatencyHistograms& /*latency*/) override {
        if (sample.committed > 0) kill(getpid(), SIGKILL);
        return Status::Ok();
      }
    } killer;
    const auto backend = OpenBackend(*ParseLocation(directory / "a.db"));
    const std::atomic<bool> stop{false};
    RunRecord record;
    (void)BenchRun(SmallAtBulk(), **backend, killer).Run(stop, &record);
    _exit(1);
  }
  int how = 0;
  REQUIRE(waitpid(child, &how, 0) == child);
  REQUIRE(WIFSIGNALED(how));
  CHECK(directory.List() == std::vector<std::string>{".a.db.partial"});

  const auto backend = BackendOf(directory / "a.db");
  CHECK_FALSE(*backend->Exists());
  const Ran ran = RunBench(SmallAtBulk(), *backend);
  REQUIRE(ran.status.ok());
  CHECK(ran.record.account.digest_equal == true);
  CHECK(directory.List() == std::vector<std::string>{"a.db"});
}

TEST_CASE("a dataset that is written live does not pass for bulk",
          "[bench_run][bulk][dishonest]") {
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  LyingBackend backend(
      *honest, [](std::unique_ptr<Session> session) { return session; },
      Durability::kProcess);
  const Ran ran = RunBench(SmallAtBulk(), backend);
  REQUIRE(ran.status.ok());
  CHECK(RefusedSettings("sqlite", "bulk", ran.record.setup.settings) ==
        NamedTexts{
            {"journal_mode", "asked for off, the engine says wal"},
            {"synchronous", "asked for 0, the engine says 1"},
            {"locking_mode", "asked for exclusive, the engine says normal"}});
}

}  // namespace
}  // namespace tillstorm
