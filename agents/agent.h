// Agent: a simulated actor as a state machine in virtual time.
//
// An agent is a pure function of its plan: built at any instant it emits from
// there on exactly what it would have emitted had it been built earlier. It
// never reads a clock, another agent or a database.
//
//   while (agent.next() < end) { sink.BeginStep(agent.entity(), agent.next());
//                                agent.Step(sink); sink.EndStep(); }
//
// Threads: one owner at a time; agents share only the immutable plan.
#ifndef TILLSTORM_AGENTS_AGENT_H_
#define TILLSTORM_AGENTS_AGENT_H_

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

// The part of the time axis that an agent works on.
struct AgentSpan {
  Instant opening;  // of the collected interval
  Instant from;     // first instant to emit; opening <= from
  Instant end;      // first instant not to emit
  EmitMode mode = EmitMode::kChanges;
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
