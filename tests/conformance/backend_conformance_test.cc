// What every backend promises (storage/backend.h), asked of each of them.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/subject.h"

namespace tillstorm {
namespace {

TEST_CASE("A backend without a fleet of HOMEPOT's says that it adopts none",
          "[conformance]") {
  const std::string name = GENERATE("model", "null");
  const auto subject = MakeSubject(name);
  const auto reader = subject->backend->OpenAdoptable();
  CHECK(reader.status().code() == StatusCode::kUsage);
  const auto session =
      subject->backend->Adopt({}, [](Reader&) -> Result<Adoption> {
        FAIL("there is nothing to adopt");
        return Adoption{};
      });
  CHECK(session.status().code() == StatusCode::kUsage);
  CHECK(session.status().message().find(subject->backend->name()) !=
        std::string::npos);
}

TEST_CASE("A dataset reads back as it was written", "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  EventList events;
  const HealthCheckRow first = MakeHealthCheck(1, kMonday + Micros(1));
  const HealthCheckRow second = MakeHealthCheck(2, kMonday + Micros(2));
  const DeviceMetricsRow metrics = MakeMetrics(2, kMonday + Micros(1));
  events.Insert(first).Insert(metrics).Insert(second);
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  FinishNow(*session);
  session.reset();

  const auto reader = ReaderOf(*subject);
  CHECK(reader->CheckStructure().ok());
  // Ids that the writer gives count from 1 in the order of writing.
  CHECK(
      Scan(*reader, TableId::kHealthChecks) ==
      std::vector<ScannedRow>{{1, EncodingOf(first)}, {2, EncodingOf(second)}});
  CHECK(Scan(*reader, TableId::kDeviceMetrics) ==
        std::vector<ScannedRow>{{1, EncodingOf(metrics)}});
  CHECK(Scan(*reader, TableId::kTenants) ==
        std::vector<ScannedRow>{{1, EncodingOf(MakeTenant())}});
  CHECK(Scan(*reader, TableId::kSites) ==
        std::vector<ScannedRow>{{1, EncodingOf(MakeSite())}});
  CHECK(Scan(*reader, TableId::kDevices) ==
        std::vector<ScannedRow>{{1, EncodingOf(MakeDevice(1, "dev-1"))},
                                {2, EncodingOf(MakeDevice(2, "dev-2"))}});
  CHECK(Scan(*reader, TableId::kSiteOperatingSchedules) ==
        std::vector<ScannedRow>{{1, EncodingOf(MakeSchedule())}});
  CHECK(Scan(*reader, TableId::kJobs).empty());
}

TEST_CASE("The digest of what is read is that of what was sent",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  EventList fleet;
  AddFleet(&fleet);
  Digest sent = fleet.MakeBatch(0).ledger.delta;
  EventList events;
  const DeviceRow before = MakeDevice(2, "dev-2");
  DeviceRow after = before;
  after.status = "offline";
  after.last_seen = kMonday + Micros(5);
  events.Insert(MakeMetrics(1, kMonday)).Update(before, after);
  const Batch batch = events.MakeBatch(1);
  sent.Add(batch.ledger.delta);
  REQUIRE(session->Apply(batch).ok());
  FinishNow(*session);

  const auto reader = ReaderOf(*subject);
  CHECK(ScanDigest(*reader) == sent);
  CHECK(sent.rows() == 6);
}

TEST_CASE("Updates of a row in one batch leave the last one's values",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  const DeviceRow first = MakeDevice(1, "dev-1");
  DeviceRow second = first;
  second.status = "error";
  second.config = std::nullopt;
  DeviceRow third = second;
  third.status = "online";
  third.health_state = "healthy";
  third.last_heartbeat_at = kMonday + Micros(9);
  const DeviceRow other_before = MakeDevice(2, "dev-2");
  DeviceRow other = other_before;
  other.firmware_version = "2.1";
  EventList events;
  events.Update(first, second)
      .Update(other_before, other)
      .Update(second, third);
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  FinishNow(*session);

  const auto reader = ReaderOf(*subject);
  CHECK(
      Scan(*reader, TableId::kDevices) ==
      std::vector<ScannedRow>{{1, EncodingOf(third)}, {2, EncodingOf(other)}});
}

TEST_CASE("A row inserted and updated in one batch has the update's values",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  AlertRow open;
  open.id = 17;
  open.timestamp = kMonday;
  open.title = "CPU high";
  open.severity = "warning";
  open.category = "performance";
  open.status = "active";
  AlertRow resolved = open;
  resolved.status = "resolved";
  resolved.resolved_at = kMonday + Micros(kMicrosPerSecond);
  EventList events;
  events.Insert(open).Update(open, resolved);
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  FinishNow(*session);
  CHECK(Scan(*ReaderOf(*subject), TableId::kAlerts) ==
        std::vector<ScannedRow>{{17, EncodingOf(resolved)}});
}

TEST_CASE("An update of a missing row breaks integrity and undoes its batch",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  const DeviceRow present = MakeDevice(1, "dev-1");
  DeviceRow changed = present;
  changed.status = "offline";
  const DeviceRow missing = MakeDevice(3, "dev-3");
  DeviceRow missing_changed = missing;
  missing_changed.status = "offline";
  EventList events;
  events.Insert(MakeMetrics(1, kMonday))
      .Update(present, changed)
      .Update(missing, missing_changed);
  const Status status = session->Apply(events.MakeBatch(1));
  CHECK(status.code() == StatusCode::kIntegrity);
  CHECK(status.exit_code() == 70);
  CHECK_THAT(status.message(), HoldsText("devices"));
  CHECK_THAT(status.message(), HoldsText("3"));
  CheckNothingRemains(*subject, std::move(session));
}

TEST_CASE("Updates of one row that do not follow from each other are refused",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  const DeviceRow first = MakeDevice(1, "dev-1");
  DeviceRow second = first;
  second.status = "offline";
  DeviceRow third = first;
  third.status = "error";
  EventList events;
  events.Insert(MakeMetrics(1, kMonday))
      .Update(first, second)
      .Update(first, third);
  CHECK(session->Apply(events.MakeBatch(1)).code() == StatusCode::kIntegrity);
  CheckNothingRemains(*subject, std::move(session));
}

TEST_CASE("A second row with the same id breaks integrity and undoes its batch",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  EventList events;
  events.Insert(MakeMetrics(1, kMonday)).Insert(MakeDevice(2, "dev-9"));
  const Status status = session->Apply(events.MakeBatch(1));
  CHECK(status.code() == StatusCode::kIntegrity);
  CheckNothingRemains(*subject, std::move(session));
}

TEST_CASE("A batch number is taken once", "[conformance]") {
  const auto subject = EverySubjectAndNull();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  CHECK(session->Apply(events.MakeBatch(0)).code() == StatusCode::kIntegrity);
  CheckNothingRemains(*subject, std::move(session));
}

TEST_CASE("Each batch leaves its ledger row", "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  EventList events;
  events.Insert(MakeMetrics(1, kMonday)).Insert(MakeMetrics(2, kMonday));
  const Batch batch = events.MakeBatch(1);
  REQUIRE(session->Apply(batch).ok());
  EventList nothing;
  REQUIRE(session->Apply(nothing.MakeBatch(2)).ok());
  FinishNow(*session);

  const auto reader = ReaderOf(*subject);
  const std::vector<ScannedRow> rows = Scan(*reader, TableId::kLedger);
  REQUIRE(rows.size() == 3);
  // owner 0xffffffff, then 1'000'001 in eight bytes, little-endian
  const std::string owners("\xff\xff\xff\xff\x41\x42\x0f\0\0\0\0\0", 12);
  const std::string delta =
      R"({"device_metrics": {"rows": 2, "sum": ")" +
      Hex(batch.ledger.delta.table(TableId::kDeviceMetrics).sum) + R"("}})";
  LedgerRow expected;
  expected.batch = 1;
  expected.run = 1;
  expected.rows = 2;
  expected.owners = std::as_bytes(std::span(owners));
  expected.digest_delta = Json{delta};
  CHECK(rows[1].encoding == EncodingOf(expected));
}

