// Version: what this binary is and what it was made of.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_VERSION_H_
#define TILLSTORM_HARNESS_VERSION_H_

#include <string>
#include <string_view>

#include "harness/measure/run_record.h"

namespace tillstorm {

// `0.1.0`
[[nodiscard]] std::string_view Version();

// Of the source that this was built from; ends in -dirty when it was changed,
// `unknown` without a checkout.
[[nodiscard]] std::string_view SourceCommit();

// Of the lock-free queue's header that this was built with: `1.0.3`, `before
// 1.0.4`, or nothing when that could not be told. The header does not say.
[[nodiscard]] std::string_view QueueVersion();

// What this binary was made of. Of libraries that are loaded when it starts
// (SQLite, libpq, glibc) the versions are those that run now.
[[nodiscard]] BuildFacts ThisBuild();

// The answer to --version: the same as text, one fact per line.
[[nodiscard]] std::string VersionText();

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_VERSION_H_
