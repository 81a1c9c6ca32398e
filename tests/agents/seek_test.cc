// Any agent can be built at any instant and goes on as if it had been running.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "agents/alert.h"
#include "agents/device_agent.h"
#include "agents/job.h"
#include "agents/job_rows.h"
#include "agents/site_agent.h"
#include "agents/site_day.h"
#include "agents/traffic_agent.h"
#include "harness/core/check.h"
#include "harness/core/sampler.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

using testing::Recorder;
using testing::SameEvent;

constexpr int64_t kHourUs = 3'600 * kMicrosPerSecond;

// Many faults, so that a start often falls into one.
Scenario BusyScenario() {
  Scenario scenario = StandardScenario();
  scenario.sites = 8;  // one per time zone
  scenario.devices = 32;
  scenario.interval = Micros{30 * kMicrosPerSecond};
  scenario.device_faults_per_1000_days = 700;
  scenario.site_outages_per_1000_days = 500;
  return scenario;
}

Instant At(std::string_view iso) { return *ParseIsoDateTime(iso); }

// Days around: nothing special, and the days on which clocks change in
// New York, Europe, Sydney.
const std::vector<Instant>& Openings() {
  static const std::vector<Instant> kOpenings = {
      At("2026-01-05"), At("2026-03-06"), At("2026-03-27"), At("2026-04-03"),
      At("2026-10-02"), At("2026-10-23"), At("2026-10-30"), At("2026-07-13")};
  return kOpenings;
}

enum class Where { kAnywhere, kMidnight, kMidFault, kMidRestart, kMidOutage };

// An instant in the middle of something that a site has going: a push on its
// way, a job between its devices, a change before it is measured or undone, an
// alert.
Instant PickOfSite(const Plan& plan, uint32_t site, const AgentSpan& span,
                   const Draw& draw) {
  std::vector<std::pair<Instant, Instant>> stretches;
  const JobPlan jobs(plan, site);
  SiteDays days(plan, site);
  const Instant around =
      span.opening +
      Micros{UniformBetween(draw.u64(1), 2 * kHourUs,
                            (span.end - span.opening).count() - 4 * kHourUs)};
  JobRows rows(plan, site, jobs, days);
  jobs.ForEach(around, around + Micros{kHourUs}, [&](const Job& job) {
    const JobRun run = rows.Run(job, job.first_device);
    stretches.emplace_back(job.created, job.started);
    stretches.emplace_back(run.sent, run.settled);
    stretches.emplace_back(run.settled, run.finished);
    stretches.emplace_back(run.finished, rows.Result(job).completed);
    if (!run.completed()) return;
    const AppliedChange change = ChangeBy(plan, job, run);
    if (!IsConfig(job.kind)) return;
    stretches.emplace_back(change.applied, change.measured);
    if (!change.rolled_back) return;
    stretches.emplace_back(change.measured, *change.rolled_back);
    stretches.emplace_back(*change.rolled_back, change.rollback_measured);
  });
  for (uint32_t device = plan.fleet().FirstDevice(site);
       device < plan.fleet().FirstDevice(site + 1); ++device) {
    for (const Fault& fault : days.At(around).FaultsOf(device)) {
      const Alert alert = DeviceAlert(plan, device, fault);
      if (alert.raised <= span.opening || alert.resolved >= span.end) continue;
      // As likely as all the jobs together.
      stretches.insert(stretches.end(), stretches.size() / 4 + 1,
                       {alert.raised, alert.resolved});
    }
  }
  if (stretches.empty()) return around;
  const auto& [from, to] = stretches[draw.u64(3) % stretches.size()];
  return from + (to - from) / 2;
}

// An instant of that kind within the span; what is not there becomes anywhere.
Instant PickInstant(const Plan& plan, uint32_t device, const AgentSpan& span,
                    Where where, const Draw& draw) {
  const DeviceFacts facts = plan.fleet().Device(device);
  const TimeZone& zone = plan.ZoneOf(facts.site);
  const auto inside = [&span](Instant instant) {
    return instant > span.opening && instant < span.end;
  };
  const auto between = [&draw](Instant from, Instant to) {
    return from + Micros{UniformBetween(draw.u64(1), 0, (to - from).count())};
  };
  const LocalDay first = zone.DayOf(span.opening) + 1;
  for (LocalDay day = first + static_cast<LocalDay>(draw.u64(2) % 2);
       day < first + 3; ++day) {
    const DeviceDay device_day(plan, device, facts, day);
    if (where == Where::kMidnight && inside(device_day.span().begin)) {
      return device_day.span().begin;
    }
    for (const Fault& fault : device_day.faults()) {
      const Instant picked = where == Where::kMidFault
                                 ? between(fault.onset, fault.restart)
                                 : between(fault.restart, fault.end);
      const bool wanted =
          where == Where::kMidFault || where == Where::kMidRestart;
      if (wanted && inside(picked)) return picked;
    }
    const auto outage = plan.OutageOf(facts.site, device_day.span());
    if (where == Where::kMidOutage && outage) {
      const Instant picked = between(outage->onset, outage->end);
      if (inside(picked)) return picked;
    }
  }
  return between(span.opening, span.end - Micros{1});
}