TEST_CASE("The manifest that Finish gets replaces that of Create",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  if (!subject->is_bulk()) {
    const auto manifest = ReaderOf(*subject)->ReadManifest();
    REQUIRE(manifest.ok());
    CHECK(manifest->ToRows() == MakeManifest().ToRows());
  }
  FinishNow(*session);
  const auto manifest = ReaderOf(*subject)->ReadManifest();
  REQUIRE(manifest.ok());
  CHECK(manifest->seed == 42);
  REQUIRE(manifest->intervals.size() == 1);
  CHECK(manifest->intervals[0].opening == kMonday);
  CHECK(manifest->intervals[0].close == kMonday + Micros(kMicrosPerDay));
}

TEST_CASE("A dataset is not made over another unless told to replace it",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  FinishNow(*session);
  session.reset();
  EventList fleet;
  fleet.Insert(MakeTenant());
  const auto refused = subject->backend->Create(
      subject->options, MakeManifest(), fleet.MakeBatch(0));
  CHECK(refused.status().code() == StatusCode::kCannotCreate);
  CHECK_THAT(refused.status().message(), HoldsText("--force"));
  CHECK(Scan(*ReaderOf(*subject), TableId::kDevices).size() == 2);

  subject->options.replace = true;
  auto replaced = subject->backend->Create(subject->options, MakeManifest(),
                                           fleet.MakeBatch(0));
  INFO(replaced.status().message());
  REQUIRE(replaced.ok());
  FinishNow(**replaced);
  CHECK(Scan(*ReaderOf(*subject), TableId::kDevices).empty());
}

