// TrafficDue: one thing that a source of traffic has to do at an instant, as it
// is planned (traffic_source.h) and later turned into rows (traffic_rows.h);
// and what both sides know of the source.
//
// Threads: values; SourceFacts has one owner.
#ifndef TILLSTORM_AGENTS_TRAFFIC_DUE_H_
#define TILLSTORM_AGENTS_TRAFFIC_DUE_H_

#include <compare>
#include <cstdint>

#include "agents/agent.h"
#include "agents/plan.h"
#include "agents/site_day.h"
#include "agents/traffic_error.h"
#include "agents/user_session.h"

namespace tillstorm {

// Ordered as things of one instant are taken.
struct TrafficDue {
  enum class What : uint8_t {
    kLogin,          // slot: number of the day; step
    kSignUp,         // slot: user
    kSessionBegin,   // slot: user * kSlotsPerUser + slot of the day
    kActivity,       // the same; step: which
    kPoll,           // the same; step: which
    kSessionEnd,     // the same
    kProbe,          // slot: round of the day
    kError,          // slot; step: burst + 1, or 0
    kErrorResolved,  // the same
    kJobPosted,      // slot: of the job
    kAcknowledged,   // slot: of the job; step: device
  };
  static constexpr uint32_t kSlotsPerUser = 128;

  Instant at;
  What what{};
  uint32_t source = 0;
  LocalDay day = 0;
  uint32_t slot = 0;
  uint32_t step = 0;
  friend auto operator<=>(const TrafficDue&, const TrafficDue&) = default;
};

struct SourceFacts {
  // Borrows.
  SourceFacts(const Plan& of, uint32_t number, const AgentSpan& whole)
      : plan(of),
        span(whole),
        source(number),
        site(number % of.fleet().sites()),
        share((of.fleet().sources() - 1 - site) / of.fleet().sites() + 1),
        rank(number / of.fleet().sites()),
        rates(of.scenario().rates),
        session_rates(of, share),
        error_slots(rates, share),
        // Today's and yesterday's or tomorrow's.
        days(of, site, 2) {}

  [[nodiscard]] bool changes() const { return span.mode == EmitMode::kChanges; }

  const Plan& plan;
  const AgentSpan& span;
  const uint32_t source;
  const uint32_t site;
  const uint32_t share;  // sources of the site
  const uint32_t rank;   // of this one among them
  const Rates& rates;
  const SessionRates session_rates;
  const ErrorSlots error_slots;
  SiteDays days;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TRAFFIC_DUE_H_
