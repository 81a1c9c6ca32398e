// SiteAgent: one site and the chains that begin at it: jobs with their pushes,
// commands, outcomes, configurations and audit; alerts and what becomes of
// them; the truth about outages, incidents and bad configurations.
//
// It plans an hour at a time: what begins in the hour goes, step by step, into
// a queue ordered by instant. Steps are small; rows are made when they are due.
//
// Threads: one owner.
// Memory: the steps of one hour and of what still goes on, 40 bytes each.
#ifndef TILLSTORM_AGENTS_SITE_AGENT_H_
#define TILLSTORM_AGENTS_SITE_AGENT_H_

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "agents/agent.h"
#include "agents/alert.h"
#include "agents/fault.h"
#include "agents/job.h"
#include "agents/job_rows.h"
#include "agents/plan.h"
#include "agents/site_day.h"

namespace tillstorm {

class SiteAgent final : public Agent {
 public:
  // Borrows the plan. REQUIRES: span.from <= span.end.
  SiteAgent(const Plan& plan, uint32_t site, const AgentSpan& span);
  SiteAgent(const SiteAgent&) = delete;
  SiteAgent& operator=(const SiteAgent&) = delete;

  [[nodiscard]] EntityId entity() const override {
    return {EntityKind::kSite, site_};
  }
  [[nodiscard]] Instant next() const override { return next_; }
  void Step(EventSink& sink) override;

 private:
  // Numbered in the order in which steps of one instant are taken.
  enum class Action : uint8_t {
    kJobCreated,
    kJobStarted,
    kPushSent,
    kPushChanged,
    kCommandQueued,
    kCommandChanged,
    kRunFinished,
    kConfigChanged,
    kErrorResolved,
    kJobCompleted,
    kAlertRaised,
    kAlertChanged,
    kSiteTruth,    // slot: the FaultKind; day: that of the onset
    kConfigTruth,  // of a run
  };
  struct Due {
    Instant at;
    Action action{};
    LocalDay day = 0;     // of the job, or of the onset of what is alerted
    uint32_t slot = 0;    // of the job
    uint32_t device = 0;  // kNoDevice: the site
    friend auto operator<=>(const Due&, const Due&) = default;
  };
  static constexpr uint32_t kNoDevice = ~uint32_t{0};

  // Plans what begins in the next hour; false at the end.
  bool PlanHour();
  void PlanChains(Instant from, Instant to);
  void PlanJob(const Job& job);
  void PlanRun(const Job& job, const JobRun& run);
  void PlanAlerts(Instant from, Instant to);
  void PlanAlert(const Alert& alert);
  void PlanTruth(Instant from, Instant to);
  void PlanConfigTruth(const Job& job, Instant from, Instant to);
  void Add(Instant at, Action action, const Job& job,
           uint32_t device = kNoDevice);
  void Push(const Due& due);
  // Finds the instant of the next Step.
  void Seek();

  void Take(const Due& due, EventSink& sink);
  void TakeOfJob(const Due& due, EventSink& sink);
  void TakeOfRun(const Due& due, const Job& job, EventSink& sink);
  void TakeAlert(const Due& due, EventSink& sink);
  void TakeSiteTruth(const Due& due, EventSink& sink);
  void FinishRun(const Job& job, const JobRun& run, EventSink& sink);
  [[nodiscard]] bool changes() const {
    return span_.mode == EmitMode::kChanges;
  }
  // As of which a row is inserted that lives and begins at that instant.
  [[nodiscard]] Instant InsertedAsOf(Instant begin) const {
    return changes() ? begin : span_.end;
  }
  [[nodiscard]] std::optional<Fault> SiteFaultOf(FaultKind kind,
                                                 LocalDay day) const;

  const Plan& plan_;
  const uint32_t site_;
  const AgentSpan span_;
  JobPlan jobs_;
  SiteDays days_;
  JobRows rows_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Instant planned_until_;
  Instant next_ = kNever;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_SITE_AGENT_H_
