// What every backend promises of going on with a dataset and of a session that
// goes on for long: Continue, SetManifest, ResolveDoubt, ids, times.
#include <chrono>
#include <string>
#include <vector>

#include "tests/conformance/subject.h"

namespace tillstorm {
namespace {

TEST_CASE("Several sessions write one dataset", "[conformance]") {
  const auto subject = EveryLiveSubject();
  INFO(subject->name);
  // Whether a session was finished or just ended makes no difference.
  const bool finishes = GENERATE(true, false);
  auto session = CreateWithFleet(*subject);
  Digest sent;
  {
    EventList fleet;
    AddFleet(&fleet);
    sent.Add(fleet.MakeBatch(0).ledger.delta);
  }
  DeviceRow before = MakeDevice(1, "dev-1");
  std::vector<ScannedRow> metrics;
  for (int32_t run = 1; run <= 3; ++run) {
    if (run > 1) session = ContinueIt(*subject);
    DeviceRow after = before;
    after.status = run % 2 == 0 ? "online" : "offline";
    after.last_seen = kMonday + Micros(run);
    EventList events;
    const DeviceMetricsRow row =
        MakeMetrics(1 + run % 2, kMonday + Micros(run));
    events.Insert(row).Update(before, after);
    before = after;
    metrics.push_back({run, EncodingOf(row)});
    Batch batch = events.MakeBatch(run);
    batch.ledger.run = run;
    batch.ledger.owners = {{static_cast<uint32_t>(run), kMonday}};
    sent.Add(batch.ledger.delta);
    REQUIRE(session->Apply(batch).ok());
    if (finishes) FinishNow(*session);
    session.reset();
  }
  const auto reader = ReaderOf(*subject);
  // Ids that the writer gives go on where the session before ended.
  CHECK(Scan(*reader, TableId::kDeviceMetrics) == metrics);
  CHECK(Scan(*reader, TableId::kDevices)[0].encoding == EncodingOf(before));
  CHECK(ScanDigest(*reader) == sent);
  const auto ledger = ReadLedger(*reader);
  REQUIRE(ledger.ok());
  CHECK(ledger->total == sent);
  CHECK(ledger->batches == 4);
  CHECK(ledger->NextBatch(0) == 4);
  CHECK(ledger->last_run == 3);
  REQUIRE(ledger->owners.size() == 1);
  CHECK(ledger->owners[0].owner == 3);
  CHECK(ledger->owners[0].instant == kMonday);
  CHECK(reader->CheckStructure().ok());
}

TEST_CASE("Ids of every table that the writer numbers go on", "[conformance]") {
  const auto subject = EveryLiveSubject();
  INFO(subject->name);
  for (int32_t batch = 1; batch <= 2; ++batch) {
    auto session =
        batch == 1 ? CreateWithFleet(*subject) : ContinueIt(*subject);
    EventList events;
    for (int i = 0; i < 3; ++i) {
      const Instant at = kMonday + Micros(10 * batch + i);
      events.Insert(MakeHealthCheck(1, at)).Insert(MakeMetrics(2, at));
    }
    REQUIRE(session->Apply(events.MakeBatch(batch)).ok());
  }
  const auto reader = ReaderOf(*subject);
  for (const TableId table :
       {TableId::kHealthChecks, TableId::kDeviceMetrics}) {
    std::vector<int64_t> ids;
    for (const ScannedRow& row : Scan(*reader, table)) ids.push_back(row.id);
    CHECK(ids == std::vector<int64_t>{1, 2, 3, 4, 5, 6});
  }
  CHECK(Scan(*reader, TableId::kAuditLogs).empty());
}

TEST_CASE("A batch of an earlier session is taken once too", "[conformance]") {
  const auto subject = EveryLiveSubject();
  INFO(subject->name);
  FinishNow(*CreateWithFleet(*subject));
  auto session = ContinueIt(*subject);
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  CHECK(session->Apply(events.MakeBatch(0)).code() == StatusCode::kIntegrity);
  CheckNothingRemains(*subject, std::move(session));
}

TEST_CASE("A dataset has one session at a time", "[conformance]") {
  const auto subject = EveryLiveSubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  for (int round = 0; round < 2; ++round) {
    const Status status = subject->backend->Continue({}).status();
    CHECK(status.code() == StatusCode::kUnavailable);
    CHECK(status.exit_code() == 69);
    session.reset();
    session = ContinueIt(*subject);
  }
  subject->options.replace = true;
  EventList fleet;
  AddFleet(&fleet);
  CHECK(subject->backend
            ->Create(subject->options, MakeManifest(), fleet.MakeBatch(0))
            .status()
            .code() == StatusCode::kUnavailable);
}

TEST_CASE("Only a complete dataset is gone on with", "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  CHECK(subject->backend->Continue({}).status().code() ==
        StatusCode::kBadInput);
  auto session = CreateWithFleet(*subject);
  Manifest manifest = MakeManifest();
  manifest.state = "loading";
  REQUIRE(session->Finish(manifest, {}).ok());
  session.reset();
  const Status status = subject->backend->Continue({}).status();
  CHECK(status.code() == StatusCode::kBadInput);
  CHECK_THAT(status.message(), HoldsText("'loading'"));
}

TEST_CASE("A finished dataset is gone on with, at whatever level it was made",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  FinishNow(*CreateWithFleet(*subject));
  auto session = subject->backend->Continue({});
  INFO(session.status().message());
  REQUIRE(session.ok());
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  REQUIRE((*session)->Apply(events.MakeBatch(1)).ok());
  FinishNow(**session);
  CHECK(Scan(*ReaderOf(*subject), TableId::kDeviceMetrics).size() == 1);
}

TEST_CASE("Something exists once it was made, and for null: never",
          "[conformance]") {
  const auto subject = EverySubjectAndNull();
  INFO(subject->name);
  const auto exists = [&subject] {
    const auto answer = subject->backend->Exists();
    REQUIRE(answer.ok());
    return *answer;
  };
  CHECK_FALSE(exists());
  auto session = CreateWithFleet(*subject);
  CHECK(exists() == (subject->stores && !subject->is_bulk()));
  FinishNow(*session);
  CHECK(exists() == subject->stores);
  session.reset();
  CHECK(exists() == subject->stores);
  if (!subject->stores) {
    CHECK(subject->backend->Continue({}).status().code() ==
          StatusCode::kBadInput);
  }
}

TEST_CASE("SetManifest shows at once and touches nothing else",
          "[conformance]") {
  const auto subject = EveryLiveSubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  Manifest manifest = MakeManifest();
  manifest.intervals[0].close = kMonday + Micros(7);
  manifest.intervals.push_back({kMonday + Micros(9), std::nullopt});
  REQUIRE(session->SetManifest(manifest).ok());
  const auto reader = ReaderOf(*subject);
  auto found = reader->ReadManifest();
  REQUIRE(found.ok());
  CHECK(found->ToRows().at("intervals") ==
        "[[1767600000000000, 1767600000000007], [1767600000000009, null]]");
  CHECK(Scan(*reader, TableId::kLedger).size() == 2);
  CHECK(Scan(*reader, TableId::kDeviceMetrics).size() == 1);
  // It stays when the session ends without another word.
  session.reset();
  found = ReaderOf(*subject)->ReadManifest();
  REQUIRE(found.ok());
  CHECK(found->ToRows() == manifest.ToRows());
}

TEST_CASE("ResolveDoubt says what is there, and the session goes on",
          "[conformance]") {
  const auto subject = MakeSubject(
      GENERATE(as<std::string>(), "model", "sqlite process", "sqlite power",
               "sqlite relaxed", "postgres process", "postgres power", "null"));
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  EventList events;
  events.Insert(MakeHealthCheck(1, kMonday)).Insert(MakeMetrics(1, kMonday));
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  const auto has = [&session](int32_t lane, int32_t batch) {
    const auto answer = session->ResolveDoubt(lane, batch);
    INFO(answer.status().message());
    REQUIRE(answer.ok());
    return *answer;
  };
  CHECK(has(0, 0));
  CHECK(has(0, 1));
  CHECK_FALSE(has(0, 2));
  CHECK_FALSE(has(1, 1));
  EventList more;
  more.Insert(MakeHealthCheck(2, kMonday)).Insert(MakeMetrics(2, kMonday));
  REQUIRE(session->Apply(more.MakeBatch(2)).ok());
  CHECK(has(0, 2));
  FinishNow(*session);
  CHECK(session->ResolveDoubt(0, 2).status().code() == StatusCode::kIntegrity);
  if (!subject->stores) return;
  const auto reader = ReaderOf(*subject);
  for (const TableId table :
       {TableId::kHealthChecks, TableId::kDeviceMetrics}) {
    const std::vector<ScannedRow> rows = Scan(*reader, table);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].id == 1);
    CHECK(rows[1].id == 2);
  }
}

