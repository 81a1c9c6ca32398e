#include "agents/truth.h"

#include "harness/core/rows_dataset.h"

namespace tillstorm {

void EmitTruth(const Fault& fault, Instant now, const TruthSubject& subject,
               EventSink& sink) {
  TruthRow row;
  row.timestamp = now;
  row.kind = Name(fault.kind);
  row.entity_type = subject.type;
  row.entity_id = subject.identifier;
  row.onset = fault.onset;
  row.first_sign = fault.first_sign;
  row.failing_from = fault.failing_from;
  row.planned_end = fault.end;
  row.severity = static_cast<double>(fault.severity_milli) / 1000.0;
  sink.Insert(row);
}

}  // namespace tillstorm
