// Jobs, versions, runs and ids as the plan has them.
#include "agents/job.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agents/alert.h"
#include "agents/device_changes.h"
#include "agents/device_day.h"
#include "agents/job_run.h"
#include "agents/site_day.h"
#include "agents/versions.h"
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

std::vector<Job> JobsOf(const Plan& plan, uint32_t site, Instant from,
                        Instant to) {
  std::vector<Job> jobs;
  JobPlan(plan, site).ForEach(from, to, [&](const Job& job) {
    jobs.push_back(job);
  });
  std::sort(jobs.begin(), jobs.end(),
            [](const Job& a, const Job& b) { return a.created < b.created; });
  return jobs;
}

TEST_CASE("jobs give the outcomes per device that the rates ask for",
          "[agents][jobs]") {
  const auto [sites, devices] = GENERATE(std::pair(3, 12), std::pair(4, 4),
                                         std::pair(2, 200), std::pair(1, 1));
  const Instant start = At("2026-01-05");
  const Plan plan(5, Fleet(sites, devices), start);
  double outcomes = 0;
  for (uint32_t site = 0; site < static_cast<uint32_t>(sites); ++site) {
    const DaySpan day = SpanOf(plan.ZoneOf(site), plan.FirstDayOf(site) + 1);
    for (const Job& job :
         JobsOf(plan, site, day.begin, day.begin + Micros{7 * kMicrosPerDay})) {
      outcomes += job.devices + 1;
    }
  }
  // 5 a minute for 12 devices: 600 a day and device.
  INFO(sites << " sites, " << devices << " devices");
  CHECK(outcomes / 7 / devices == Approx(600).epsilon(0.03));
}

TEST_CASE("the code profile posts 14.4 configurations a minute on three sites",
          "[agents][jobs]") {
  Scenario scenario = StandardScenario();
  scenario.rates = CodeRates();
  const Instant start = At("2026-01-05");
  const Plan plan(5, scenario, start);
  int posts = 0;
  for (uint32_t site = 0; site < 3; ++site) {
    for (const Job& job : JobsOf(plan, site, start + Micros{kMicrosPerDay},
                                 start + Micros{2 * kMicrosPerDay})) {
      posts += job.kind == JobKind::kConfigPost ? 1 : 0;
    }
  }
  CHECK(posts / 1440.0 == Approx(14.4).epsilon(0.03));
}

TEST_CASE(
    "a job is found by its slot, and windows of time neither lose nor "
    "repeat one",
    "[agents][jobs]") {
  const Instant start = At("2026-03-27");  // Europe's clocks change on the 29th
  const Plan plan(9, Fleet(8, 40), start);
  for (uint32_t site = 0; site < 8; ++site) {
    const JobPlan jobs(plan, site);
    const Instant from = start + Micros{kMicrosPerDay};
    const Instant to = from + Micros{3 * kMicrosPerDay};
    std::multiset<std::pair<LocalDay, uint32_t>> whole;
    for (const Job& job : JobsOf(plan, site, from, to)) {
      whole.insert({job.day, job.slot});
      CHECK(job.slot < jobs.slots().slots());
      CHECK(plan.ZoneOf(site).DayOf(job.created) == job.day);
      CHECK(job.started > job.created);
      const auto found =
          jobs.JobOf(SpanOf(plan.ZoneOf(site), job.day), job.slot);
      REQUIRE(found);
      CHECK(found->created == job.created);
      CHECK(found->kind == job.kind);
    }
    CHECK(std::set(whole.begin(), whole.end()).size() == whole.size());
    std::multiset<std::pair<LocalDay, uint32_t>> pieces;
    const Micros step{47 * 60 * kMicrosPerSecond};
    for (Instant at = from; at < to; at += step) {
      for (const Job& job : JobsOf(plan, site, at, std::min(to, at + step))) {
        pieces.insert({job.day, job.slot});
      }
    }
    CHECK(pieces == whole);
  }
}

