// Folding: the inserts and updates of live paths leave the same rows as the
// bulk path writes at once, wherever the span ends.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "agents/device_agent.h"
#include "agents/site_agent.h"
#include "harness/core/sampler.h"
#include "harness/fleet_events.h"
#include "harness/generate.h"
#include "storage/model/model_backend.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

using testing::Recorder;

constexpr uint64_t kSeed = 11;
constexpr int64_t kHourUs = 3'600 * kMicrosPerSecond;

Scenario BusyScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 8;
  scenario.devices = 20;
  scenario.interval = Micros{60 * kMicrosPerSecond};
  scenario.device_faults_per_1000_days = 700;
  scenario.site_outages_per_1000_days = 400;
  scenario.glitches_per_1000_days = 5000;
  return scenario;
}

// The model fed as a live run would: fleet at the opening, then every insert
// and update in total order, in batches of varying size.
class LiveFeed {
 public:
  LiveFeed(const Plan& plan, Instant start, Instant end) : fleet_(plan, start) {
    const AgentSpan span{start, start, end, EmitMode::kChanges};
    for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
      SiteAgent agent(plan, site, span);
      recorder_.Run(agent);
    }
    for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
      DeviceAgent agent(plan, device, span);
      recorder_.Run(agent);
    }
    events_ = recorder_.events();
    std::sort(events_.begin(), events_.end(),
              [](const Event* a, const Event* b) { return Before(*a, *b); });
    Batch opening;
    opening.events = fleet_.events();
    auto session = model_.Create({}, {}, opening);
    REQUIRE(session.ok());
    session_ = std::move(*session);
  }

  // Applies what happened before `until`.
  void Feed(Instant until) {
    while (next_ < events_.size() && events_[next_]->instant < until) {
      const size_t size = 1 + 37 * static_cast<size_t>(batch_) % 1500;
      size_t end = next_;
      while (end < events_.size() && events_[end]->instant < until &&
             end - next_ < size) {
        ++end;
      }
      Batch batch;
      batch.events = std::span(events_).subspan(next_, end - next_);
      batch.ledger.batch = ++batch_;
      const Status status = session_->Apply(batch);
      INFO(status.message());
      REQUIRE(status.ok());
      next_ = end;
    }
  }

  [[nodiscard]] const ModelBackend& model() const { return model_; }

 private:
  FleetEvents fleet_;
  Recorder recorder_{64 * 1024};
  std::vector<const Event*> events_;
  size_t next_ = 0;
  int32_t batch_ = 0;
  ModelBackend model_;
  std::unique_ptr<Session> session_;
};

// Ends of spans: in the middle of faults, restarts and outages, at midnights,
// and anywhere. Ascending.
std::vector<Instant> PickEnds(const Plan& plan, Instant start, Instant end) {
  std::vector<Instant> ends;
  const auto add = [&](Instant from, Instant to) {
    const Instant middle = from + (to - from) / 2;
    if (middle > start && middle < end && ends.size() < 14) {
      ends.push_back(middle);
    }
  };
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    const TimeZone& zone = plan.ZoneOf(facts.site);
    const DeviceDay day(plan, device, facts, zone.DayOf(end));
    for (const Fault& fault : day.faults()) {
      add(fault.onset, fault.failing_from);
      add(fault.failing_from, fault.restart);
      add(fault.restart, fault.end);
    }
    if (const auto outage = plan.OutageOf(facts.site, day.span())) {
      add(outage->onset, outage->end);
    }
  }
  const Stream random(2, StreamPhase::kBench, {EntityKind::kFleet, 0}, 1);
  for (uint64_t i = 0; ends.size() < 20; ++i) {
    const int64_t offset =
        UniformBetween(random.At(0, i).u64(0), 1, (end - start).count());
    ends.push_back(start + Micros{offset});
  }
  std::sort(ends.begin(), ends.end());
  return ends;
}

TEST_CASE("updates fold into the rows that generate writes, wherever it ends",
          "[fold]") {
  const Instant start = *ParseIsoDateTime("2026-02-02T17:23:45.678901");
  const Instant end = start + Micros{28 * kHourUs};
  const Plan plan(kSeed, BusyScenario(), start);
  const std::vector<Instant> ends = PickEnds(plan, start, end);
  LiveFeed live(plan, start, end);
  size_t rows = 0;
  size_t faulty_devices = 0;
  for (const Instant at : ends) {
    live.Feed(at);
    ModelBackend bulk;
    GenerateOptions options;
    options.seed = kSeed;
    options.scenario = BusyScenario();
    options.start = start;
    options.end = at;
    options.threads = 2;
    GenerateProgress progress;
    REQUIRE(Generate(options, bulk, &progress, std::atomic<bool>{false}).ok());
    for (const TableInfo& table : AllTables()) {
      if (!table.in_digest) continue;
      INFO("end " << IsoDateTime(at) << ", table " << table.name);
      REQUIRE(live.model().rows(table.id) == bulk.rows(table.id));
      rows += bulk.rows(table.id).size();
    }
    for (const auto& [id, row] : bulk.rows(TableId::kDevices)) {
      const auto values = *bulk.Find(TableId::kDevices, id);
      const auto status =
          static_cast<size_t>(Table(TableId::kDevices).Find("status"));
      faulty_devices += values[status].text != "online" ? 1 : 0;
    }
  }
  CHECK(faulty_devices > 0);
  fmt::print("figure: {} ends, {} rows compared, {} devices not online\n",
             ends.size(), rows, faulty_devices);
}

}  // namespace
}  // namespace tillstorm
