// How a source of traffic is planned: in stretches, wherever they fall.
#include "agents/traffic_source.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "agents/traffic_agent.h"
#include "agents/users.h"
#include "tests/support/catch.h"
#include "tests/support/recorder.h"

namespace tillstorm {
namespace {

using testing::Recorder;
using testing::SameEvent;
using What = TrafficDue::What;

constexpr Micros kMinute{60 * kMicrosPerSecond};

Instant At(std::string_view iso) { return *ParseIsoDateTime(iso); }

// Every site has an incident of its database each day.
Scenario ManyIncidents(int32_t sites, int32_t traffic) {
  Scenario scenario = StandardScenario();
  scenario.sites = sites;
  scenario.devices = sites;
  scenario.traffic = traffic;
  scenario.site_incidents_per_1000_days = 1000;
  return scenario;
}

// A midnight of a site, with an incident in the five minutes before it.
struct LateIncident {
  uint32_t site = 0;
  Instant midnight;
};
std::vector<LateIncident> LateIncidents(const Plan& plan, LocalDay days) {
  std::vector<LateIncident> found;
  for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
    const LocalDay first = plan.FirstDayOf(site) + 1;
    for (LocalDay day = first; day < first + days; ++day) {
      const DaySpan span = SpanOf(plan.ZoneOf(site), day);
      const auto incident =
          SiteIncident(plan.seed(), plan.scenario(), site, span);
      REQUIRE(incident);
      if (span.end - incident->onset < 5 * kMinute) {
        found.push_back({site, span.end});
      }
    }
  }
  return found;
}

std::vector<TrafficDue> PlanOf(const Plan& plan, uint32_t source, Instant from,
                               const std::vector<Instant>& cuts, Instant to) {
  const AgentSpan span{from, from, to};
  TrafficSource traffic(plan, source, span);
  std::vector<TrafficDue> dues;
  for (const Instant cut : cuts) {
    traffic.PlanChains(from, cut,
                       [&](const TrafficDue& due) { dues.push_back(due); });
    from = cut;
  }
  traffic.PlanChains(from, to,
                     [&](const TrafficDue& due) { dues.push_back(due); });
  std::sort(dues.begin(), dues.end());
  return dues;
}

TEST_CASE(
    "stretches of planning that meet at or near midnight neither lose nor "
    "repeat anything",
    "[agents][traffic]") {
  const Plan plan(42, ManyIncidents(60, 60), At("2026-01-05"));
  const auto late = LateIncidents(plan, 60);
  size_t errors = 0;
  for (const LateIncident& incident : late) {
    const Instant midnight = incident.midnight;
    const Instant from = midnight - 10 * kMinute;
    const Instant to = midnight + 10 * kMinute;
    const auto whole = PlanOf(plan, incident.site, from, {}, to);
    errors += static_cast<size_t>(
        std::count_if(whole.begin(), whole.end(), [](const TrafficDue& due) {
          return due.what == What::kError && due.step == 1;
        }));
    for (const Micros after : {-2 * kMinute, Micros{-1}, Micros{0}, Micros{1},
                               kMinute, 3 * kMinute}) {
      INFO("site " << incident.site << ", " << IsoDateTime(midnight) << " plus "
                   << after.count() << " us");
      REQUIRE(PlanOf(plan, incident.site, from, {midnight + after}, to) ==
              whole);
    }
  }
  // Otherwise nothing would have been tried.
  CHECK(late.size() > 5);
  CHECK(errors > 50);
}

TEST_CASE(
    "an error happens in the day that it is numbered in, and one of an "
    "incident not before it",
    "[agents][traffic]") {
  const Plan plan(42, ManyIncidents(60, 60), At("2026-01-05"));
  const ErrorSlots slots(plan.scenario().rates, 1);
  for (const LateIncident& late : LateIncidents(plan, 60)) {
    const LocalDay date = plan.ZoneOf(late.site).DayOf(late.midnight) - 1;
    const SiteDay day(plan, late.site, date);
    const auto incident =
        SiteIncident(plan.seed(), plan.scenario(), late.site, day.span());
    const uint32_t size = BurstSize(plan, slots, late.site, day, 0);
    REQUIRE(size > 0);
    for (uint32_t i = 0; i < size; ++i) {
      const auto error = BurstErrorOf(plan, slots, late.site, day, 0, i);
      REQUIRE(error.kind == TrafficErrorKind::kDatabase);
      REQUIRE(error.at >= incident->onset);
      REQUIRE(error.at < incident->onset + 5 * kMinute);
      REQUIRE(error.at < day.span().end);
    }
  }
}

// The errors of all the traffic of an hour, in order.
std::vector<std::string> ErrorsOf(const Plan& plan, Instant from, Instant to) {
  Recorder recorder{64 * 1024};
  for (uint32_t i = 0; i < plan.fleet().traffic_agents(); ++i) {
    TrafficAgent agent(plan, i, {from, from, to, EmitMode::kFinal});
    recorder.Run(agent);
  }
  std::vector<std::string> rows;
  for (const Event* event : recorder.events()) {
    if (event->table != TableId::kErrorLogs) continue;
    const auto bytes = event->payload();
    rows.emplace_back(reinterpret_cast<const char*>(bytes.data()),
                      bytes.size());
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST_CASE(
    "with fewer agents than sites the errors do not depend on how many "
    "there are",
    "[agents][traffic]") {
  const Instant start = At("2026-01-05");
  const Plan eight(42, ManyIncidents(8, 8), start);
  const auto late = LateIncidents(eight, 200);
  REQUIRE(late.size() >= 3);
  for (size_t i = 0; i < 3; ++i) {
    const Instant from = late[i].midnight - 30 * kMinute;
    const Instant to = from + 60 * kMinute;
    INFO("around " << IsoDateTime(late[i].midnight));
    const auto wanted = ErrorsOf(eight, from, to);
    CHECK(wanted.size() > 40);
    for (const int32_t traffic : {1, 3, 6}) {
      const Plan plan(42, ManyIncidents(8, traffic), start);
      INFO(traffic << " traffic agents");
      CHECK(ErrorsOf(plan, from, to) == wanted);
    }
  }
}

TEST_CASE(
    "an agent built around the midnight of a late incident goes on as one "
    "built before",
    "[agents][traffic]") {
  const Plan plan(42, ManyIncidents(8, 3), At("2026-01-05"));
  const auto late = LateIncidents(plan, 200);
  REQUIRE(late.size() >= 2);
  for (size_t i = 0; i < 2; ++i) {
    const uint32_t agent = late[i].site % 3;
    AgentSpan span;
    span.opening = span.from = late[i].midnight - 30 * kMinute;
    span.end = late[i].midnight + 30 * kMinute;
    TrafficAgent early(plan, agent, span);
    Recorder whole{64 * 1024};
    whole.Run(early);
    for (const Micros after :
         {-3 * kMinute, Micros{-1}, Micros{0}, Micros{1}, kMinute}) {
      span.from = late[i].midnight + after;
      TrafficAgent later(plan, agent, span);
      Recorder suffix{64 * 1024};
      suffix.Run(later);
      auto expected = whole.events();
      std::erase_if(expected, [&](const Event* event) {
        return event->instant < span.from;
      });
      const auto found = suffix.events();
      INFO("from " << IsoDateTime(span.from));
      REQUIRE(std::equal(
          expected.begin(), expected.end(), found.begin(), found.end(),
          [](const Event* a, const Event* b) { return SameEvent(*a, *b); }));
    }
  }
}

// --- signing up ---

TEST_CASE(
    "where there was no site each user signs up once, before anything "
    "else",
    "[agents][traffic]") {
  Scenario scenario = StandardScenario();
  scenario.sites = 0;
  scenario.devices = 3;
  scenario.traffic = 2;
  const Instant start = At("2026-01-05T14:00:00");
  const Plan plan(7, scenario, start);
  const Instant end = start + 60 * kMinute;
  std::set<std::string> signed_up;
  for (uint32_t agent = 0; agent < 2; ++agent) {
    TrafficAgent traffic(plan, agent, {start, start, end});
    Recorder recorder{64 * 1024};
    recorder.Run(traffic);
    const auto events = recorder.events();
    size_t visits = 0;
    for (const Event* event : events) {
      if (event->instant < plan.ready()) continue;  // the bootstrap
      if (event->op != EventOp::kInsert) continue;
      const TableInfo& table = Table(event->table);
      const auto values = DecodeRow(table, event->payload());
      const auto user = table.Find("user_id");
      if (user < 0 || values[static_cast<size_t>(user)].is_null()) continue;
      const std::string email(values[static_cast<size_t>(user)].text);
      if (email.substr(0, 5) != "clerk") continue;
      const auto text = [&](std::string_view column) {
        return values[static_cast<size_t>(table.Find(column))].text;
      };
      if (event->table == TableId::kApiRequestLogs &&
          text("endpoint") == "/api/v1/auth/signup") {
        CHECK(text("method") == "POST");
        CHECK(values[static_cast<size_t>(table.Find("status_code"))].integer ==
              201);
        CHECK(signed_up.insert(email).second);
        continue;
      }
      INFO(email << " in " << table.name);
      CHECK(signed_up.contains(email));
      ++visits;
    }
    CHECK(visits > 100);
  }
  CHECK(signed_up.size() == 2 * kUsersPerSource);
}

TEST_CASE("signing up is found by an agent that is built in the middle of it",
          "[agents][traffic]") {
  Scenario scenario = StandardScenario();
  scenario.sites = 0;
  scenario.devices = 3;
  scenario.traffic = 2;
  const Instant start = At("2026-01-05T14:00:00");
  const Plan plan(7, scenario, start);
  for (const Instant from : {plan.ready(), SignedUpAt(plan, 1, 3),
                             SignedUpAt(plan, 1, 3) + Micros{1},
                             SignedUpAt(plan, 1, 7) + Micros{1}}) {
    AgentSpan span{start, from, start + 10 * kMinute};
    TrafficAgent agent(plan, 1, span);
    Recorder recorder{64 * 1024};
    recorder.Run(agent);
    const auto count = [&](const std::vector<const Event*>& events) {
      return std::count_if(events.begin(), events.end(), [](const Event* e) {
        return e->table == TableId::kApiRequestLogs &&
               DecodeRow(Table(e->table),
                         e->payload())[static_cast<size_t>(
                                           Table(e->table).Find("endpoint"))]
                       .text == "/api/v1/auth/signup";
      });
    };
    int64_t wanted = 0;
    for (uint32_t user = 0; user < kUsersPerSource; ++user) {
      wanted += SignedUpAt(plan, 1, user) >= from ? 1 : 0;
    }
    CHECK(count(recorder.events()) == wanted);
  }
}

}  // namespace
}  // namespace tillstorm
