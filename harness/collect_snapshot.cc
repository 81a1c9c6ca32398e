#include "harness/collect_snapshot.h"

namespace tillstorm {

std::string_view Name(CollectPhase phase) {
  switch (phase) {
    case CollectPhase::kPreparing:
      return "preparing";
    case CollectPhase::kCollecting:
      return "collecting";
    case CollectPhase::kClosing:
      return "closing";
    case CollectPhase::kPaused:
      return "paused";
    case CollectPhase::kDraining:
      return "draining";
    case CollectPhase::kFinishing:
      return "finishing";
    case CollectPhase::kWatching:
      return "watching";
  }
  return "";
}

std::string_view Name(CollectLimit limit) {
  switch (limit) {
    case CollectLimit::kSchedule:
      return "schedule";
    case CollectLimit::kAgents:
      return "agents";
    case CollectLimit::kQueue:
      return "queue";
    case CollectLimit::kEngine:
      return "engine";
  }
  return "";
}

}  // namespace tillstorm