TEST_CASE("An unfinished dataset exists at every level but bulk",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  CHECK(subject->backend->OpenReader().status().code() ==
        StatusCode::kBadInput);
  auto session = CreateWithFleet(*subject);
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  CHECK(subject->backend->OpenReader().ok() == !subject->is_bulk());
  session.reset();
  CHECK(subject->backend->OpenReader().ok() == !subject->is_bulk());
}

TEST_CASE("After Interrupt a session says that it was stopped",
          "[conformance]") {
  const auto subject = EverySubjectAndNull();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  session->Interrupt();
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  CHECK(session->Apply(events.MakeBatch(1)).code() == StatusCode::kInterrupted);
  CHECK(session->Finish(MakeManifest(), {}).code() == StatusCode::kInterrupted);
  CheckNothingRemains(*subject, std::move(session));
}

TEST_CASE("A scan ends when its visitor says so, or on Interrupt",
          "[conformance]") {
  const auto subject = EverySubject();
  INFO(subject->name);
  FinishNow(*CreateWithFleet(*subject));
  const auto reader = ReaderOf(*subject);
  int visits = 0;
  CHECK(reader
            ->ScanTable(TableId::kDevices,
                        [&visits](const StoredRow&) { return ++visits < 1; })
            .ok());
  CHECK(visits == 1);
  reader->Interrupt();
  CHECK(
      reader
          ->ScanTable(TableId::kDevices, [](const StoredRow&) { return true; })
          .code() == StatusCode::kInterrupted);
}

TEST_CASE("Reports of Finish count up to their total", "[conformance]") {
  const auto subject = EverySubjectAndNull();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  std::map<std::string, std::pair<size_t, size_t>> last;
  FinishProgress progress;
  progress.report = [&last](std::string_view stage, size_t done, size_t total) {
    last[std::string(stage)] = {done, total};
  };
  REQUIRE(session->Finish(MakeManifest(), progress).ok());
  CHECK_FALSE(last.empty());
  for (const auto& [stage, count] : last) {
    INFO(stage);
    CHECK(count.first == count.second);
  }
  CHECK_FALSE(session->Settings().empty());
}

TEST_CASE("A finished dataset takes nothing more", "[conformance]") {
  const auto subject = EverySubjectAndNull();
  INFO(subject->name);
  auto session = CreateWithFleet(*subject);
  FinishNow(*session);
  EventList events;
  events.Insert(MakeMetrics(1, kMonday));
  CHECK(session->Apply(events.MakeBatch(1)).code() == StatusCode::kIntegrity);
  CHECK(session->Finish(MakeManifest(), {}).code() == StatusCode::kIntegrity);
}

TEST_CASE("null: takes any batch, leaves nothing and has nothing to read",
          "[conformance]") {
  const auto subject = MakeSubject("null");
  const auto check_unreadable = [&subject] {
    const Status status = subject->backend->OpenReader().status();
    CHECK(status.code() == StatusCode::kBadInput);
    CHECK_THAT(status.message(), HoldsText("null: stores nothing"));
  };
  check_unreadable();
  auto session = CreateWithFleet(*subject);
  // No engine could: an update of a row that is not there.
  const DeviceRow missing = MakeDevice(3, "dev-3");
  DeviceRow changed = missing;
  changed.status = "offline";
  EventList events;
  events.Update(missing, changed).Insert(MakeMetrics(1, kMonday));
  CHECK(session->Apply(events.MakeBatch(1)).ok());
  CHECK(session->Apply(events.MakeBatch(2)).ok());
  CHECK(session->Apply(events.MakeBatch(2)).code() == StatusCode::kIntegrity);
  Batch other_lane = events.MakeBatch(2);
  other_lane.ledger.lane = 1;
  CHECK(session->Apply(other_lane).ok());
  FinishNow(*session);
  check_unreadable();
  CHECK(subject->directory.List().empty());
  // Nothing is ever in the way.
  FinishNow(*CreateWithFleet(*subject));
}

TEST_CASE("The model refuses an update whose hashes are not those of the row",
          "[conformance]") {
  ModelBackend model;
  EventList fleet;
  AddFleet(&fleet);
  auto session = model.Create({}, MakeManifest(), fleet.MakeBatch(0));
  REQUIRE(session.ok());
  DeviceRow other = MakeDevice(1, "dev-1");
  other.status = "error";
  DeviceRow after = other;
  after.status = "offline";
  EventList events;
  events.Update(other, after);
  CHECK((*session)->Apply(events.MakeBatch(1)).code() ==
        StatusCode::kIntegrity);
  const auto row = model.Find(TableId::kDevices, 1);
  REQUIRE(row.has_value());
  const auto status = Table(TableId::kDevices).Find("status");
  CHECK((*row)[static_cast<size_t>(status)].text == "online");
  CHECK(model.ComputeDigest() == fleet.MakeBatch(0).ledger.delta);
}

}  // namespace
}  // namespace tillstorm
