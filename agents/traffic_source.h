// TrafficSource: what the users and clients of one source do on its site:
// visits, the rounds of a monitoring client, errors, log-ins, jobs that are
// posted, messages that terminals acknowledge. Each request leaves its row.
//
// It plans a stretch of time at once into the queue of its agent and makes the
// rows (traffic_rows.h) when they are due. Whatever a chain leads to, it begins
// in the local day that it is numbered in: a stretch looks at the days that it
// touches only.
//
// Threads: one owner.
// Memory: a few kilobytes, and 140 bytes per device of the site that has a
// fault around the day.
#ifndef TILLSTORM_AGENTS_TRAFFIC_SOURCE_H_
#define TILLSTORM_AGENTS_TRAFFIC_SOURCE_H_

#include <cstdint>
#include <functional>

#include "agents/job.h"
#include "agents/traffic_due.h"
#include "agents/traffic_rows.h"
#include "harness/core/event_sink.h"

namespace tillstorm {

class TrafficSource {
 public:
  using Add = std::function<void(const TrafficDue&)>;

  // Borrows plan and span. With updates to come rows are inserted as they
  // begin, else as they are at the end of the span.
  TrafficSource(const Plan& plan, uint32_t source, const AgentSpan& span);
  TrafficSource(const TrafficSource&) = delete;
  TrafficSource& operator=(const TrafficSource&) = delete;

  // Adds everything that chains begun in [from, to) lead to, as far as that is
  // collected time.
  void PlanChains(Instant from, Instant to, const Add& add);
  // Adds what chains lead to that began before `from`, as far as it may be due
  // from `from` on.
  void PlanGoingOn(Instant from, const Add& add);
  // Emits what is due. REQUIRES: it was added.
  void Take(const TrafficDue& due, EventSink& sink) { rows_.Take(due, sink); }

 private:
  // Chains that begin in [from, to).
  void PlanLogins(Instant from, Instant to, const Add& add);
  void PlanSignUps(Instant from, Instant to, const Add& add);
  void PlanSessions(Instant from, Instant to, const Add& add);
  void PlanSession(const UserSession& session, const SiteDay& day,
                   const Add& add);
  void PlanProbes(Instant from, Instant to, const Add& add);
  void PlanErrors(Instant from, Instant to, const Add& add);
  void PlanJobs(Instant from, Instant to, const Add& add);
  // Calls `visit` with each local day that [from, to) touches.
  template <class Visit>
  void ForEachDay(Instant from, Instant to, Visit&& visit);

  [[nodiscard]] Instant LoginInstant(const DaySpan& day, uint32_t number) const;
  // Whether the user can do something at that instant.
  [[nodiscard]] bool IsSignedUp(uint32_t user, Instant instant) const;
  [[nodiscard]] bool IsMine(const Job& job) const {
    return job.slot % facts_.share == facts_.rank;
  }

  SourceFacts facts_;
  const uint32_t probes_;  // rounds of a day
  JobPlan jobs_;
  TrafficRows rows_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TRAFFIC_SOURCE_H_