TEST_CASE(
    "configurations change at most four times a site-day, and the one at "
    "midnight is the last good one",
    "[agents][versions]") {
  const Plan plan(3, Fleet(3, 12), At("2026-01-05"));
  int regressions = 0;
  for (uint32_t site = 0; site < 3; ++site) {
    const LocalDay first = plan.FirstDayOf(site);
    for (LocalDay day = first; day < first + 200; ++day) {
      const uint32_t rollouts = RolloutsOf(plan, site, day);
      CHECK(rollouts >= 1);
      CHECK(rollouts <= kRolloutsMax);
      int32_t good = ConfigAtMidnight(plan, site, day);
      CHECK_FALSE(EffectOfConfig(plan, good).regresses);
      for (uint32_t i = 0; i < rollouts; ++i) {
        const int32_t version =
            FirstRollout(plan, site, day) + static_cast<int32_t>(i);
        if (EffectOfConfig(plan, version).regresses) {
          ++regressions;
        } else {
          good = version;
        }
      }
      CHECK(ConfigAtMidnight(plan, site, day + 1) == good);
    }
  }
  CHECK(regressions > 0);
}

TEST_CASE("no calendar month has two firmware updates of a device",
          "[agents][versions]") {
  const Plan plan(3, Fleet(3, 12), At("2026-01-05"));
  for (uint32_t device = 0; device < 12; ++device) {
    const LocalDay first = plan.FirstDayOf(plan.fleet().SiteOf(device));
    LocalDay last = first - 31;
    int updates = 0;
    for (LocalDay day = first; day < first + 365; ++day) {
      if (!HasFirmwareUpdate(plan, device, day)) continue;
      CHECK(day - last >= 31);
      last = day;
      ++updates;
    }
    CHECK(updates >= 11);
  }
  CHECK(ConfigText(10) == "2.1.0");
  CHECK(ConfigText(123) == "3.2.3");
  CHECK(FirmwareText(0, 2) == "2.4.3");  // model 0 starts with 2.4.1
}