std::unique_ptr<Agent> MakeAgent(const Plan& plan, EntityId entity,
                                 const AgentSpan& span) {
  if (entity.kind() == EntityKind::kSite) {
    return std::make_unique<SiteAgent>(plan, entity.index(), span);
  }
  if (entity.kind() == EntityKind::kTraffic) {
    return std::make_unique<TrafficAgent>(plan, entity.index(), span);
  }
  return std::make_unique<DeviceAgent>(plan, entity.index(), span);
}

// CPU rather than wall clock: what else the machine does must not count.
double ThreadCpuMs() {
  timespec time{};
  TS_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return 1e3 * static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e6;
}

// Whether an agent built at `from` emits the suffix of `whole`; adds to `start`
// how long it took to build.
bool EmitsSuffix(const Plan& plan, EntityId entity, AgentSpan span,
                 Instant from, std::vector<double>* start_ms) {
  Recorder whole;
  whole.Run(*MakeAgent(plan, entity, span));
  span.from = from;
  const double begin_ms = ThreadCpuMs();
  const std::unique_ptr<Agent> agent = MakeAgent(plan, entity, span);
  start_ms->push_back(ThreadCpuMs() - begin_ms);
  Recorder suffix;
  suffix.Run(*agent);
  std::vector<const Event*> expected = whole.events();
  std::erase_if(expected, [from](const Event* e) { return e->instant < from; });
  const std::vector<const Event*> found = suffix.events();
  return std::equal(
      expected.begin(), expected.end(), found.begin(), found.end(),
      [](const Event* a, const Event* b) { return SameEvent(*a, *b); });
}

constexpr int kTrials = 500;

// What the trials below have in common: agents of 32 devices on 8 sites, spans
// of 60 hours around the openings.
struct Trial {
  explicit Trial(int number)
      : draw(Random().At(number, 0)),
        more(Random().At(number, 1)),
        device(static_cast<uint32_t>(draw.u64(0) % 32)) {
    span.opening = Openings()[number % Openings().size()] +
                   Micros{UniformBetween(more.u64(0), 0, 24 * kHourUs)};
    span.from = span.opening;
    span.end = span.opening + Micros{60 * kHourUs};
    span.mode = number % 3 == 0 ? EmitMode::kFinal : EmitMode::kChanges;
  }

  static Stream Random() {
    return {1, StreamPhase::kBench, {EntityKind::kFleet, 0}, 1};
  }

  // The span, but not far beyond an instant: over midnight, at least.
  [[nodiscard]] AgentSpan Around(Instant from) const {
    AgentSpan around = span;
    around.end = std::min(span.end, from + Micros{25 * kHourUs});
    return around;
  }

  Draw draw;
  Draw more;
  uint32_t device;
  AgentSpan span;
};

void PrintStarts(const std::vector<double>& start_ms) {
  fmt::print("figure: {} agents started\n", start_ms.size());
  fmt::print("figure: slowest start {:.3f} ms of CPU\n",
             *std::max_element(start_ms.begin(), start_ms.end()));
}

TEST_CASE("a device agent built at any instant emits the suffix of its stream",
          "[agents][seek]") {
  const Plan plan(7, BusyScenario(), At("2026-01-01"));
  std::vector<double> start_ms;
  int mid_fault = 0;
  for (int number = 0; number < kTrials; ++number) {
    const Trial trial(number);
    const Instant from =
        PickInstant(plan, trial.device, trial.span,
                    static_cast<Where>(number % 5), trial.draw);
    const DeviceFacts facts = plan.fleet().Device(trial.device);
    const DeviceDay day(plan, trial.device, facts,
                        plan.ZoneOf(facts.site).DayOf(from));
    mid_fault += day.ConditionAt(from).fault != nullptr ? 1 : 0;
    INFO("trial " << number << ", device " << trial.device << ", from "
                  << IsoDateTime(from));
    REQUIRE(EmitsSuffix(plan, {EntityKind::kDevice, trial.device},
                        trial.Around(from), from, &start_ms));
  }
  // Otherwise the trials would not have tried what they claim to.
  CHECK(mid_fault > kTrials / 5);
  PrintStarts(start_ms);
}

