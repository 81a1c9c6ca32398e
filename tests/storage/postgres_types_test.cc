// What stands in PostgreSQL's tables, seen by plain SQL under HOMEPOT's names.
#include <string>

#include "tests/storage/postgres_fixture.h"

namespace tillstorm {
namespace {

TEST_CASE("Values have HOMEPOT's types, and instants their time zones",
          "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  EventList events;
  HealthCheckRow check = MakeHealthCheck(1, kMonday + Micros(123'456));
  events.Insert(check).Insert(MakeMetrics(2, kMonday + Micros(123'456)));
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());

  // Core tables store timestamptz, analytics tables naive UTC.
  CHECK(dataset.Value("SELECT pg_typeof(timestamp) FROM health_checks") ==
        "timestamp with time zone");
  CHECK(dataset.Value("SELECT pg_typeof(timestamp) FROM device_metrics") ==
        "timestamp without time zone");
  CHECK(dataset.Value("SET TimeZone='Asia/Tokyo'; SELECT timestamp FROM "
                      "health_checks") == "2026-01-05 17:00:00.123456+09");
  CHECK(dataset.Value("SET TimeZone='Asia/Tokyo'; SELECT timestamp FROM "
                      "device_metrics") == "2026-01-05 08:00:00.123456");
  // A json column keeps its text.
  CHECK(dataset.Value("SELECT pg_typeof(response_data) FROM health_checks") ==
        "json");
  CHECK(dataset.Value("SELECT response_data FROM health_checks") ==
        R"({"status": "healthy", "list": [1, 2.5]})");
  CHECK(dataset.Value("SELECT response_data->'list'->>1 FROM health_checks") ==
        "2.5");
  CHECK(dataset.Value("SELECT is_healthy FROM health_checks") == "t");
  CHECK(dataset.Value("SELECT error_message FROM health_checks") == "NULL");
  CHECK(dataset.Value("SELECT cpu_percent FROM device_metrics") == "12.5");
  // -0.0 is stored as 0.
  CHECK(dataset.Value("SELECT memory_percent FROM device_metrics") == "0");
  CHECK(dataset.Value("SELECT name FROM sites") == "Caf\xc3\xa9");
  CHECK(dataset.Value("SELECT longitude FROM sites") == "-2.25");
  CHECK(dataset.Value("SELECT open_time || ' ' || close_time FROM "
                      "site_operating_schedules") ==
        "08:00:00 23:59:59.999999");
  CHECK(dataset.Value("SELECT notes FROM site_operating_schedules").empty());
  CHECK(dataset.Value("SELECT encode(owners, 'hex') FROM tillstorm_ledger "
                      "WHERE batch=1") == "ffffffff41420f0000000000");
}

TEST_CASE("A row inserted by SQL gets the id after the largest one",
          "[postgres]") {
  PostgresDataset dataset;
  const bool bulk = GENERATE(false, true);
  CreateOptions options;
  if (bulk) options = {Durability::kBulk, IndexMode::kDeferred};
  auto session = dataset.Create(options);
  // The fleet's sequences are set at the opening, seen at bulk when it is over.
  MetricsList events(0, 5);
  REQUIRE(session->Apply(events.MakeBatch(1)).ok());
  REQUIRE(session->Finish(MakeManifest(), {}).ok());
  CHECK(dataset.Value("INSERT INTO devices (device_id, name, device_type, "
                      "status, lifecycle_state, site_id, is_active, "
                      "is_simulated, created_at) SELECT 'dev-x', name, "
                      "device_type, status, lifecycle_state, site_id, "
                      "is_active, is_simulated, created_at FROM devices WHERE "
                      "id=1 RETURNING id") == "3");
  CHECK(dataset.Value("INSERT INTO device_metrics (timestamp, device_id) "
                      "VALUES (now(), 1) RETURNING id") == "6");
  CHECK(dataset.Value("INSERT INTO alerts (timestamp, title, severity, "
                      "category, status) VALUES (now(), 't', 'info', "
                      "'performance', 'active') RETURNING id") == "1");
  CHECK(dataset.Value("SELECT nextval('health_checks_id_seq')") == "1");
}

TEST_CASE("Bulk leaves the keys and indexes that a live dataset has",
          "[postgres]") {
  const std::string constraints =
      "SELECT string_agg(conrelid::regclass || ' ' || conname || ' ' || "
      "pg_get_constraintdef(oid), E'\\n' ORDER BY conrelid::regclass::text, "
      "conname) FROM pg_constraint WHERE connamespace='public'::regnamespace";
  const std::string indexes =
      "SELECT string_agg(indexdef, E'\\n' ORDER BY indexname) FROM pg_indexes "
      "WHERE schemaname='public'";
  PostgresDataset live;
  REQUIRE(live.Create()->Finish(MakeManifest(), {}).ok());
  PostgresDataset bulk;
  REQUIRE(bulk.Create({Durability::kBulk, IndexMode::kDeferred})
              ->Finish(MakeManifest(), {})
              .ok());
  CHECK(live.Value("SELECT count(*) FROM pg_constraint WHERE contype='f'") ==
        "34");
  CHECK(bulk.Value(constraints) == live.Value(constraints));
  CHECK(bulk.Value(indexes) == live.Value(indexes));
}

TEST_CASE(
    "Devices and lifecycle epochs that refer to each other go in together",
    "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  DeviceRow device = MakeDevice(3, "dev-3");
  device.lifecycle_epoch_id = 9;
  LifecycleEpochRow epoch;
  epoch.id = 9;
  epoch.epoch_id = "epoch-9";
  epoch.device_id = 3;
  epoch.site_id = 1;
  epoch.claimed_at = kMonday;
  epoch.enrolment_method = "manual";
  EventList events;
  events.Insert(device).Insert(epoch);
  const Status status = session->Apply(events.MakeBatch(1));
  INFO(status.message());
  REQUIRE(status.ok());
  CHECK(dataset.Value("SELECT d.id FROM devices d JOIN lifecycle_epochs e ON "
                      "e.id=d.lifecycle_epoch_id AND e.device_id=d.id") == "3");
}

TEST_CASE("A row that refers to none breaks integrity", "[postgres]") {
  PostgresDataset dataset;
  auto session = dataset.Create();
  EventList events;
  events.Insert(MakeMetrics(99, kMonday));
  const Status status = session->Apply(events.MakeBatch(1));
  CHECK(status.exit_code() == 70);
  CHECK_THAT(status.message(), HoldsText("device_metrics"));
  CHECK_THAT(status.message(), HoldsText("SQLSTATE 23503"));
}

}  // namespace
}  // namespace tillstorm
