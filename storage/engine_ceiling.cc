#include "storage/engine_ceiling.h"

namespace tillstorm {

Result<std::unique_ptr<EngineCeiling>> Backend::OpenCeiling(
    const EngineCeilingOptions& /*options*/,
    const std::atomic<bool>& /*stop*/) {
  return std::unique_ptr<EngineCeiling>();
}

}  // namespace tillstorm
