// Version: what this binary is and what it was made of.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_VERSION_H_
#define TILLSTORM_HARNESS_VERSION_H_

#include <string>
#include <string_view>

namespace tillstorm {

// `0.1.0`
[[nodiscard]] std::string_view Version();

// The answer to --version: version, commit, compiler, flags, build type,
// versions of data and libraries; one fact per line.
[[nodiscard]] std::string VersionText();

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_VERSION_H_
