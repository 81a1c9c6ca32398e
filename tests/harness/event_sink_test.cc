#include "harness/core/event_sink.h"

#include <string>
#include <vector>

#include "harness/core/rows_fleet.h"
#include "harness/core/rows_telemetry.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

DeviceStateHistoryRow RowWith(std::string_view reason) {
  DeviceStateHistoryRow row;
  row.new_state = "online";
  row.reason = reason;
  return row;
}

TEST_CASE("a Step goes on in the next block, and the block says so", "[sink]") {
  testing::Recorder recorder(1024);
  EventSink sink(recorder);
  const std::string reason(300, 'x');
  const EntityId entity(EntityKind::kDevice, 4);
  sink.BeginStep(entity, FromMicros(9));
  for (int i = 0; i < 5; ++i) sink.Insert(RowWith(reason));
  sink.EndStep();
  const auto events = recorder.events();
  REQUIRE(events.size() == 5);
  for (size_t i = 0; i < events.size(); ++i) {
    CHECK(events[i]->position == i);
    CHECK(events[i]->entity == entity);
    CHECK(events[i]->instant == FromMicros(9));
    CHECK(events[i]->hash_after == HashBytes(events[i]->payload()));
  }
  sink.BeginStep(entity, FromMicros(10));
  sink.Insert(RowWith(reason));
  sink.EndStep();
  CHECK(recorder.events().back()->position == 0);
}

TEST_CASE("a row larger than a block gets one of its own", "[sink]") {
  testing::Recorder recorder(256);
  EventSink sink(recorder);
  const std::string reason(10'000, 'y');
  sink.BeginStep({EntityKind::kDevice, 1}, FromMicros(1));
  sink.Insert(RowWith(reason));
  sink.EndStep();
  REQUIRE(recorder.events().size() == 1);
  CHECK(recorder.events()[0]->payload_size > 10'000);
}

TEST_CASE("an update carries the hashes of the whole row before and after",
          "[sink]") {
  DeviceRow before;
  before.id = 3;
  before.name = "till";
  before.status = "online";
  DeviceRow after = before;
  after.status = "error";
  testing::Recorder recorder;
  EventSink sink(recorder);
  sink.BeginStep({EntityKind::kDevice, 2}, FromMicros(1));
  sink.Insert(before);
  sink.Update(before, after);
  sink.Insert(after);
  sink.EndStep();
  const auto events = recorder.events();
  REQUIRE(events.size() == 3);
  CHECK(events[1]->op == EventOp::kUpdate);
  CHECK(events[1]->hash_before == events[0]->hash_after);
  CHECK(events[1]->hash_after == events[2]->hash_after);
  Digest updated;
  AddToDigest(*events[0], &updated);
  AddToDigest(*events[1], &updated);
  Digest direct;
  AddToDigest(*events[2], &direct);
  CHECK(updated == direct);
}

TEST_CASE("rows of tables that are left out go nowhere", "[sink]") {
  const auto emit = [](EventSink& sink, bool with_checks) {
    DeviceRow device;
    device.id = 3;
    DeviceRow renamed = device;
    renamed.name = "till";
    HealthCheckRow check;
    check.device_id = 3;
    for (const int64_t micros : {5, 6}) {
      sink.BeginStep({EntityKind::kDevice, 2}, FromMicros(micros));
      if (with_checks) sink.Insert(check);
      sink.Insert(RowWith("first"));
      if (with_checks) sink.Update(device, renamed);
      if (with_checks) sink.Insert(check);
      sink.Insert(RowWith("second"));
      sink.EndStep();
    }
  };
  testing::Recorder recorder(1024);
  EventSink sink(recorder, TableSet()
                               .set(Index(TableId::kHealthChecks))
                               .set(Index(TableId::kDevices)));
  emit(sink, /*with_checks=*/true);
  testing::Recorder expected_recorder(1024);
  EventSink expected_sink(expected_recorder);
  emit(expected_sink, /*with_checks=*/false);

  const auto events = recorder.events();
  const auto expected = expected_recorder.events();
  REQUIRE(events.size() == 4);
  REQUIRE(expected.size() == 4);
  for (size_t i = 0; i < events.size(); ++i) {
    INFO(i);
    CHECK(events[i]->table == TableId::kDeviceStateHistory);
    CHECK(events[i]->position == i % 2);
    CHECK(testing::SameEvent(*events[i], *expected[i]));
  }
}

TEST_CASE("a Step of left-out rows alone takes no block", "[sink]") {
  testing::Recorder recorder;
  TableSet all;
  all.set();
  EventSink sink(recorder, all);
  sink.BeginStep({EntityKind::kDevice, 2}, FromMicros(1));
  sink.Insert(RowWith("nobody reads it"));
  sink.EndStep();
  CHECK(recorder.events().empty());
  CHECK(recorder.block_count() == 0);
}

TEST_CASE("events are ordered by instant, table, entity and position",
          "[sink]") {
  const auto event = [](int64_t instant, TableId table, uint32_t entity,
                        uint16_t position) {
    Event result;
    result.instant = FromMicros(instant);
    result.table = table;
    result.entity = {EntityKind::kDevice, entity};
    result.position = position;
    return result;
  };
  const Event first = event(1, TableId::kTruth, 9, 9);
  const Event second = event(2, TableId::kHealthChecks, 9, 9);
  const Event third = event(2, TableId::kDeviceMetrics, 1, 9);
  const Event fourth = event(2, TableId::kDeviceMetrics, 2, 0);
  const Event fifth = event(2, TableId::kDeviceMetrics, 2, 1);
  const std::vector<Event> order = {first, second, third, fourth, fifth};
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t j = 0; j < order.size(); ++j) {
      CHECK(Before(order[i], order[j]) == (i < j));
    }
  }
  // A site comes before its devices.
  CHECK(EntityId(EntityKind::kSite, 9) < EntityId(EntityKind::kDevice, 0));
}

}  // namespace
}  // namespace tillstorm
