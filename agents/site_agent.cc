#include "agents/site_agent.h"

#include <algorithm>

#include "agents/identifiers.h"
#include "agents/truth.h"

namespace tillstorm {

SiteAgent::SiteAgent(const Plan& plan, uint32_t site, const AgentSpan& span)
    : plan_(plan),
      site_(site),
      span_(span),
      // An outage of the day before may still go on.
      day_(plan.ZoneOf(site).DayOf(span.from) - 1) {
  Seek();
}

void SiteAgent::Seek() {
  const TimeZone& zone = plan_.ZoneOf(site_);
  for (;; ++day_) {
    const DaySpan day = SpanOf(zone, day_);
    if (day.begin >= span_.end) break;
    const auto outage = plan_.OutageOf(site_, day);
    if (!outage || outage->end <= span_.opening) continue;
    const Instant instant = std::max(outage->onset, span_.opening);
    if (instant < span_.from) continue;
    if (instant >= span_.end) break;
    next_ = instant;
    outage_ = *outage;
    return;
  }
  next_ = kNever;
}

void SiteAgent::Step(EventSink& sink) {
  // Two outages may go on at the opening: both are due then.
  const Instant now = next_;
  while (next_ == now) {
    EmitTruth(outage_, now, {"site", SiteIdentifier(plan_.seed(), site_)},
              sink);
    ++day_;
    Seek();
  }
}

}  // namespace tillstorm
