#include "agents/all_agents.h"

#include "agents/device_agent.h"
#include "agents/site_agent.h"
#include "agents/traffic_agent.h"
#include "harness/core/check.h"

namespace tillstorm {

uint32_t AgentCount(const Plan& plan) {
  const Fleet& fleet = plan.fleet();
  return fleet.sites() + fleet.devices() + fleet.traffic_agents();
}

EntityId AgentEntity(const Plan& plan, uint32_t i) {
  TS_DCHECK(i < AgentCount(plan));
  const Fleet& fleet = plan.fleet();
  if (i < fleet.sites()) return {EntityKind::kSite, i};
  i -= fleet.sites();
  if (i < fleet.devices()) return {EntityKind::kDevice, i};
  return {EntityKind::kTraffic, i - fleet.devices()};
}

std::unique_ptr<Agent> MakeAgent(const Plan& plan, uint32_t i,
                                 const AgentSpans& span_of) {
  const EntityId entity = AgentEntity(plan, i);
  const AgentSpan span = span_of(entity);
  switch (entity.kind()) {
    case EntityKind::kSite:
      return std::make_unique<SiteAgent>(plan, entity.index(), span);
    case EntityKind::kDevice:
      return std::make_unique<DeviceAgent>(plan, entity.index(), span);
    case EntityKind::kTraffic:
      return std::make_unique<TrafficAgent>(plan, entity.index(), span);
    case EntityKind::kFleet:
      break;
  }
  TS_CHECK(false && "the fleet is no agent");
  return nullptr;
}

}  // namespace tillstorm