TEST_CASE("runs are ordered in time and say why they failed",
          "[agents][jobs]") {
  Scenario scenario = Fleet(6, 30);
  scenario.device_faults_per_1000_days = 800;
  scenario.site_outages_per_1000_days = 900;
  const Plan plan(17, scenario, At("2026-01-05"));
  std::map<PushFate, int> fates;
  std::map<RunStatus, int> statuses;
  int retried = 0;
  for (uint32_t site = 0; site < 6; ++site) {
    SiteDays days(plan, site);
    const DaySpan span = SpanOf(plan.ZoneOf(site), plan.FirstDayOf(site) + 1);
    for (const Job& job : JobsOf(plan, site, span.begin, span.end)) {
      for (uint32_t i = 0; i < job.devices; ++i) {
        const uint32_t device = job.first_device + i;
        const DeviceTroubles troubles = days.Of(job.day).TroublesOf(device);
        const JobRun run = RunOf(plan, job, device, troubles);
        ++fates[run.fate];
        ++statuses[run.status];
        retried += run.retries();
        REQUIRE(run.sent > job.started);
        REQUIRE(run.settled > run.sent);
        REQUIRE(run.finished >= run.settled);
        REQUIRE(run.finished - job.created < Micros{1'800'000'000});
        REQUIRE(run.completed() == run.error_code.empty());
        if (run.refused) {
          REQUIRE(*run.refused > run.sent);
          REQUIRE(*run.refused < run.settled);
        }
        if (run.completed()) REQUIRE(run.fate == PushFate::kDelivered);
        if (run.fate == PushFate::kDelivered) {
          REQUIRE_FALSE(troubles.IsOffline(run.settled));
        }
        if (run.fate == PushFate::kExpired) {
          // TTL of upstream's jobs: 300 s
          REQUIRE(run.settled - run.sent == Micros{300'000'000});
          REQUIRE(troubles.IsOffline(run.sent));
        }
      }
    }
  }
  CHECK(fates.size() == 3);
  CHECK(statuses.size() == 4);
  CHECK(retried > 0);
}

TEST_CASE("jobs succeed about as often as the suite's documents say",
          "[agents][jobs]") {
  const Plan plan(23, Fleet(30, 120), At("2026-01-05"));
  std::map<JobKind, std::pair<double, double>> by_kind;  // good, all
  std::pair<double, double> all;
  for (uint32_t site = 0; site < 30; ++site) {
    SiteDays days(plan, site);
    const Instant from = At("2026-01-06");
    for (const Job& job :
         JobsOf(plan, site, from, from + Micros{7 * kMicrosPerDay})) {
      // Of firmware there are too few in a week: see below.
      if (job.kind == JobKind::kFirmwareUpdate) continue;
      for (uint32_t i = 0; i < job.devices; ++i) {
        const uint32_t device = job.first_device + i;
        const bool good =
            RunOf(plan, job, device, days.Of(job.day).TroublesOf(device))
                .completed();
        by_kind[job.kind].first += good;
        by_kind[job.kind].second += 1;
        all.first += good;
        all.second += 1;
      }
    }
  }
  const auto share = [](const std::pair<double, double>& counts) {
    return counts.first / counts.second;
  };
  CHECK(share(all) == Approx(0.80).margin(0.05));
  CHECK(share(by_kind[JobKind::kHealthCheck]) == Approx(0.95).margin(0.04));
  CHECK(share(by_kind[JobKind::kConfigPost]) == Approx(0.90).margin(0.04));
  CHECK(share(by_kind[JobKind::kRestart]) > 0.93);
}

// How many of the runs are good.
class Share {
 public:
  void Add(bool good) {
    good_ += good ? 1 : 0;
    all_ += 1;
  }
  [[nodiscard]] double all() const { return all_; }
  [[nodiscard]] double value() const { return good_ / all_; }

 private:
  double good_ = 0;
  double all_ = 0;
};

int64_t LocalHour(const Plan& plan, const Job& job) {
  const DaySpan day = SpanOf(plan.ZoneOf(job.site), job.day);
  return (job.created - day.begin).count() / (3'600 * kMicrosPerSecond);
}

TEST_CASE(
    "firmware goes well in two of three cases: at night nine of ten, in "
    "business hours every second",
    "[agents][jobs]") {
  const Plan plan(29, Fleet(50, 400), At("2026-01-05"));
  Share all;
  Share night;
  Share business;
  for (uint32_t site = 0; site < 50; ++site) {
    SiteDays days(plan, site);
    const JobPlan jobs(plan, site);
    const LocalDay first = plan.FirstDayOf(site) + 1;
    for (LocalDay date = first; date < first + 93; ++date) {
      const DaySpan day = SpanOf(plan.ZoneOf(site), date);
      for (uint32_t device = plan.fleet().FirstDevice(site);
           device < plan.fleet().FirstDevice(site + 1); ++device) {
        const auto job = jobs.FirmwareOf(day, device);
        if (!job) continue;
        const bool good =
            RunOf(plan, *job, device, days.Of(date).TroublesOf(device))
                .completed();
        all.Add(good);
        (LocalHour(plan, *job) < 6 ? night : business).Add(good);
      }
    }
  }
  CHECK(all.all() > 1000);
  CHECK(all.value() == Approx(0.67).margin(0.06));
  CHECK(night.value() == Approx(0.90).margin(0.05));
  CHECK(business.value() == Approx(0.50).margin(0.08));
}

TEST_CASE(
    "data syncs and backups go well at nine and badly at the peak of the "
    "evening",
    "[agents][jobs]") {
  const Plan plan(23, Fleet(30, 120), At("2026-01-05"));
  Share at_9;
  Share at_18;
  for (uint32_t site = 0; site < 30; ++site) {
    SiteDays days(plan, site);
    const TimeZone& zone = plan.ZoneOf(site);
    // Thursday and Friday: open from eight, the peak in the evening.
    const LocalDay thursday = plan.FirstDayOf(site) + 7 -
                              WeekdayFromMonday(plan.FirstDayOf(site)) + 3;
    for (const Job& job : JobsOf(plan, site, SpanOf(zone, thursday).begin,
                                 SpanOf(zone, thursday + 1).end)) {
      const bool heavy =
          job.kind == JobKind::kDataSync || job.kind == JobKind::kBackup;
      const int64_t hour = LocalHour(plan, job);
      if (!heavy || (hour != 9 && hour != 18)) continue;
      for (uint32_t i = 0; i < job.devices; ++i) {
        const uint32_t device = job.first_device + i;
        (hour == 9 ? at_9 : at_18)
            .Add(RunOf(plan, job, device, days.Of(job.day).TroublesOf(device))
                     .completed());
      }
    }
  }
  CHECK(at_9.all() > 1000);
  CHECK(at_9.value() == Approx(0.70).margin(0.06));
  CHECK(at_18.value() == Approx(0.45).margin(0.06));
}

TEST_CASE("ids of different entities, days and places never meet",
          "[agents][ids]") {
  Scenario scenario = Fleet(3, 7);
  scenario.traffic = 5;
  const Plan plan(1, scenario, At("2026-01-05"));
  for (const TableId table :
       {TableId::kJobs, TableId::kDeviceCommands,
        TableId::kPushNotificationLogs, TableId::kConfigurationHistory,
        TableId::kAlerts, TableId::kErrorLogs}) {
    const IdCaps& caps = plan.ids().caps(table);
    std::set<int32_t> ids;
    int64_t expected = 0;
    const auto add = [&](EntityId entity, uint32_t site, int64_t cap) {
      for (LocalDay day = 0; day < 2; ++day) {
        for (const int64_t j : {int64_t{0}, cap / 2, cap - 1}) {
          ids.insert(plan.ids().Id(table, entity, plan.FirstDayOf(site) + day,
                                   static_cast<uint32_t>(j)));
        }
        expected += cap >= 3 ? 3 : cap;
      }
    };
    for (uint32_t site = 0; site < 3; ++site) {
      const int64_t devices =
          plan.fleet().FirstDevice(site + 1) - plan.fleet().FirstDevice(site);
      const int64_t cap = caps.site + caps.site_device * devices;
      if (cap > 0) add({EntityKind::kSite, site}, site, cap);
    }
    for (uint32_t device = 0; device < 7 && caps.device > 0; ++device) {
      add({EntityKind::kDevice, device}, plan.fleet().SiteOf(device),
          caps.device);
    }
    for (uint32_t source = 0; source < 5 && caps.source > 0; ++source) {
      add({EntityKind::kTraffic, source}, source % 3, caps.source);
    }
    INFO(Table(table).name);
    CHECK(static_cast<int64_t>(ids.size()) == expected);
    CHECK(*ids.begin() == 1);
    CHECK(*ids.rbegin() == 2 * plan.ids().per_day(table));
  }
}

TEST_CASE(
    "a span is refused by what its tables would hold, unless they are "
    "left out",
    "[agents][ids]") {
  // 100,000 devices with up to 600 outcomes a day and a third more of slots.
  Scenario scenario = Fleet(1000, 100'000);
  const Instant start = At("2026-01-05");
  const auto refusal = [&](int64_t days) {
    const Plan plan(1, scenario, start);
    return plan.ids().Check(start + Micros{days * kMicrosPerDay}).message();
  };
  CHECK(refusal(15).empty());
  CHECK_THAT(refusal(27), HoldsText("of job_outcomes"));
  scenario.left_out = {"job_outcomes"};
  CHECK(refusal(27).empty());
  CHECK_THAT(refusal(33), HoldsText("of audit_logs"));
  CHECK_THAT(refusal(45), HoldsText("of push_notification_logs"));
  scenario.left_out = {"push_notification_logs", "audit_logs", "job_outcomes"};
  CHECK(refusal(45).empty());
  CHECK_THAT(refusal(70), HoldsText("of jobs"));
}

TEST_CASE(
    "an alert comes after three failed checks and is resolved after the "
    "fault",
    "[agents][alerts]") {
  Scenario scenario = Fleet(4, 16);
  scenario.device_faults_per_1000_days = 800;
  const Plan plan(2, scenario, At("2026-01-05"));
  int alerts = 0;
  for (uint32_t device = 0; device < 16; ++device) {
    const DeviceFacts facts = plan.fleet().Device(device);
    for (LocalDay date = plan.FirstDayOf(facts.site) + 1;
         date < plan.FirstDayOf(facts.site) + 8; ++date) {
      const DeviceDay day(plan, device, facts, date);
      for (const Fault& fault : day.faults()) {
        const Alert alert = DeviceAlert(plan, device, fault);
        const Instant end = day.span().end;
        if (fault.onset < day.span().begin || alert.raised >= end) continue;
        int failed = 0;
        for (int64_t check = day.FirstCheckFrom(fault.failing_from);
             check < day.FirstCheckFrom(alert.raised); ++check) {
          failed += day.ConditionAt(day.CheckInstant(check)).failure ? 1 : 0;
        }
        CHECK(failed >= 3);
        CHECK(alert.raised < fault.restart);
        CHECK(alert.resolved > fault.end);
        CHECK(alert.resolved - fault.onset < kAlertChainMax);
        if (alert.acknowledged) {
          CHECK(*alert.acknowledged > alert.raised);
          CHECK(*alert.acknowledged < alert.resolved);
        }
        ++alerts;
      }
    }
  }
  CHECK(alerts > 10);
}

}  // namespace
}  // namespace tillstorm
