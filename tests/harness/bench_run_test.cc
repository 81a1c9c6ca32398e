#include "harness/measure/bench_run.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "harness/measure/verdict.h"
#include "harness/verify.h"
#include "tests/support/bench_fixture.h"
#include "tests/support/lying_backend.h"

namespace tillstorm {
namespace {

using testing::LyingBackend;

bool Has(const VerdictFacts& verdict, const std::string& code) {
  for (const ReasonFacts& reason : verdict.reasons) {
    if (reason.code == code) return true;
  }
  return false;
}

// An open loop that leaves the engine time between commits.
BenchOptions SlowSchedule(std::chrono::seconds duration) {
  BenchOptions options = SmallBench();
  options.events = 0;
  options.duration = duration;
  options.mode = BenchMode::kRate;
  options.rate = 2'000;
  return options;
}

TEST_CASE("every event of a run is accounted for", "[bench_run]") {
  const TestDirectory directory;
  BenchOptions options = SmallBench();
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
    BenchOptions options = SmallBench();
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

TEST_CASE("the schedule begins with the load, whatever an observer takes",
          "[bench_run]") {
  struct Slow final : BenchObserver {
    void Phase(std::string_view name) override {
      constexpr std::chrono::milliseconds kLong{400};
      if (name == "run") std::this_thread::sleep_for(kLong);
    }
    Status Sample(const IntervalSample& /*sample*/,
                  const LatencyHistograms& /*latency*/) override {
      return Status::Ok();
    }
  } observer;
  const TestDirectory directory;
  const BenchOptions options = SlowSchedule(std::chrono::seconds(1));
  const auto backend = BackendOf(directory / "a.db");
  const std::atomic<bool> stop{false};
  RunRecord record;
  REQUIRE(BenchRun(options, *backend, observer).Run(stop, &record).ok());
  CHECK(record.account.scheduled == record.intervals.back().scheduled);
}

TEST_CASE("nothing is read back where nothing is stored", "[bench_run]") {
  BenchOptions options = SmallBench();
  options.stores = false;
  const auto backend = BackendOf("null:");
  const Ran ran = RunBench(options, *backend);
  REQUIRE(ran.status.ok());
  CHECK(ran.record.account.committed == ran.record.account.generated);
  CHECK_FALSE(ran.record.account.rows_found.has_value());
  CHECK(ran.record.account.acks_checked == 0);
}

TEST_CASE("a run that is stopped ends with what it measured", "[bench_run]") {
  const TestDirectory directory;
  BenchOptions options = SmallBench();
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
  const Ran ran = RunBench(SmallBench(), backend);
  CHECK(ran.status.code() == StatusCode::kIo);
  CHECK(ran.record.account.committed > 0);
  CHECK(ran.record.account.committed < ran.record.account.generated);
}

// --- what is dishonest is found ---

TEST_CASE("a row that was dropped is found", "[bench_run][dishonest]") {
  const TestDirectory directory;
  const auto honest = BackendOf(directory / "a.db");
  LyingBackend backend(*honest, [](std::unique_ptr<Session> session) {
    return std::make_unique<testing::RowDropper>(std::move(session));
  });
  const Ran ran = RunBench(SmallBench(), backend);
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
  const Ran ran = RunBench(SlowSchedule(std::chrono::seconds(3)), backend);
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
  const Ran ran = RunBench(SlowSchedule(std::chrono::seconds(3)), backend);
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
  const Ran ran = RunBench(SmallBench(), backend);
  REQUIRE(ran.status.ok());
  const NamedTexts refused =
      RefusedSettings("sqlite", "process", ran.record.setup.settings);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].first == "synchronous");
  CHECK(refused[0].second == "asked for 1, the engine says 0");
}

TEST_CASE("an honest backend's acknowledgements are found in it",
          "[bench_run]") {
  const TestDirectory directory;
  const auto backend = BackendOf(directory / "a.db");
  BenchOptions options = SmallBench();
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
