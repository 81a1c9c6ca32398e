// PreflightLine: what one check before a run found, for whoever looks at part
// of a machine: an engine at its location, the harness at the rest.
//
// Threads: a value.
#ifndef TILLSTORM_HARNESS_CORE_PREFLIGHT_LINE_H_
#define TILLSTORM_HARNESS_CORE_PREFLIGHT_LINE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "harness/core/status.h"

namespace tillstorm {

enum class Verdict : uint8_t {
  kPassed,
  kMitigated,  // a known fault that the way we work avoids
  kWarning,    // a run is possible and may go wrong
  kFailed,     // a run is not
};

[[nodiscard]] constexpr std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kMitigated:
      return "mitigated";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kFailed:
      return "failed";
  }
  return "";
}

struct PreflightLine {
  std::string check;  // what was looked at, in a word or two
  Verdict verdict = Verdict::kPassed;
  std::string message;                // what was found
  std::string cure;                   // what would be right, or what mitigates
  StatusCode code = StatusCode::kOk;  // for the program to end with

  static PreflightLine Passed(std::string check, std::string message) {
    return {std::move(check), Verdict::kPassed, std::move(message), {}, {}};
  }
  static PreflightLine Mitigated(std::string check, std::string message,
                                 std::string cure) {
    return {std::move(check),
            Verdict::kMitigated,
            std::move(message),
            std::move(cure),
            {}};
  }
  static PreflightLine Warning(std::string check, std::string message,
                               std::string cure) {
    return {std::move(check),
            Verdict::kWarning,
            std::move(message),
            std::move(cure),
            {}};
  }
  // `code` is not kOk.
  static PreflightLine Failed(StatusCode code, std::string check,
                              std::string message, std::string cure) {
    return {std::move(check), Verdict::kFailed, std::move(message),
            std::move(cure), code};
  }
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_PREFLIGHT_LINE_H_
