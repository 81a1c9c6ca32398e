// All agents of a plan in one numbering: sites, then devices, then traffic
// agents.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_ALL_AGENTS_H_
#define TILLSTORM_AGENTS_ALL_AGENTS_H_

#include <cstdint>
#include <memory>

#include "agents/agent.h"
#include "agents/plan.h"

namespace tillstorm {

[[nodiscard]] uint32_t AgentCount(const Plan& plan);
// REQUIRES for both: i < AgentCount().
[[nodiscard]] EntityId AgentEntity(const Plan& plan, uint32_t i);
// Borrows the plan and what the span borrows.
[[nodiscard]] std::unique_ptr<Agent> MakeAgent(const Plan& plan, uint32_t i,
                                               const AgentSpans& span_of);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_ALL_AGENTS_H_
