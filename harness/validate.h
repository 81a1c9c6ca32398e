// Validate: is this database what HOMEPOT's tools need?
//
// First the twelve checks of upstream's validator, with its names, thresholds
// and keys. Then what it does not look at: which layers and tables have rows,
// whether every reference holds, and what must be true of any dataset
// (invariants), each with the number of rows looked at and of those that break
// it. On a dataset of ours the latter fail; on a database that HOMEPOT filled,
// and on one of ours whose manifest cannot be read, they warn.
//
// One thing is not as upstream has it: its Database Connectivity fails when the
// database cannot be opened. Here, as everywhere in tillstorm, what cannot be
// read is bad input (65) and there is no report, so that check only ever
// passes.
//
// Threads: call from one thread.
// Memory: grows with the number of devices, state changes and failed checks.
#ifndef TILLSTORM_HARNESS_VALIDATE_H_
#define TILLSTORM_HARNESS_VALIDATE_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/instant.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"
#include "storage/query.h"

namespace tillstorm {

enum class CheckStatus : uint8_t { kPassed, kWarning, kFailed };
// `passed`, `warning`, `failed`.
[[nodiscard]] std::string_view Name(CheckStatus status);

// One of upstream's checks.
struct CheckResult {
  std::string name;
  CheckStatus status{};
  std::string message;
  std::string details;  // a JSON object
};

// Something that has rows, or not.
struct Coverage {
  std::string name;  // `layer device`, `table alerts`
  CheckStatus status{};
  int64_t rows = 0;
  std::string message;
};

// Something that must be true of every row that was looked at.
struct Invariant {
  std::string name;
  CheckStatus status{};
  int64_t checked = 0;
  int64_t broken = 0;
  std::string message;  // names the first row that breaks it
};

// What is known about a database beyond its rows.
struct DatasetFacts {
  bool is_ours = false;
  // And nobody else made its fleet.
  bool has_own_fleet = false;
  TableSet left_out;              // of ours: tables without rows on purpose
  std::vector<Instant> openings;  // of ours: where collecting began or resumed

  // What broken rows make of a check.
  [[nodiscard]] CheckStatus broken() const {
    return is_ours ? CheckStatus::kFailed : CheckStatus::kWarning;
  }
};

struct ValidateOptions {
  int64_t min_days = 3;  // [0, 36'525]
  // What counts as now; none: the end of the dataset.
  std::optional<Instant> now;
};

struct ValidateReport {
  Instant now;
  int64_t min_days = 0;
  bool is_ours = false;
  // And nobody else made its fleet.
  bool has_own_fleet = false;
  std::vector<CheckResult> checks;
  std::vector<std::string> issues;
  std::vector<std::string> recommendations;
  std::vector<std::string> notices;  // what is said but is no check
  std::vector<Coverage> coverage;
  std::vector<Invariant> references;  // one per reference of the schema
  std::vector<Invariant> invariants;
  CheckStatus overall{};
};

struct ValidateProgress {
  std::atomic<int> steps_done{0};
  std::atomic<int> steps_total{0};
};

// kBadInput when it is no database with HOMEPOT's tables, or `now` is wanted to
// be the end of a dataset that has none.
[[nodiscard]] Result<ValidateReport> Validate(QuerySession& database,
                                              const ValidateOptions& options,
                                              ValidateProgress* progress);

// The keys of upstream's report, and ours below `tillstorm`.
[[nodiscard]] std::string ValidateJson(const ValidateReport& report);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_VALIDATE_H_
