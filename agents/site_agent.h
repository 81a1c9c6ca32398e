// SiteAgent: one site. It emits the truth about the site's network outages;
// what an outage does to its devices they read in the plan themselves.
//
// Threads: one owner.
#ifndef TILLSTORM_AGENTS_SITE_AGENT_H_
#define TILLSTORM_AGENTS_SITE_AGENT_H_

#include <cstdint>

#include "agents/agent.h"
#include "agents/fault.h"
#include "agents/plan.h"

namespace tillstorm {

class SiteAgent final : public Agent {
 public:
  // Borrows the plan. REQUIRES: span.opening <= span.from <= span.end.
  SiteAgent(const Plan& plan, uint32_t site, const AgentSpan& span);

  [[nodiscard]] EntityId entity() const override {
    return {EntityKind::kSite, site_};
  }
  [[nodiscard]] Instant next() const override { return next_; }
  void Step(EventSink& sink) override;

 private:
  // Finds the first outage of day_ or later that is not emitted yet.
  void Seek();

  const Plan& plan_;
  const uint32_t site_;
  const AgentSpan span_;
  LocalDay day_;
  Instant next_ = kNever;
  Fault outage_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_SITE_AGENT_H_
