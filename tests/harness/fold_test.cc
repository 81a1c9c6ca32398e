// Folding: the inserts and updates of live paths leave the same rows as the
// bulk path writes at once, wherever the span ends.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agents/alert.h"
#include "agents/device_agent.h"
#include "agents/job.h"
#include "agents/job_rows.h"
#include "agents/site_agent.h"
#include "agents/site_day.h"
#include "agents/traffic_agent.h"
#include "harness/core/sampler.h"
#include "harness/fleet_events.h"
#include "harness/generate.h"
#include "storage/model/model_backend.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

using testing::Recorder;

// One with every kind of thing within a day, roll-outs that fail among them.
constexpr uint64_t kSeed = 15;
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
  LiveFeed(const Plan& plan, Instant start, Instant end)
      : fleet_(plan, [start](EntityId) {
          return AgentSpan{start, start, start};
        }) {
    const AgentSpan span{start, start, end, EmitMode::kChanges};
    for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
      SiteAgent agent(plan, site, span);
      recorder_.Run(agent);
    }
    for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
      DeviceAgent agent(plan, device, span);
      recorder_.Run(agent);
    }
    for (uint32_t i = 0; i < plan.fleet().traffic_agents(); ++i) {
      TrafficAgent agent(plan, i, span);
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

// Middles of what goes on within the span, two of each kind.
class Middles {
 public:
  Middles(Instant start, Instant end) : start_(start), end_(end) {}

  // Takes the middle of [from, to) unless it has two of the kind.
  void Add(std::string_view kind, Instant from, Instant to) {
    const Instant middle = from + (to - from) / 2;
    auto& of_kind = picked_[kind];
    if (middle > start_ && middle < end_ && of_kind.size() < 2) {
      of_kind.push_back(middle);
    }
  }
  // All of them. Every kind that was offered must have been met.
  [[nodiscard]] std::vector<Instant> Take() const {
    std::vector<Instant> all;
    for (const auto& [kind, instants] : picked_) {
      INFO(kind);
      CHECK(!instants.empty());
      all.insert(all.end(), instants.begin(), instants.end());
    }
    return all;
  }
  [[nodiscard]] size_t kinds() const { return picked_.size(); }
  [[nodiscard]] std::string names() const {
    std::string names;
    for (const auto& [kind, instants] : picked_)
      names += fmt::format("{}; ", kind);
    return names;
  }

 private:
  Instant start_;
  Instant end_;
  std::map<std::string_view, std::vector<Instant>> picked_;
};

// Of faults, restarts and outages of devices, and of their alerts.
void PickOfDevices(const Plan& plan, Instant end, Middles* middles) {
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    const TimeZone& zone = plan.ZoneOf(facts.site);
    const DeviceDay day(plan, device, facts, zone.DayOf(end));
    for (const Fault& fault : day.faults()) {
      middles->Add("fault building up", fault.onset, fault.failing_from);
      middles->Add("fault failing", fault.failing_from, fault.restart);
      middles->Add("restart after a fault", fault.restart, fault.end);
      const Alert alert = DeviceAlert(plan, device, fault);
      if (alert.acknowledged) {
        middles->Add("alert raised", alert.raised, *alert.acknowledged);
        middles->Add("alert taken up", *alert.acknowledged, alert.resolved);
      }
      middles->Add("alert after its fault", fault.end, alert.resolved);
    }
    if (const auto outage = plan.OutageOf(facts.site, day.span())) {
      middles->Add("outage", outage->onset, outage->end);
    }
  }
}

// Of one job: queued, on the way to a device, at work, measured, undone.
void PickOfJob(const Plan& plan, const Job& job, JobRows* rows,
               Middles* middles) {
  const JobRun run = rows->Run(job, job.first_device);
  if (job.slot % 40 == 0) {
    middles->Add("job queued", job.created, job.started);
    middles->Add("message on its way", run.sent, run.settled);
    middles->Add("job at work", run.settled, rows->Result(job).completed);
  }
  if (run.refused) middles->Add("message refused", *run.refused, run.settled);
  if (job.kind == JobKind::kRestart && run.completed()) {
    middles->Add("command", run.settled, rows->CommandSent(run));
    middles->Add("command sent", rows->CommandSent(run), run.finished);
  }
  if (!IsConfig(job.kind)) return;
  for (uint32_t i = 0; i < job.devices; ++i) {
    const JobRun other = rows->Run(job, job.first_device + i);
    const bool missed =
        job.kind == JobKind::kConfigRollout && !other.completed();
    if (missed) {
      middles->Add("failed roll-out", other.finished,
                   ErrorResolved(job, other));
    }
  }
  if (!run.completed()) return;
  const AppliedChange change = ChangeBy(plan, job, run);
  middles->Add("configuration applied", change.applied, change.measured);
  if (!change.rolled_back) return;
  middles->Add("bad configuration", change.measured, *change.rolled_back);
  middles->Add("configuration undone", *change.rolled_back,
               change.rollback_measured);
}

