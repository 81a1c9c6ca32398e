#include "harness/lane_fan.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/event_sink.h"
#include "harness/core/rows_telemetry.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

// Keeps which events came in which order; fails at a given batch.
class FakeSession final : public Session {
 public:
  Status Apply(const Batch& batch) override {
    if (batch.ledger.batch == fail_at) {
      return {StatusCode::kIo, "the disk is full"};
    }
    lanes.insert(batch.ledger.lane);
    for (const Event* event : batch.events) {
      order[event->entity.value].push_back(event->instant);
    }
    total.Add(batch.ledger.delta);
    return Status::Ok();
  }
  Result<bool> ResolveDoubt(int32_t, int32_t) override { return false; }
  Status SetManifest(const Manifest&) override { return Status::Ok(); }
  Status Finish(const Manifest&, const FinishProgress&) override {
    return Status::Ok();
  }
  void Interrupt() override {}
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return {};
  }

  int32_t fail_at = -1;
  std::set<int32_t> lanes;
  std::map<uint32_t, std::vector<Instant>> order;
  Digest total;
};

constexpr uint32_t kOwners = 7;
constexpr int kWindows = 40;

// A window: two rows of each owner.
std::vector<const Event*> WindowAt(testing::Recorder& recorder, int number) {
  const size_t before = recorder.events().size();
  EventSink sink(recorder);
  for (int instant = 2 * number; instant < 2 * number + 2; ++instant) {
    for (uint32_t owner = 0; owner < kOwners; ++owner) {
      DeviceStateHistoryRow row;
      row.timestamp = FromMicros(instant);
      row.device_id = static_cast<int32_t>(owner);
      row.new_state = "online";
      sink.BeginStep({EntityKind::kDevice, owner}, row.timestamp);
      sink.Insert(row);
      sink.EndStep();
    }
  }
  std::vector<const Event*> events = recorder.events();
  events.erase(events.begin(),
               events.begin() + static_cast<std::ptrdiff_t>(before));
  return events;
}

TEST_CASE("Each owner's events go through one lane, in order", "[lane_fan]") {
  testing::Recorder recorder;
  std::vector<FakeSession> sessions(3);
  LaneFan fan({&sessions[0], &sessions[1], &sessions[2]}, {10, 1 << 20});
  Digest sent;
  for (int number = 0; number < kWindows; ++number) {
    const auto events = WindowAt(recorder, number);
    for (const Event* event : events) AddToDigest(*event, &sent);
    REQUIRE(fan.Add(events).ok());
    CHECK(fan.committed() <= number + 1);
  }
  REQUIRE(fan.Flush().ok());
  CHECK(fan.committed() == kWindows);
  CHECK(fan.digest() == sent);
  CHECK(fan.rows() == kWindows * 2 * int64_t{kOwners});
  Digest stored;
  size_t owners = 0;
  for (int32_t lane = 0; lane < 3; ++lane) {
    const FakeSession& session = sessions[static_cast<size_t>(lane)];
    CHECK(session.lanes == std::set<int32_t>{lane});
    owners += session.order.size();
    stored.Add(session.total);
    for (const auto& [owner, instants] : session.order) {
      REQUIRE(instants.size() == 2 * kWindows);
      for (int i = 0; i < 2 * kWindows; ++i) {
        CHECK(instants[static_cast<size_t>(i)] == FromMicros(i));
      }
    }
  }
  CHECK(owners == kOwners);  // none is in two lanes
  CHECK(stored == sent);
}

TEST_CASE("An error of one lane ends the fan", "[lane_fan]") {
  testing::Recorder recorder;
  std::vector<FakeSession> sessions(2);
  sessions[1].fail_at = 2;
  LaneFan fan({&sessions[0], &sessions[1]}, {5, 1 << 20});
  for (int number = 0; number < kWindows; ++number) {
    if (!fan.Add(WindowAt(recorder, number)).ok()) break;
  }
  const Status status = fan.Flush();
  CHECK(status.code() == StatusCode::kIo);
  CHECK(status.message() == "the disk is full");
  CHECK(fan.committed() < kWindows);
}

TEST_CASE("A fan that is dropped commits no more than full batches",
          "[lane_fan]") {
  testing::Recorder recorder;
  std::vector<FakeSession> sessions(2);
  {
    LaneFan fan({&sessions[0], &sessions[1]}, {1000, 1 << 20});
    REQUIRE(fan.Add(WindowAt(recorder, 0)).ok());
  }
  CHECK(sessions[0].order.empty());
  CHECK(sessions[1].order.empty());
}

}  // namespace
}  // namespace tillstorm
