#include "harness/measure/run_record.h"

namespace tillstorm {

std::string_view LatencyPartName(LatencyPart part) {
  constexpr std::array<std::string_view, kLatencyParts> kNames = {
      "schedule_lag", "queue_wait", "batch_wait", "engine", "total"};
  return kNames.at(static_cast<size_t>(part));
}

std::string_view VerdictName(VerdictKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {
      "VALID", "VALID-WITH-WARNINGS", "INVALID", "PARTIAL"};
  return kNames.at(static_cast<size_t>(kind));
}

}  // namespace tillstorm
