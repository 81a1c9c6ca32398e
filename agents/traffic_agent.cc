#include "agents/traffic_agent.h"

#include <algorithm>

#include "agents/bootstrap.h"

namespace tillstorm {
namespace {

// Half an hour of one source, at least 20 seconds of many: about as much to
// plan at once, however many there are.
Micros StretchFor(const Plan& plan) {
  const Fleet& fleet = plan.fleet();
  const uint32_t sources = fleet.sources() / fleet.traffic_agents() + 1;
  return std::max(Micros{3'600 * kMicrosPerSecond / sources},
                  Micros{20 * kMicrosPerSecond});
}

}  // namespace

TrafficAgent::TrafficAgent(const Plan& plan, uint32_t agent,
                           const AgentSpan& span)
    : plan_(plan),
      agent_(agent),
      whole_span_(span),
      span_(span.From(plan.ready())),
      stretch_(StretchFor(plan)),
      planned_until_(span_.from) {
  const Fleet& fleet = plan.fleet();
  for (uint32_t source = agent; source < fleet.sources();
       source += fleet.traffic_agents()) {
    sources_.push_back(std::make_unique<TrafficSource>(plan, source, span_));
    sources_.back()->PlanGoingOn(span_.from,
                                 [this](const TrafficDue& due) { Add(due); });
  }
  if (agent == 0) bootstrap_ = NextBootstrapStep(plan, whole_span_.from);
  Seek();
}

void TrafficAgent::Add(const TrafficDue& due) {
  if (due.at >= span_.from && due.at < span_.end) due_.push(due);
}

void TrafficAgent::PlanStretch() {
  // Nothing begins in a gap.
  const Instant from = span_.NextCollected(planned_until_);
  planned_until_ = std::min(span_.end, from + stretch_);
  for (const auto& source : sources_) {
    source->PlanChains(from, planned_until_,
                       [this](const TrafficDue& due) { Add(due); });
  }
}

void TrafficAgent::Seek() {
  // What a stretch begins may lie before what is known already.
  while (planned_until_ < span_.end &&
         (due_.empty() || due_.top().at >= planned_until_)) {
    PlanStretch();
  }
  next_ = due_.empty() ? kNever : due_.top().at;
  if (bootstrap_ < whole_span_.end) next_ = std::min(next_, bootstrap_);
}

void TrafficAgent::Step(EventSink& sink) {
  const Instant now = next_;
  if (bootstrap_ == now) {
    EmitBootstrapStep(plan_, now, whole_span_, sink);
    bootstrap_ = NextBootstrapStep(plan_, now + Micros{1});
  }
  while (!due_.empty() && due_.top().at == now) {
    const TrafficDue due = due_.top();
    due_.pop();
    sources_[due.source / plan_.fleet().traffic_agents()]->Take(due, sink);
  }
  Seek();
}

}  // namespace tillstorm
