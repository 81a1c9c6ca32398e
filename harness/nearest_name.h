// NearestName: what a user may have meant by a name that nobody knows.
//
// Threads: a pure function.
#ifndef TILLSTORM_HARNESS_NEAREST_NAME_H_
#define TILLSTORM_HARNESS_NEAREST_NAME_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tillstorm {

// The one of `names` that is nearest to `wanted`, the first of equals, or
// nothing when that would take more edits than a third of its characters. An
// edit inserts, deletes or replaces one or swaps two neighbours.
[[nodiscard]] std::optional<std::string> NearestName(
    std::string_view wanted, std::span<const std::string> names);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_NEAREST_NAME_H_