TEST_CASE("A session tells where the time of its last batch went",
          "[conformance]") {
  const auto subject = EverySubjectAndNull();
  INFO(subject->name);
  const auto begin = std::chrono::steady_clock::now();
  auto session = CreateWithFleet(*subject);
  EventList events;
  for (int i = 0; i < 100; ++i) {
    events.Insert(MakeMetrics(1, kMonday + Micros(i)));
  }
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  const auto end = std::chrono::steady_clock::now();
  const ApplyTimes times = session->last_apply();
  CHECK(times.execute + times.commit <= end - begin);
  const bool is_sqlite = subject->name.find("sqlite") != std::string::npos;
  const bool measures = is_sqlite || subject->database != nullptr;
  CHECK((times.execute.count() > 0) == measures);
  CHECK((times.commit.count() > 0) == measures);
  if (subject->is_bulk() || !subject->stores) {
    CHECK(session->log_bytes() == 0);
    return;
  }
  // A manifest is no batch.
  REQUIRE(session->SetManifest(MakeManifest()).ok());
  CHECK(session->last_apply().commit == times.commit);
  CHECK((session->log_bytes() > 0) == is_sqlite);
  FinishNow(*session);
  CHECK(session->log_bytes() == 0);
}

}  // namespace
}  // namespace tillstorm