TEST_CASE("a site agent built at any instant emits the suffix of its stream",
          "[agents][seek]") {
  const Plan plan(7, BusyScenario(), At("2026-01-01"));
  std::vector<double> start_ms;
  for (int number = 0; number < kTrials; ++number) {
    const Trial trial(number);
    const uint32_t site = plan.fleet().Device(trial.device).site;
    const Instant from = PickOfSite(plan, site, trial.span, trial.more);
    INFO("trial " << number << ", site " << site << ", from "
                  << IsoDateTime(from));
    REQUIRE(EmitsSuffix(plan, {EntityKind::kSite, site}, trial.Around(from),
                        from, &start_ms));
  }
  PrintStarts(start_ms);
}

// An instant at which users of the site are on a visit, if there is one.
Instant PickOfTraffic(const Plan& plan, uint32_t source, const AgentSpan& span,
                      const Draw& draw) {
  const uint32_t site = source % plan.fleet().sites();
  const TimeZone& zone = plan.ZoneOf(site);
  const SessionRates rates(plan, 1);
  const DaySpan day = SpanOf(zone, zone.DayOf(span.opening) + 1);
  for (uint32_t i = 0; i < 200; ++i) {
    const auto user = static_cast<uint32_t>((draw.u64(1) + i) % 8);
    const auto slot = static_cast<uint32_t>((draw.u64(2) + 7 * i) % 96);
    const auto visit = SessionOf(plan, rates, source, day, user, slot);
    if (!visit || visit->begin <= span.opening || visit->end >= span.end) {
      continue;
    }
    return visit->begin + (visit->end - visit->begin) * 2 / 5;
  }
  return span.opening + (span.end - span.opening) / 2;
}

TEST_CASE("a traffic agent built at any instant emits the suffix too",
          "[agents][seek]") {
  constexpr int kTrafficTrials = 60;
  const Stream random(5, StreamPhase::kBench, {EntityKind::kFleet, 0}, 1);
  std::vector<double> start_ms;
  for (int trial = 0; trial < kTrafficTrials; ++trial) {
    Scenario scenario = BusyScenario();
    scenario.devices = 16;
    // One agent for all sites, one for each, two or three for each.
    scenario.traffic = std::array{1, 8, 20}[static_cast<size_t>(trial % 3)];
    if (trial % 5 == 4) scenario.rates = CodeRates();
    const Plan plan(9, scenario, At("2026-01-01"));
    const Draw draw = random.At(trial, 0);
    const auto agent = static_cast<uint32_t>(
        draw.u64(0) % static_cast<uint64_t>(scenario.traffic));
    AgentSpan span;
    span.opening = Openings()[static_cast<size_t>(trial) % Openings().size()] +
                   Micros{UniformBetween(draw.u64(3), 0, 20 * kHourUs)};
    span.from = span.opening;
    span.end =
        span.opening + Micros{(scenario.traffic == 1 ? 6 : 30) * kHourUs};
    span.mode = trial % 2 == 0 ? EmitMode::kFinal : EmitMode::kChanges;
    const Instant from =
        trial % 4 == 3
            ? span.opening +
                  Micros{UniformBetween(draw.u64(1), 1,
                                        (span.end - span.opening).count() - 1)}
            : PickOfTraffic(plan, agent, span, draw);
    INFO("trial " << trial << ", agent " << agent << ", from "
                  << IsoDateTime(from));
    REQUIRE(EmitsSuffix(plan, {EntityKind::kTraffic, agent}, span, from,
                        &start_ms));
  }
  PrintStarts(start_ms);
}

TEST_CASE("what an agent emits does not depend on where the interval opened",
          "[agents][seek]") {
  const Plan plan(3, BusyScenario(), At("2026-01-01"));
  const Instant from = At("2026-02-03T04:05:06");
  const Instant end = from + Micros{24 * kHourUs};
  for (uint32_t device = 0; device < 32; ++device) {
    Recorder early;
    Recorder late;
    DeviceAgent one(
        plan, device,
        {from - Micros{90 * kHourUs}, from, end, EmitMode::kChanges});
    DeviceAgent two(
        plan, device,
        {from - Micros{30 * kHourUs}, from, end, EmitMode::kChanges});
    early.Run(one);
    late.Run(two);
    const auto a = early.events();
    const auto b = late.events();
    REQUIRE(std::equal(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const Event* x, const Event* y) { return SameEvent(*x, *y); }));
  }
}

}  // namespace
}  // namespace tillstorm
