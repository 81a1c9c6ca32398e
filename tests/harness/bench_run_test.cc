#include "harness/measure/bench_run.h"

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
#include "harness/run_options.h"
#include "harness/verify.h"
#include "storage/location.h"
#include "tests/storage/storage_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/lying_backend.h"

namespace tillstorm {
namespace {

using testing::LyingBackend;

class Samples final : public BenchObserver {
 public:
  Status Sample(const IntervalSample& sample,
                const LatencyHistograms& latency) override {
    samples.push_back(sample);
    latencies.Add(latency);
    return Status::Ok();
  }
  std::vector<IntervalSample> samples;
  LatencyHistograms latencies;
};

BenchOptions Small() {
  BenchOptions options;
  options.seed = 7;
  options.scenario = StandardScenario();
  options.start = kDefaultStart;
  options.events = 20'000;
  options.batch_rows = 1'000;
  options.sample_every = std::chrono::milliseconds(20);
  return options;
}

std::unique_ptr<Backend> BackendOf(const std::string& location) {
  auto backend = OpenBackend(*ParseLocation(location));
  REQUIRE(backend.ok());
  return std::move(*backend);
}

struct Ran {
  Status status;
  RunRecord record;
  Samples seen;
};

Ran RunBench(const BenchOptions& options, Backend& backend) {
  Ran ran;
  const std::atomic<bool> stop{false};
  BenchRun run(options, backend, ran.seen);
  ran.status = run.Run(stop, &ran.record);
  ran.record.is_complete = ran.status.ok();
  return ran;
}

// Counters of the pipeline, from its end to its beginning.
void CheckOrder(const std::vector<IntervalSample>& samples) {
  IntervalSample before;
  for (const IntervalSample& sample : samples) {
    CHECK(sample.committed <= sample.enqueued);
    CHECK(sample.enqueued <= sample.generated);
    CHECK(sample.generated <= sample.scheduled);
    CHECK(before.committed <= sample.committed);
    CHECK(before.at_s < sample.at_s);
    before = sample;
  }
}

bool Has(const VerdictFacts& verdict, const std::string& code) {
  for (const ReasonFacts& reason : verdict.reasons) {
    if (reason.code == code) return true;
  }
  return false;
}

TEST_CASE("every event of a run is accounted for", "[bench_run]") {
  const TestDirectory directory;
  BenchOptions options = Small();
  options.workers = GENERATE(1U, 2U);
  if (GENERATE(false, true)) {
    options.mode = BenchMode::kRate;
    options.rate = 100'000;
  }
  const auto backend = BackendOf(directory / "a.db");
  Ran ran = RunBench(options, *backend);
  INFO(ran.status.message());
  REQUIRE(ran.status.ok());
  const AccountFacts& account = ran.record.account;
  // The Step that reaches the limit ends it, for each worker.
  CHECK(account.generated >= 20'000);
  CHECK(account.generated < 20'000 + 2 * 200);
  CHECK(account.scheduled == account.generated + account.not_due);
  CHECK(account.enqueued == account.generated);
  CHECK(account.committed == account.generated);
  CHECK(account.in_flight == 0);
  CHECK(account.failed == 0);
  CHECK(account.latency_off == 0);
  CHECK(account.rows_found == account.rows_expected);
  CHECK(account.digest_equal == true);
  CheckOrder(ran.seen.samples);
  CHECK(ran.seen.samples.back().committed == account.committed);
  for (const Histogram& part : ran.seen.latencies.parts) {
    CHECK(part.count() == account.committed);
  }
  if (options.mode == BenchMode::kCapacity) {
    CHECK(ran.seen.latencies.parts[0].max() == 0);  // nobody is late
  }
  // What it leaves is a dataset of ours.
  const auto reader = backend->OpenReader();
  REQUIRE(reader.ok());
  VerifyProgress progress;
  const std::atomic<bool> stop{false};
  const auto verified = Verify(**reader, 2, &progress, stop);
  REQUIRE(verified.ok());
  CHECK(verified->differences.empty());
}

TEST_CASE("runs with the same events and workers write the same data",
          "[bench_run]") {
  const TestDirectory directory;
  const auto digest = [&](const std::string& name, uint32_t batch_rows) {
    BenchOptions options = Small();
    options.batch_rows = batch_rows;
    const auto backend = BackendOf(directory / name);
    REQUIRE(RunBench(options, *backend).status.ok());
    const auto reader = backend->OpenReader();
    REQUIRE(reader.ok());
    VerifyProgress progress;
    const std::atomic<bool> stop{false};
    return ReadDigest(**reader, &progress, stop)->Total();
  };
  CHECK(digest("a.db", 1'000) == digest("b.db", 77));
}

TEST_CASE("nothing is read back where nothing is stored", "[bench_run]") {
  BenchOptions options = Small();
  options.stores = false;
  const auto backend = BackendOf("null:");
  const Ran ran = RunBench(options, *backend);
  REQUIRE(ran.status.ok());
  CHECK(ran.record.account.committed == ran.record.account.generated);
  CHECK_FALSE(ran.record.account.rows_found.has_value());
  CHECK(ran.record.account.acks_checked == 0);
}

// Raises the flag once something is acknowledged.
struct Stopper final : BenchObserver {
  explicit Stopper(std::atomic<bool>& flag) : stop(flag) {}
  Status Sample(const IntervalSample& sample,
                const LatencyHistograms& /*latency*/) override {
    if (sample.committed > 0) stop.store(true);
    return Status::Ok();
  }
  std::atomic<bool>& stop;
};

TEST_CASE("a run that is stopped ends with what it measured", "[bench_run]") {
  const TestDirectory directory;
  BenchOptions options = Small();
  options.events = 0;
  options.duration = std::chrono::hours(1);
  const auto backend = BackendOf(directory / "a.db");
  std::atomic<bool> stop{false};
  Stopper stopper(stop);
  BenchRun run(options, *backend, stopper);
  RunRecord record;
  const Status status = run.Run(stop, &record);
  CHECK(status.code() == StatusCode::kInterrupted);
  CHECK(record.account.committed > 0);
  CHECK(record.account.committed == record.account.enqueued);
  CHECK(Judge(record).kind == VerdictKind::kPartial);
}

TEST_CASE("an error of the engine ends a run", "[bench_run]") {
  struct Full final : ForwardingSession {
    using ForwardingSession::ForwardingSession;
    Status Apply(const Batch& batch) override {
      if (batch.ledger.batch < 3) return ForwardingSession::Apply(batch);
      return {StatusCode::kIo, "the disk is full"};
    }
  };
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  LyingBackend backend(*honest, [](std::unique_ptr<Session> session) {
    return std::make_unique<Full>(std::move(session));
  });
  const Ran ran = RunBench(Small(), backend);
  CHECK(ran.status.code() == StatusCode::kIo);
  CHECK(ran.record.account.committed > 0);
  CHECK(ran.record.account.committed < ran.record.account.generated);
}

// --- at bulk ---

BenchOptions SmallAtBulk(IndexMode indexes = IndexMode::kDeferred) {
  BenchOptions options = Small();
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
  CHECK(ran.record.rates.settled_rows_per_s <
        static_cast<double>(account.committed) / ran.record.phases.settle_s);
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

// --- what is dishonest is found ---

TEST_CASE("a row that was dropped is found", "[bench_run][dishonest]") {
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  LyingBackend backend(*honest, [](std::unique_ptr<Session> session) {
    return std::make_unique<testing::RowDropper>(std::move(session));
  });
  const Ran ran = RunBench(Small(), backend);
  INFO(ran.status.message());
  REQUIRE(ran.status.ok());
  const VerdictFacts verdict = Judge(ran.record);
  CHECK(verdict.kind == VerdictKind::kInvalid);
  CHECK(Has(verdict, "wrong-data"));
}

TEST_CASE("an acknowledgement before the commit is found",
          "[bench_run][dishonest]") {
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  const bool is_late = GENERATE(false, true);
  LyingBackend backend(
      *honest,
      [is_late](std::unique_ptr<Session> session) -> std::unique_ptr<Session> {
        if (is_late) {
          return std::make_unique<testing::LateCommitter>(std::move(session));
        }
        return std::make_unique<testing::EarlyAcknowledger>(std::move(session));
      });
  BenchOptions options = Small();
  options.events = 0;
  options.duration = std::chrono::seconds(3);
  options.mode = BenchMode::kRate;
  options.rate = 2'000;
  const Ran ran = RunBench(options, backend);
  INFO(ran.status.message());
  REQUIRE(ran.status.ok());
  // All of it is there in the end: only a look at the right time tells.
  CHECK(ran.record.account.digest_equal == true);
  const VerdictFacts verdict = Judge(ran.record);
  CHECK(Has(verdict, "lost-ack"));
}

TEST_CASE("why acknowledgements could not be looked for is recorded",
          "[bench_run]") {
  struct Mute final : LyingBackend {
    using LyingBackend::LyingBackend;
    Result<std::unique_ptr<QuerySession>> OpenQueries() override {
      return Status(StatusCode::kUnavailable, "too many connections");
    }
  };
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  Mute backend(*honest,
               [](std::unique_ptr<Session> session) { return session; });
  BenchOptions options = Small();
  options.events = 0;
  options.duration = std::chrono::seconds(3);
  options.mode = BenchMode::kRate;
  options.rate = 2'000;
  const Ran ran = RunBench(options, backend);
  REQUIRE(ran.status.ok());
  CHECK(ran.record.account.acks_checked == 0);
  CHECK(ran.record.account.acks_why == "too many connections");
}

TEST_CASE("a setting that did not take is found", "[bench_run][dishonest]") {
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  // synchronous is really off underneath.
  LyingBackend backend(
      *honest, [](std::unique_ptr<Session> session) { return session; },
      Durability::kRelaxed);
  const Ran ran = RunBench(Small(), backend);
  REQUIRE(ran.status.ok());
  const NamedTexts refused =
      RefusedSettings("sqlite", "process", ran.record.setup.settings);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].first == "synchronous");
  CHECK(refused[0].second == "asked for 1, the engine says 0");
}

TEST_CASE("a journal that a run at bulk did not turn off is found",
          "[bench_run][bulk][dishonest]") {
  struct Journaller final : ForwardingSession {
    using ForwardingSession::ForwardingSession;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
        const override {
      auto settings = ForwardingSession::Settings();
      for (auto& [name, value] : settings) {
        if (name == "journal_mode") value = "delete";
      }
      return settings;
    }
  };
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  LyingBackend backend(*honest, [](std::unique_ptr<Session> session) {
    return std::make_unique<Journaller>(std::move(session));
  });
  const Ran ran = RunBench(SmallAtBulk(), backend);
  REQUIRE(ran.status.ok());
  const NamedTexts refused =
      RefusedSettings("sqlite", "bulk", ran.record.setup.settings);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0] ==
        std::pair<std::string, std::string>(
            "journal_mode", "asked for off, the engine says delete"));
  // Nor does a live dataset's pass for it.
  const auto other = BackendOf(directory / "b.db");
  const NamedTexts settings = RunBench(Small(), *other).record.setup.settings;
  CHECK(RefusedSettings("sqlite", "bulk", settings).size() == 3);
}

TEST_CASE("an honest backend's acknowledgements are found in it",
          "[bench_run]") {
  const TestDirectory directory;
  const auto backend = BackendOf(directory / "a.db");
  BenchOptions options = Small();
  REQUIRE(RunBench(options, *backend).status.ok());
  AckCheck check(*backend, 1);
  const int32_t batch = GENERATE(1, 1'000'000);
  check.Acknowledged(0, batch);
  while (check.checked() < 2) std::this_thread::yield();
  const AckCheckResult result = check.Stop();
  CHECK(result.checked >= 2);
  CHECK(result.missing == (batch == 1 ? 0 : result.checked));
}

}  // namespace
}  // namespace tillstorm
