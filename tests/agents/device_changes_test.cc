// What jobs do to devices: configurations, restarts.
#include "agents/device_changes.h"

#include <algorithm>

#include "agents/device_day.h"
#include "agents/site_day.h"
#include "tests/support/catch.h"

namespace tillstorm {
namespace {

Instant At(std::string_view iso) { return *ParseIsoDateTime(iso); }

Scenario Fleet(int32_t sites, int32_t devices) {
  Scenario scenario = StandardScenario();
  scenario.sites = sites;
  scenario.devices = devices;
  return scenario;
}

TEST_CASE("a configuration that is posted is what its devices run from then on",
          "[agents][changes]") {
  const Plan plan(11, Fleet(6, 24), At("2026-01-05"));
  int posted = 0;
  int caught_up = 0;
  for (uint32_t site = 0; site < 6; ++site) {
    SiteDays days(plan, site);
    const TimeZone& zone = plan.ZoneOf(site);
    const JobPlan jobs(plan, site);
    const LocalDay first = plan.FirstDayOf(site) + 1;
    for (uint32_t device = plan.fleet().FirstDevice(site);
         device < plan.fleet().FirstDevice(site + 1); ++device) {
      const DeviceFacts facts = plan.fleet().Device(device);
      for (LocalDay date = first; date < first + 14; ++date) {
        const DeviceDay day(plan, device, facts, date);
        jobs.ForEachPost(
            SpanOf(zone, date), day.span().begin, day.span().end,
            [&](const Job& job) {
              const JobRun run =
                  RunOf(plan, job, device, days.Of(date).TroublesOf(device));
              // What ends after midnight has the closed form of the day after.
              if (!run.completed() || run.finished >= day.span().end) {
                return true;
              }
              ++posted;
              const int32_t before = day.ConfigAt(run.finished - Micros{1});
              caught_up += before == job.config ? 0 : 1;
              INFO("device " << device << ", " << IsoDateTime(run.finished));
              REQUIRE(before <= job.config);
              REQUIRE(day.ConfigAt(run.finished) == job.config);
              return true;
            });
      }
    }
  }
  CHECK(posted > 5000);
  CHECK(caught_up > 10);
}

TEST_CASE(
    "nobody posts a configuration while one is rolled out, and a bad one "
    "is undone everywhere at once, after it was measured",
    "[agents][changes]") {
  Scenario scenario = Fleet(6, 24);
  scenario.rates.config_posts = 2000;
  scenario.interval =
      Micros{GENERATE(int64_t{5}, int64_t{3'600}) * kMicrosPerSecond};
  const Plan plan(11, scenario, At("2026-01-05"));
  int undone = 0;
  for (uint32_t site = 0; site < 6; ++site) {
    SiteDays days(plan, site);
    const JobPlan jobs(plan, site);
    const LocalDay first = plan.FirstDayOf(site) + 1;
    for (LocalDay date = first; date < first + 14; ++date) {
      const DaySpan day = SpanOf(plan.ZoneOf(site), date);
      for (uint32_t i = 0; i < kRolloutsMax; ++i) {
        const auto job = jobs.RolloutOf(day, i);
        if (!job) break;
        const auto end = UndoneAt(plan, *job);
        CHECK(end.has_value() == EffectOfConfig(plan, job->config).regresses);
        undone += end ? 1 : 0;
        Instant applied = job->created;
        for (uint32_t n = 0; n < job->devices; ++n) {
          const uint32_t device = job->first_device + n;
          const JobRun run =
              RunOf(plan, *job, device, days.Of(date).TroublesOf(device));
          if (!run.completed()) continue;
          applied = std::max(applied, run.finished);
          if (end) CHECK(MeasuredAfter(plan, run.finished) < *end);
        }
        CHECK(applied < job->created + SettlingTime(job->devices));
        int posts = 0;
        jobs.ForEachPost(day, job->created - SettlingTime(job->devices),
                         end.value_or(applied), [&posts](const Job&) {
                           ++posts;
                           return true;
                         });
        CHECK(posts == 0);
        const auto next = jobs.RolloutOf(day, i + 1);
        if (end && next) CHECK(*end < next->created);
        if (end) CHECK(*end < day.end);
      }
    }
  }
  CHECK(undone > 5);
}

TEST_CASE("a restart by a job makes the device count its uptime anew",
          "[agents][changes]") {
  const Plan plan(31, Fleet(3, 60), At("2026-01-05"));
  int restarts = 0;
  for (uint32_t device = 0; device < 60; ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    const DeviceDay day(plan, device, facts, plan.FirstDayOf(facts.site) + 2);
    const JobPlan jobs(plan, facts.site);
    const auto job = jobs.RestartOf(day.span(), device);
    if (!job) continue;
    const SiteDay site(plan, facts.site, day.span().day);
    const JobRun run = RunOf(plan, *job, device, site.TroublesOf(device));
    if (!run.completed()) continue;
    const PlannedDown down = DownAfter(plan, *job, run);
    CHECK(day.ConditionAt(down.from).status != DeviceStatus::kOnline);
    CHECK(day.LastRestart(down.to) == down.to);
    CHECK(day.TransactionsAt(down.to - Micros{1}) ==
          day.TransactionsAt(down.from));
    ++restarts;
  }
  CHECK(restarts > 3);
}

}  // namespace
}  // namespace tillstorm
