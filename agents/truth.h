// Ground truth: one row of tillstorm_truth per fault that touches a collected
// interval, at max(onset, opening), with the true onset and the planned end.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_TRUTH_H_
#define TILLSTORM_AGENTS_TRUTH_H_

#include <string_view>

#include "agents/fault.h"
#include "harness/core/event_sink.h"
#include "harness/core/instant.h"

namespace tillstorm {

struct TruthSubject {
  std::string_view type;        // device or site
  std::string_view identifier;  // its string id
};

// Emits the truth about that fault as an event of `now`.
void EmitTruth(const Fault& fault, Instant now, const TruthSubject& subject,
               EventSink& sink);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_TRUTH_H_
