#include "harness/batch_writer.h"

#include <vector>

#include "harness/core/event_sink.h"
#include "harness/core/rows_telemetry.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

// Keeps the sizes of batches; fails from a given one on.
class FakeSession final : public Session {
 public:
  Status Apply(const Batch& batch) override {
    if (static_cast<int>(sizes.size()) == fail_at) {
      return {StatusCode::kIo, "the disk is full"};
    }
    sizes.push_back(batch.events.size());
    numbers.push_back(batch.ledger.batch);
    last.push_back(batch.ledger.owners.at(0).instant);
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

  int fail_at = -1;
  std::vector<size_t> sizes;
  std::vector<int32_t> numbers;
  std::vector<Instant> last;
  Digest total;
};

// State rows at the given instants, in microseconds.
std::vector<const Event*> EventsAt(testing::Recorder& recorder,
                                   const std::vector<int64_t>& instants) {
  EventSink sink(recorder);
  for (size_t i = 0; i < instants.size(); ++i) {
    DeviceStateHistoryRow row;
    row.timestamp = FromMicros(instants[i]);
    row.device_id = static_cast<int32_t>(i);
    row.new_state = "online";
    sink.BeginStep({EntityKind::kDevice, static_cast<uint32_t>(i)},
                   row.timestamp);
    sink.Insert(row);
    sink.EndStep();
  }
  return recorder.events();
}

TEST_CASE("a batch ends at the first new instant after it is full",
          "[writer]") {
  testing::Recorder recorder;
  FakeSession session;
  BatchWriter writer(session, {3, 1 << 20}, LaneOptions());
  for (const Event* event :
       EventsAt(recorder, {1, 2, 3, 3, 3, 4, 5, 6, 7, 7})) {
    REQUIRE(writer.Add(*event).ok());
  }
  REQUIRE(writer.Flush().ok());
  CHECK(session.sizes == std::vector<size_t>{5, 3, 2});
  CHECK(session.numbers == std::vector<int32_t>{1, 2, 3});
  CHECK(session.last ==
        std::vector<Instant>{FromMicros(3), FromMicros(6), FromMicros(7)});
  CHECK(session.total == writer.digest());
  CHECK(writer.rows() == 10);
}

TEST_CASE("a batch ends when its bytes are reached", "[writer]") {
  testing::Recorder recorder;
  FakeSession session;
  const auto events = EventsAt(recorder, {1, 2, 3, 4});
  BatchWriter writer(session, {1000, 2 * events[0]->payload_size},
                     LaneOptions());
  for (const Event* event : events) REQUIRE(writer.Add(*event).ok());
  REQUIRE(writer.Flush().ok());
  CHECK(session.sizes == std::vector<size_t>{2, 2});
}

TEST_CASE("an empty batch is not committed", "[writer]") {
  FakeSession session;
  BatchWriter writer(session, {}, LaneOptions());
  REQUIRE(writer.Flush().ok());
  CHECK(session.sizes.empty());
  CHECK(writer.next_batch() == 1);
}

TEST_CASE("what a failed batch held is not counted", "[writer]") {
  testing::Recorder recorder;
  FakeSession session;
  session.fail_at = 1;
  BatchWriter writer(session, {1, 1 << 20}, LaneOptions());
  const auto events = EventsAt(recorder, {1, 2, 3});
  REQUIRE(writer.Add(*events[0]).ok());
  REQUIRE(writer.Add(*events[1]).ok());
  const Status status = writer.Add(*events[2]);
  CHECK(status.code() == StatusCode::kIo);
  CHECK(writer.rows() == 1);
  CHECK(writer.next_batch() == 2);
}

}  // namespace
}  // namespace tillstorm
