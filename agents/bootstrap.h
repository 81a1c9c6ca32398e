// Bootstrap: how a dataset without sites (--sites 0) begins. The first traffic
// agent is refused twice (401), signs up (201), posts one site with its
// schedule and then its terminals, one request after another, at the instants
// of Plan. When the last one is there everybody else begins.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_BOOTSTRAP_H_
#define TILLSTORM_AGENTS_BOOTSTRAP_H_

#include "agents/agent.h"
#include "agents/plan.h"
#include "harness/core/event_sink.h"
#include "harness/core/instant.h"

namespace tillstorm {

// The instant of the first step at or after `from`; kNever without one.
[[nodiscard]] Instant NextBootstrapStep(const Plan& plan, Instant from);

// Emits the step of that instant: its request and what it makes. Rows that live
// are as `span` says. REQUIRES: NextBootstrapStep(plan, now) == now.
void EmitBootstrapStep(const Plan& plan, Instant now, const AgentSpan& span,
                       EventSink& sink);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_BOOTSTRAP_H_
