#include "agents/traffic_source.h"

#include <algorithm>

#include "agents/day_slots.h"
#include "agents/job_run.h"
#include "agents/users.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

using What = TrafficDue::What;

// Tokens are good for six hours: the client logs in four times a day.
constexpr uint32_t kLoginsPerDay = 4;
constexpr int64_t kLoginDistance = 6 * 3'600 * kMicrosPerSecond;

// How far back what is still going on may have begun.
constexpr Micros kLoginMax{60 * kMicrosPerSecond};
constexpr Micros kSessionMax = kSessionSlot;
constexpr Micros kJobMax{3'600 * kMicrosPerSecond};
constexpr Micros kErrorMax{5 * 3'600 * kMicrosPerSecond};

}  // namespace

TrafficSource::TrafficSource(const Plan& plan, uint32_t source,
                             const AgentSpan& span)
    : facts_(plan, source, span),
      probes_(static_cast<uint32_t>(facts_.rates.probes) / facts_.share),
      jobs_(plan, facts_.site),
      rows_(facts_) {}

template <class Visit>
void TrafficSource::ForEachDay(Instant from, Instant to, Visit&& visit) {
  if (from >= to) return;
  const TimeZone& zone = facts_.plan.ZoneOf(facts_.site);
  const LocalDay last = zone.DayOf(to - Micros{1});
  for (LocalDay day = zone.DayOf(from); day <= last; ++day) {
    visit(facts_.days.Of(day));
  }
}

void TrafficSource::PlanChains(Instant from, Instant to, const Add& add) {
  PlanLogins(from, to, add);
  PlanSignUps(from, to, add);
  PlanSessions(from, to, add);
  PlanProbes(from, to, add);
  PlanErrors(from, to, add);
  PlanJobs(from, to, add);
}

void TrafficSource::PlanGoingOn(Instant from, const Add& add) {
  const auto begun = [&](Micros ago) {
    return facts_.span.NextCollected(from - ago);
  };
  PlanLogins(begun(kLoginMax), from, add);
  PlanSessions(begun(kSessionMax), from, add);
  PlanJobs(begun(kJobMax), from, add);
  if (facts_.changes()) PlanErrors(begun(kErrorMax), from, add);
}

Instant TrafficSource::LoginInstant(const DaySpan& day, uint32_t number) const {
  const Draw draw =
      facts_.plan
          .StreamFor({EntityKind::kTraffic, facts_.source}, Purpose::kLogin)
          .At(day.day, number);
  return day.begin +
         Micros{number * kLoginDistance +
                UniformBetween(draw.u64(0), 0, 1'200 * kMicrosPerSecond)};
}

void TrafficSource::PlanLogins(Instant from, Instant to, const Add& add) {
  ForEachDay(from, to, [&](const SiteDay& day) {
    for (uint32_t i = 0; i < kLoginsPerDay; ++i) {
      const Instant at = LoginInstant(day.span(), i);
      if (at < from || at >= to || !facts_.span.Collects(at)) continue;
      const LocalDay date = day.span().day;
      add({at, What::kLogin, facts_.source, date, i, 0});
      // Refused, it tries the next user.
      add({at + Micros{400'000}, What::kLogin, facts_.source, date, i, 1});
    }
  });
}

bool TrafficSource::IsSignedUp(uint32_t user, Instant instant) const {
  return instant >= SignedUpAt(facts_.plan, facts_.source, user);
}

void TrafficSource::PlanSignUps(Instant from, Instant to, const Add& add) {
  if (!facts_.plan.has_bootstrap()) return;
  for (uint32_t user = 0; user < kUsersPerSource; ++user) {
    const Instant at = SignedUpAt(facts_.plan, facts_.source, user);
    if (at < from || at >= to || !facts_.span.Collects(at)) continue;
    add({at, What::kSignUp, facts_.source, 0, user, 0});
  }
}

void TrafficSource::PlanSessions(Instant from, Instant to, const Add& add) {
  ForEachDay(from, to, [&](const SiteDay& day) {
    const DaySpan& span = day.span();
    const uint32_t slots = SessionSlots(span);
    const auto first = static_cast<uint32_t>(
        std::max<int64_t>((from - span.begin) / kSessionSlot, 0));
    for (uint32_t slot = first; slot < slots; ++slot) {
      if (span.begin + kSessionSlot * slot >= to) break;
      for (uint32_t user = 0; user < kUsersPerSource; ++user) {
        const auto session = SessionOf(facts_.plan, facts_.session_rates,
                                       facts_.source, span, user, slot);
        if (!session || session->begin < from || session->begin >= to) continue;
        if (!facts_.span.Collects(session->begin)) continue;
        if (!IsSignedUp(user, session->begin)) continue;
        PlanSession(*session, day, add);
      }
    }
  });
}

void TrafficSource::PlanSession(const UserSession& session, const SiteDay& day,
                                const Add& add) {
  TrafficDue due;
  due.at = session.begin;
  due.what = What::kSessionBegin;
  due.source = facts_.source;
  due.day = session.day;
  due.slot = session.user * TrafficDue::kSlotsPerUser + session.slot;
  if (facts_.rates.page_requests) add(due);
  due.what = What::kActivity;
  for (uint32_t i = 0; i < session.activities; ++i) {
    due.at = ActivityOf(facts_.plan, session, i, day).at;
    due.step = i;
    add(due);
  }
  if (!facts_.rates.page_requests) return;
  due.what = What::kPoll;
  due.step = 0;
  for (due.at = session.begin + kPollInterval / 2; due.at < session.end;
       due.at += kPollInterval) {
    add(due);
    ++due.step;
  }
  due.at = session.end;
  due.what = What::kSessionEnd;
  due.step = 0;
  add(due);
}

void TrafficSource::PlanProbes(Instant from, Instant to, const Add& add) {
  if (probes_ == 0) return;
  const Stream stream = facts_.plan.StreamFor(
      {EntityKind::kTraffic, facts_.source}, Purpose::kProbe);
  ForEachDay(from, to, [&](const SiteDay& day) {
    const DaySpan& span = day.span();
    for (uint32_t round = FirstSlotFrom(span, probes_, from); round < probes_;
         ++round) {
      const Instant at = InstantInSlot(span, round, probes_,
                                       stream.At(span.day, round).u64(0));
      if (at >= to) break;
      if (at < from || !facts_.span.Collects(at)) continue;
      add({at, What::kProbe, facts_.source, span.day, round, 0});
    }
  });
}

void TrafficSource::PlanErrors(Instant from, Instant to, const Add& add) {
  ForEachDay(from, to, [&](const SiteDay& day) {
    const DaySpan& span = day.span();
    const auto take = [&](const TrafficError& error, uint32_t step) {
      if (error.at < from || error.at >= to) return;
      if (!facts_.span.Collects(error.at)) return;
      if (!IsSignedUp(error.user, error.at)) return;
      add({error.at, What::kError, facts_.source, span.day, error.slot, step});
      if (!facts_.changes() || !error.resolved) return;
      add({*error.resolved, What::kErrorResolved, facts_.source, span.day,
           error.slot, step});
    };
    const uint32_t even = facts_.error_slots.even();
    for (uint32_t slot = even == 0 ? 0 : FirstSlotFrom(span, even, from);
         slot < even; ++slot) {
      if (SlotBegin(span, slot, even) >= to) break;
      const auto error = EvenErrorOf(facts_.plan, facts_.error_slots,
                                     facts_.source, span, slot);
      if (error) take(*error, 0);
    }
    for (uint32_t burst = 0; burst < ErrorSlots::kBursts; ++burst) {
      const uint32_t size =
          BurstSize(facts_.plan, facts_.error_slots, facts_.source, day, burst);
      for (uint32_t i = 0; i < size; ++i) {
        take(BurstErrorOf(facts_.plan, facts_.error_slots, facts_.source, day,
                          burst, i),
             burst + 1);
      }
    }
  });
}

void TrafficSource::PlanJobs(Instant from, Instant to, const Add& add) {
  if (from >= to) return;
  jobs_.ForEach(from, to, [&](const Job& job) {
    if (!IsMine(job) || !facts_.span.Collects(job.created)) return;
    if (job.posted) {
      add({job.created, What::kJobPosted, facts_.source, job.day, job.slot, 0});
    }
    const SiteDay& day = facts_.days.Of(job.day);
    for (uint32_t i = 0; i < job.devices; ++i) {
      const uint32_t device = job.first_device + i;
      const JobRun run =
          RunOf(facts_.plan, job, device, day.TroublesOf(device));
      if (!run.acknowledged) continue;
      add({run.settled, What::kAcknowledged, facts_.source, job.day, job.slot,
           device});
    }
  });
}

}  // namespace tillstorm
