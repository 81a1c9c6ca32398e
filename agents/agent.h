// Agent: a simulated actor as a state machine in virtual time.
//
// An agent is a pure function of its plan: built at any instant it emits from
// there on exactly what it would have emitted had it been built earlier. It
// never reads a clock, another agent or a database. What it is told of the
// dataset is which time is collected (AgentSpan).
//
//   while (agent.next() < end) { sink.BeginStep(agent.entity(), agent.next());
//                                agent.Step(sink); sink.EndStep(); }
//
// Threads: one owner at a time; agents share only the immutable plan.
#ifndef TILLSTORM_AGENTS_AGENT_H_
#define TILLSTORM_AGENTS_AGENT_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "harness/core/event.h"
#include "harness/core/event_sink.h"
#include "harness/core/instant.h"

namespace tillstorm {

// What an agent emits of a row that lives.
enum class EmitMode : uint8_t {
  kFinal,    // one insert of final(row, end) where the row begins (bulk paths)
  kChanges,  // the insert where it begins, an update at each change (live
             // paths)
};

// A collected stretch of time, half-open.
struct Stretch {
  Instant opening;
  Instant close;
};

struct AgentSpan;
// The span of each agent, by entity.
using AgentSpans = std::function<AgentSpan(EntityId)>;

// The part of the time axis that an agent works on, and what of time is
// collected: `earlier`, then [opening, end).
//
// Telemetry is emitted in collected time only. A chain (a job, an alert, a
// visit, an error) belongs to the dataset if it began in collected time: then
// all that follows from it is emitted, in a gap too.
struct AgentSpan {
  Instant opening;  // of the last collected stretch
  Instant from;     // first instant to emit
  Instant end;      // first instant not to emit
  EmitMode mode = EmitMode::kChanges;
  // Stretches before `opening`, in order of time. Borrowed.
  std::span<const Stretch> earlier = {};
  // Nothing is collected before: see From().
  Instant ready = Instant::min();
  // The spans of the others, for a row that one agent inserts and another
  // changes (devices of the bootstrap). Borrowed; null: all have this one.
  const AgentSpans* others = nullptr;

  // For an agent that begins at `when` at the earliest.
  [[nodiscard]] AgentSpan From(Instant when) const {
    AgentSpan span = *this;
    span.ready = when;
    span.from = std::min(std::max(from, when), end);
    return span;
  }

  // The stretches in order, clipped to `ready`: some may be empty then. The
  // last one has no close.
  [[nodiscard]] size_t stretches() const { return earlier.size() + 1; }
  [[nodiscard]] Stretch At(size_t i) const {
    const Stretch stretch =
        i < earlier.size() ? earlier[i] : Stretch{opening, kNever};
    return {std::max(stretch.opening, ready), stretch.close};
  }

  // Whether the instant is collected. The end is not looked at.
  [[nodiscard]] bool Collects(Instant instant) const {
    return NextCollected(instant) == instant;
  }
  // The first collected instant at or after it.
  [[nodiscard]] Instant NextCollected(Instant instant) const {
    instant = std::max(instant, ready);
    if (instant >= opening) return instant;
    for (const Stretch& stretch : earlier) {
      if (instant < stretch.close) return std::max(instant, stretch.opening);
    }
    return opening;
  }
  // Whether collecting resumed after a gap between those two instants.
  [[nodiscard]] bool ResumesBetween(Instant before, Instant after) const {
    return Collects(after) && !Collects(before) &&
           before >= NextCollected(Instant::min());
  }
  // The first collected instant of the episode [onset, over), if it has one:
  // where the truth about it belongs.
  [[nodiscard]] std::optional<Instant> FirstTouch(Instant onset,
                                                  Instant over) const {
    const Instant first = NextCollected(onset);
    return first < over ? std::optional(first) : std::nullopt;
  }
};

class Agent {
 public:
  virtual ~Agent() = default;

  [[nodiscard]] virtual EntityId entity() const = 0;
  // The instant of the next Step, or kNever when nothing is left before
  // AgentSpan::end.
  [[nodiscard]] virtual Instant next() const = 0;
  // Emits every event due at next() and moves on. REQUIRES: next() != kNever.
  virtual void Step(EventSink& sink) = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_AGENT_H_
