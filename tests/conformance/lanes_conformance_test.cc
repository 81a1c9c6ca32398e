// Several sessions that write one dataset at once: what one of them does is
// nothing to the others.
#include <set>
#include <thread>
#include <vector>

#include "tests/conformance/subject.h"

namespace tillstorm {
namespace {

constexpr int kLanes = 3;

std::unique_ptr<Subject> WithLanes(const std::string& name) {
  auto subject = MakeSubject(name);
  subject->options.lanes = kLanes;
  return subject;
}

std::unique_ptr<Subject> EverySubjectWithLanes() {
  return WithLanes(GENERATE(as<std::string>(), "model", "model bulk",
                            "postgres process", "postgres power",
                            "postgres insert", "postgres bulk", "null"));
}

// The sessions of a new dataset, lane by lane.
std::vector<std::unique_ptr<Session>> CreateLanes(Subject& subject) {
  EventList fleet;
  AddFleet(&fleet);
  Manifest manifest = MakeManifest();
  if (subject.is_bulk()) manifest.state = "loading";
  auto first =
      subject.backend->Create(subject.options, manifest, fleet.MakeBatch(0));
  INFO(first.status().message());
  REQUIRE(first.ok());
  std::vector<std::unique_ptr<Session>> lanes;
  lanes.push_back(std::move(*first));
  while (lanes.size() < kLanes) {
    auto lane = lanes.front()->OpenLane();
    INFO(lane.status().message());
    REQUIRE(lane.ok());
    lanes.push_back(std::move(*lane));
  }
  return lanes;
}

// `count` rows of a lane's batch, unlike all others.
class LaneRows : public EventList {
 public:
  LaneRows(int lane, int32_t batch, int count) : lane_(lane), batch_(batch) {
    const int64_t first = (int64_t{lane} << 40) + (int64_t{batch} << 20);
    for (int i = 0; i < count; ++i) {
      Insert(MakeMetrics(1, kMonday + Micros(first + i)));
    }
  }
  [[nodiscard]] Batch Make() {
    Batch batch = MakeBatch(batch_);
    batch.ledger.lane = lane_;
    batch.ledger.owners = {{static_cast<uint32_t>(lane_), kMonday}};
    return batch;
  }

