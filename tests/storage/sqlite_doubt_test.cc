// COMMITs that fail, and disks that are full: what is in the dataset then, and
// what the session says.
#include <string>

#include "tests/storage/fault_points.h"
#include "tests/storage/live_fixture.h"
#include "tests/support/small_disk.h"

namespace tillstorm {
namespace {

std::string CountChecks(const std::string& path) {
  return Ask(path, "SELECT count(*) FROM health_checks");
}

// In doubt, with the class of what failed.
void CheckInDoubt(const Status& status, const std::string& says) {
  CHECK(status.code() == StatusCode::kIo);
  CHECK(status.exit_code() == 74);
  CHECK(status.remedy() == Remedy::kResolveDoubt);
  CHECK_THAT(status.message(), HoldsText(says));
}

// No fault outlives its test.
struct FaultGuard {
  FaultGuard() { faults::Reset(); }
  ~FaultGuard() { faults::Reset(); }
  FaultGuard(const FaultGuard&) = delete;
  FaultGuard& operator=(const FaultGuard&) = delete;
};

TEST_CASE("A COMMIT whose sync fails has happened or not, as is found out",
          "[sqlite_doubt]") {
  const FaultGuard guard;
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path, Durability::kPower);
  int32_t batch = 1;
  // The first sync of a new log comes before the rows, any other one after.
  const bool happens = GENERATE(true, false);
  if (happens) REQUIRE(ApplyChecks(*session, batch++).ok());
  const int64_t failures = GENERATE(1, 1'000'000);
  faults::FailSyncs(failures);
  const Status status = ApplyChecks(*session, batch);
  REQUIRE(faults::FailedSyncs() == 1);
  CheckInDoubt(status, "committing");
  // Until it is resolved nothing else is done.
  CHECK(ApplyChecks(*session, 9).remedy() == Remedy::kResolveDoubt);
  CHECK(session->Finish(MakeManifest(), {}).remedy() == Remedy::kResolveDoubt);
  const auto resolved = session->ResolveDoubt(0, batch);
  INFO(resolved.status().message());
  REQUIRE(resolved.ok());
  CHECK(*resolved == happens);
  // What was not synced may be lost: no further sync is trusted.
  const Status after = ApplyChecks(*session, batch + 1);
  CHECK(after.code() == StatusCode::kIo);
  CHECK(after.remedy() == Remedy::kStop);
  CHECK_THAT(after.message(), HoldsText("may not be on the disk"));
  CHECK(session->Finish(MakeManifest(), {}).code() == StatusCode::kIo);
  session.reset();
  faults::Reset();
  CHECK(CountChecks(path) == (happens ? "20" : "0"));
  session = Continue(path);
  REQUIRE(ApplyChecks(*session, happens ? batch + 1 : batch).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(Ask(path, "SELECT count(*) || ' ' || max(id) FROM health_checks") ==
        (happens ? "30 30" : "10 10"));
}

TEST_CASE("A sync that fails after the COMMIT ends the session, not the batch",
          "[sqlite_doubt]") {
  const FaultGuard guard;
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  const auto durability = GENERATE(Durability::kPower, Durability::kProcess);
  auto session = CreateLive(path, durability);
  REQUIRE(ApplyChecks(*session, 1).ok());
  // Large enough for SQLite to bring the log into the file. At `power` the
  // first sync is that of the COMMIT, so here it must be a later one.
  faults::FailSyncs(1, durability == Durability::kPower ? 1 : 0);
  REQUIRE(ApplyChecks(*session, 2, 40'000).ok());
  REQUIRE(faults::FailedSyncs() == 1);
  const Status status = ApplyChecks(*session, 3);
  CHECK(status.code() == StatusCode::kIo);
  CHECK(status.remedy() == Remedy::kStop);
  CHECK_THAT(status.message(), HoldsText("bringing the log into the file"));
  CHECK_THAT(status.message(), HoldsText("may not be on the disk"));
  CHECK(session->Finish(MakeManifest(), {}).code() == StatusCode::kIo);
  session.reset();
  CHECK(CountChecks(path) == "40010");
}

// The index of the log outlives the connection here, and does not know of what
// failed: the opposite answer, as true as the other one.
TEST_CASE("A COMMIT whose sync fails has not happened where others read",
          "[sqlite_doubt]") {
  const FaultGuard guard;
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path, Durability::kPower);
  REQUIRE(ApplyChecks(*session, 1).ok());
  auto reader = OpenToRead(path);
  faults::FailSyncs(1);
  CheckInDoubt(ApplyChecks(*session, 2), "committing");
  const auto resolved = session->ResolveDoubt(0, 2);
  REQUIRE(resolved.ok());
  CHECK_FALSE(*resolved);
  CHECK(CountChecks(path) == "10");
  CHECK(ApplyChecks(*session, 2).code() == StatusCode::kIo);
  session.reset();
  reader.reset();
  // Whatever is there now, all of it is there.
  const LedgerState state = CheckedLedger(*OpenToRead(path));
  session = Continue(path);
  REQUIRE(ApplyChecks(*session, state.NextBatch(0)).ok());
}

TEST_CASE("A doubt that cannot be resolved stays one, and is asked again",
          "[sqlite_doubt]") {
  const FaultGuard guard;
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path, Durability::kPower);
  REQUIRE(ApplyChecks(*session, 1).ok());
  faults::FailSyncs(1);
  CheckInDoubt(ApplyChecks(*session, 2), "committing");
  std::filesystem::rename(path, directory / "b.db");
  const Status status = session->ResolveDoubt(0, 2).status();
  CHECK(status.code() == StatusCode::kInDoubt);
  CHECK(status.exit_code() == 75);
  CHECK_THAT(status.message(), HoldsText("batch 2 of lane 0"));
  CHECK(ApplyChecks(*session, 2).code() == StatusCode::kInDoubt);
  std::filesystem::rename(directory / "b.db", path);
  const auto resolved = session->ResolveDoubt(0, 2);
  INFO(resolved.status().message());
  REQUIRE(resolved.ok());
  CHECK(*resolved);
}

TEST_CASE("A manifest in doubt is looked up", "[sqlite_doubt]") {
  const FaultGuard guard;
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path, Durability::kPower);
  REQUIRE(ApplyChecks(*session, 1).ok());
  Manifest manifest = MakeManifest();
  manifest.seed = 43;
  faults::FailSyncs(1);
  CHECK(session->SetManifest(manifest).code() == StatusCode::kIo);
  CHECK(session->SetManifest(manifest).remedy() == Remedy::kStop);
  const auto found = OpenToRead(path)->ReadManifest();
  REQUIRE(found.ok());
  CHECK(found->seed == 43);
}

TEST_CASE("A COMMIT that finds no room is undone, and its batch goes again",
          "[sqlite_doubt]") {
  const TestDirectory directory;
  const std::string path = directory / "a.db";
  auto session = CreateLive(path);
  REQUIRE(ApplyChecks(*session, 1, 500).ok());
  const bool is_manifest = GENERATE(false, true);
  Manifest manifest = MakeManifest();
  manifest.seed = 43;
  const auto write = [&] {
    return is_manifest ? session->SetManifest(manifest)
                       : ApplyChecks(*session, 2, 1000);
  };
  {
    const FileSizeLimit limit(static_cast<rlim_t>(session->log_bytes()) + 1);
    Status status = write();
    CHECK_THAT(status.message(), HoldsText("disk full"));
    CHECK_THAT(status.message(), HoldsText("ulimit -f"));
    if (is_manifest) {
      CHECK(status.code() == StatusCode::kIo);
      CHECK(status.remedy() == Remedy::kRetryBatch);
    } else {
      CheckInDoubt(status, "committing");
      const auto resolved = session->ResolveDoubt(0, 2);
      REQUIRE(resolved.ok());
      CHECK_FALSE(*resolved);
      CHECK(CountChecks(path) == "500");
      // There is still no room.
      CheckInDoubt(write(), "disk full");
      REQUIRE(session->ResolveDoubt(0, 2).ok());
    }
  }
  CHECK(write().ok());
  REQUIRE(session->Finish(manifest, {}).ok());
  CHECK(Ask(path, "SELECT count(*) - max(id) FROM health_checks") == "0");
  CHECK(CountChecks(path) == (is_manifest ? "500" : "1500"));
  CHECK(Ask(path, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("On a disk that is full in mid-batch nothing commits by itself",
          "[sqlite_doubt]") {
  SmallDisk disk("size=16m");
  if (!disk.ok()) return;
  auto session = CreateLive(disk / "a.db");
  // More than SQLite keeps in memory, so that statements write; then rows that
  // would commit by themselves in a transaction that SQLite has ended.
  const std::string large = "\"" + std::string(1 << 20, 'x') + "\"";
  const std::string json = "[" + large + "]";
  EventList events;
  for (int i = 0; i < 90; ++i) {
    events.Insert(MakeHealthCheck(1, kMonday + Micros(i)));
    DeviceMetricsRow metrics = MakeMetrics(1, kMonday + Micros(i));
    metrics.extra_metrics = Json{json};
    events.Insert(metrics);
    DeviceStateHistoryRow state;
    state.device_id = 1;
    state.new_state = "online";
    state.timestamp = kMonday + Micros(i);
    events.Insert(state);
  }
  const Status status = session->Apply(events.MakeBatch(1));
  CHECK(status.code() == StatusCode::kIo);
  CHECK(status.remedy() == Remedy::kStop);
  CHECK_THAT(status.message(), HoldsText("disk full"));
  CHECK_THAT(status.message(), HoldsText("device_metrics"));
  CHECK(ApplyChecks(*session, 1).code() == StatusCode::kIo);
  for (const char* table :
       {"health_checks", "device_metrics", "device_state_history"}) {
    CHECK(Ask(disk / "a.db", std::string("SELECT count(*) FROM ") + table) ==
          "0");
  }
  CHECK(Ask(disk / "a.db", "SELECT count(*) FROM tillstorm_ledger") == "1");
  session.reset();
  // With room the same batch goes in.
  disk.Resize("size=400m");
  session = Continue(disk / "a.db");
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(CheckedLedger(*OpenToRead(disk / "a.db")).NextBatch(0) == 2);
}

TEST_CASE("A disk that fills up loses nothing that was acknowledged",
          "[sqlite_doubt]") {
  const int kilobytes = GENERATE(range(700, 1500, 100));
  SmallDisk disk("size=" + std::to_string(kilobytes) + "k");
  if (!disk.ok()) return;
  INFO(kilobytes);
  auto session = CreateLive(disk / "a.db");
  int32_t batch = 1;
  Status status;
  for (; batch < 500; ++batch) {
    status = ApplyChecks(*session, batch, 50);
    if (!status.ok()) break;
  }
  REQUIRE_FALSE(status.ok());
  CHECK(status.code() == StatusCode::kIo);
  CHECK_THAT(status.message(), HoldsText("disk full"));
  if (status.remedy() == Remedy::kResolveDoubt) {
    const auto resolved = session->ResolveDoubt(0, batch);
    INFO(resolved.status().message());
    REQUIRE(
        (resolved.ok() || resolved.status().code() == StatusCode::kInDoubt));
    if (resolved.ok() && *resolved) ++batch;
  }
  session.reset();
  disk.Resize("size=64m");
  CHECK(CheckedLedger(*OpenToRead(disk / "a.db")).NextBatch(0) == batch);
  session = Continue(disk / "a.db");
  REQUIRE(ApplyChecks(*session, batch, 50).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(Ask(disk / "a.db", "SELECT count(*) - max(id) FROM health_checks") ==
        "0");
  CHECK(Ask(disk / "a.db", "PRAGMA integrity_check") == "ok");
}

}  // namespace
}  // namespace tillstorm
