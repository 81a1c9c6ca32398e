// TrafficAgent: people and services around the sites that it is bound to. It
// runs its sources (traffic_source.h) and, when there is no site yet, makes
// one (bootstrap.h).
//
// Threads: one owner.
// Memory: what its sources have going, and the plan of the next stretch of
// time: half an hour of one source, less of each if it has many.
#ifndef TILLSTORM_AGENTS_TRAFFIC_AGENT_H_
#define TILLSTORM_AGENTS_TRAFFIC_AGENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "agents/agent.h"
#include "agents/plan.h"
#include "agents/traffic_source.h"

namespace tillstorm {

class TrafficAgent final : public Agent {
 public:
  // Borrows the plan. REQUIRES: span.from <= span.end.
  TrafficAgent(const Plan& plan, uint32_t agent, const AgentSpan& span);
  TrafficAgent(const TrafficAgent&) = delete;
  TrafficAgent& operator=(const TrafficAgent&) = delete;

  [[nodiscard]] EntityId entity() const override {
    return {EntityKind::kTraffic, agent_};
  }
  [[nodiscard]] Instant next() const override { return next_; }
  void Step(EventSink& sink) override;

 private:
  void Add(const TrafficDue& due);
  void PlanStretch();
  void Seek();

  const Plan& plan_;
  const uint32_t agent_;
  const AgentSpan whole_span_;  // the bootstrap included
  const AgentSpan span_;
  std::vector<std::unique_ptr<TrafficSource>> sources_;
  const Micros stretch_;
  std::priority_queue<TrafficDue, std::vector<TrafficDue>, std::greater<>> due_;
  Instant planned_until_;
  Instant bootstrap_ = kNever;  // its next step
  Instant next_ = kNever;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TRAFFIC_AGENT_H_