 private:
  const int32_t lane_;
  const int32_t batch_;
};

void ApplyOk(Session& session, LaneRows& rows, Digest* sent) {
  const Batch batch = rows.Make();
  const Status status = session.Apply(batch);
  INFO(status.message());
  REQUIRE(status.ok());
  sent->Add(batch.ledger.delta);
}

Digest FleetDigest() {
  EventList fleet;
  AddFleet(&fleet);
  return fleet.MakeBatch(0).ledger.delta;
}

// Ends all lanes; then the dataset has what was sent, under ids of its own.
void CheckHolds(Subject& subject, std::vector<std::unique_ptr<Session>> lanes,
                const Digest& sent) {
  while (lanes.size() > 1) lanes.pop_back();
  FinishNow(*lanes.front());
  lanes.clear();
  if (!subject.stores) return;
  const auto reader = ReaderOf(subject);
  CHECK(ScanDigest(*reader) == sent);
  const auto ledger = ReadLedger(*reader);
  REQUIRE(ledger.ok());
  CHECK(ledger->total == sent);
  const auto rows = Scan(*reader, TableId::kDeviceMetrics);
  std::set<int64_t> ids;
  for (const ScannedRow& row : rows) ids.insert(row.id);
  CHECK(ids.size() == rows.size());
}

TEST_CASE("A backend of one writer opens no further lane", "[conformance]") {
  const auto subject =
      MakeSubject(GENERATE(as<std::string>(), "sqlite process", "sqlite bulk"));
  CHECK(subject->backend->max_lanes() == 1);
  const auto session = CreateWithFleet(*subject);
  CHECK(session->OpenLane().status().exit_code() == 2);
}

TEST_CASE("Lanes write at once", "[conformance]") {
  const auto subject = EverySubjectWithLanes();
  INFO(subject->name);
  CHECK(subject->backend->max_lanes() >= kLanes);
  auto lanes = CreateLanes(*subject);
  constexpr int kBatches = 10;
  std::vector<Status> ends(kLanes);
  std::vector<Digest> sent(kLanes);
  std::vector<std::thread> threads;
  for (int lane = 0; lane < kLanes; ++lane) {
    threads.emplace_back([&, lane] {
      const auto at = static_cast<size_t>(lane);
      for (int32_t number = 1; number <= kBatches && ends[at].ok(); ++number) {
        LaneRows rows(lane, number, 20);
        const Batch batch = rows.Make();
        ends[at] = lanes[at]->Apply(batch);
        sent[at].Add(batch.ledger.delta);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Digest all = FleetDigest();
  for (size_t lane = 0; lane < kLanes; ++lane) {
    INFO(lane << ": " << ends[lane].message());
    CHECK(ends[lane].ok());
    all.Add(sent[lane]);
  }
  CheckHolds(*subject, std::move(lanes), all);
}

TEST_CASE("A lane whose batch fails leaves the others alone", "[conformance]") {
  // Of `bulk` nothing is left of a load that failed.
  const auto subject =
      WithLanes(GENERATE(as<std::string>(), "model", "postgres process",
                         "postgres power", "postgres insert"));
  INFO(subject->name);
  const size_t failing = GENERATE(0U, 1U);
  auto lanes = CreateLanes(*subject);
  Digest sent = FleetDigest();
  for (int lane = 0; lane < kLanes; ++lane) {
    LaneRows rows(lane, 1, 5);
    ApplyOk(*lanes[static_cast<size_t>(lane)], rows, &sent);
  }
  LaneRows wrong(static_cast<int>(failing), 2, 5);
  DeviceRow nobody = MakeDevice(77, "dev-77");
  wrong.Update(nobody, nobody);
  CHECK(lanes[failing]->Apply(wrong.Make()).exit_code() == 70);
  for (int lane = 0; lane < kLanes; ++lane) {
    const auto at = static_cast<size_t>(lane);
    if (at == failing) continue;
    LaneRows rows(lane, 2, 5);
    ApplyOk(*lanes[at], rows, &sent);
    CHECK(*lanes[at]->ResolveDoubt(lane, 2));
    CHECK_FALSE(*lanes[at]->ResolveDoubt(static_cast<int>(failing), 2));
  }
  lanes.back().reset();
  lanes.clear();
  const auto reader = ReaderOf(*subject);
  CHECK(ScanDigest(*reader) == sent);
  const auto ledger = ReadLedger(*reader);
  REQUIRE(ledger.ok());
  CHECK(ledger->total == sent);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    CHECK(ledger->NextBatch(static_cast<int32_t>(lane)) ==
          (lane == failing ? 2 : 3));
  }
}

TEST_CASE("A lane that is stopped leaves the others alone", "[conformance]") {
  const auto subject = EverySubjectWithLanes();
  INFO(subject->name);
  auto lanes = CreateLanes(*subject);
  Digest sent = FleetDigest();
  LaneRows before(1, 1, 5);
  ApplyOk(*lanes[1], before, &sent);
  lanes[1]->Interrupt();
  LaneRows stopped(1, 2, 5);
  CHECK(lanes[1]->Apply(stopped.Make()).code() == StatusCode::kInterrupted);
  for (const int lane : {0, 2}) {
    LaneRows rows(lane, 1, 5);
    ApplyOk(*lanes[static_cast<size_t>(lane)], rows, &sent);
  }
  CheckHolds(*subject, std::move(lanes), sent);
}

TEST_CASE("A lane that has ended leaves what it applied", "[conformance]") {
  const auto subject = EverySubjectWithLanes();
  INFO(subject->name);
  auto lanes = CreateLanes(*subject);
  Digest sent = FleetDigest();
  LaneRows last(2, 1, 5);
  ApplyOk(*lanes[2], last, &sent);
  lanes.pop_back();
  // Another one may take its place.
  auto next = lanes.front()->OpenLane();
  INFO(next.status().message());
  REQUIRE(next.ok());
  lanes.push_back(std::move(*next));
  LaneRows more(2, 2, 5);
  ApplyOk(*lanes[2], more, &sent);
  CheckHolds(*subject, std::move(lanes), sent);
}

}  // namespace
}  // namespace tillstorm