void PickOfJobs(const Plan& plan, Instant start, Instant end,
                Middles* middles) {
  for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
    const JobPlan jobs(plan, site);
    SiteDays days(plan, site);
    JobRows rows(plan, site, jobs, days);
    jobs.ForEach(start, end,
                 [&](const Job& job) { PickOfJob(plan, job, &rows, middles); });
  }
}

// Of visits and of errors that wait for their resolution.
void PickOfTraffic(const Plan& plan, Instant start, Middles* middles) {
  const SessionRates rates(plan, 1);
  const ErrorSlots errors(plan.scenario().rates, 1);
  for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
    const TimeZone& zone = plan.ZoneOf(site);
    const DaySpan day = SpanOf(zone, zone.DayOf(start + Micros{12 * kHourUs}));
    for (uint32_t slot = site; slot < SessionSlots(day); slot += 3) {
      const auto visit = SessionOf(plan, rates, site, day, slot % 8, slot);
      if (visit) middles->Add("visit", visit->begin, visit->end);
      const auto error = EvenErrorOf(plan, errors, site, day, slot * 3);
      if (error && error->resolved) {
        middles->Add("error of traffic", error->at, *error->resolved);
      }
    }
  }
}

// Ends of spans: in the middle of everything that goes on, and anywhere.
// Ascending.
std::vector<Instant> PickEnds(const Plan& plan, Instant start, Instant end) {
  Middles middles(start, end);
  PickOfDevices(plan, end, &middles);
  PickOfJobs(plan, start, end, &middles);
  PickOfTraffic(plan, start, &middles);
  INFO(middles.names());
  CHECK(middles.kinds() == 19);
  std::vector<Instant> ends = middles.Take();
  const Stream random(2, StreamPhase::kBench, {EntityKind::kFleet, 0}, 1);
  for (uint64_t i = 0; i < 2; ++i) {
    const int64_t offset =
        UniformBetween(random.At(0, i).u64(0), 1, (end - start).count());
    ends.push_back(start + Micros{offset});
  }
  std::sort(ends.begin(), ends.end());
  return ends;
}

// Compares the model that was fed with what a bulk run makes that ends at `at`;
// returns the rows compared.
size_t CompareWithBulk(const LiveFeed& live, const Scenario& scenario,
                       Instant start, Instant at, size_t* faulty_devices) {
  ModelBackend bulk;
  GenerateOptions options;
  options.seed = kSeed;
  options.scenario = scenario;
  options.start = start;
  options.end = at;
  options.threads = 2;
  GenerateProgress progress;
  REQUIRE(Generate(options, bulk, &progress, std::atomic<bool>{false}).ok());
  size_t rows = 0;
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    INFO("end " << IsoDateTime(at) << ", table " << table.name);
    const bool same = live.model().rows(table.id) == bulk.rows(table.id);
    REQUIRE(same);
    rows += bulk.rows(table.id).size();
  }
  for (const auto& [id, row] : bulk.rows(TableId::kDevices)) {
    const auto values = *bulk.Find(TableId::kDevices, id);
    const auto status =
        static_cast<size_t>(Table(TableId::kDevices).Find("status"));
    *faulty_devices += values[status].text != "online" ? 1 : 0;
  }
  return rows;
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
    rows += CompareWithBulk(live, BusyScenario(), start, at, &faulty_devices);
  }
  CHECK(faulty_devices > 0);
  fmt::print("figure: {} ends, {} rows compared, {} devices not online\n",
             ends.size(), rows, faulty_devices);
}

TEST_CASE("a dataset that begins without sites folds too", "[fold]") {
  Scenario scenario = BusyScenario();
  scenario.sites = 0;
  scenario.devices = 4;
  scenario.traffic = 2;
  const Instant start = *ParseIsoDateTime("2026-02-02T17:23:45.678901");
  const Plan plan(kSeed, scenario, start);
  LiveFeed live(plan, start, start + Micros{2 * kHourUs});
  size_t unknown = 0;
  // Before, in the middle of and after the bootstrap.
  for (const int64_t us : std::initializer_list<int64_t>{
           500'000, 1'900'000, 2'300'001, 3'000'000, 4'000'000, 30'000'000,
           70'000'000, 7'000'000'000}) {
    live.Feed(start + Micros{us});
    CompareWithBulk(live, scenario, start, start + Micros{us}, &unknown);
  }
  CHECK(live.model().rows(TableId::kDevices).size() == 4);
  CHECK(unknown > 0);
}

}  // namespace
}  // namespace tillstorm
