// Small text files of the system, /proc and /sys: what can be read of them.
//
// Threads: pure functions. Errors: nothing where a file is not there, cannot be
// read, or does not say.
#ifndef TILLSTORM_HARNESS_SYSTEM_FILE_H_
#define TILLSTORM_HARNESS_SYSTEM_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tillstorm {

// The number that a text begins with, after blanks; none for `max`.
[[nodiscard]] std::optional<int64_t> ParseCount(std::string_view text);
// The first line of a file, without what ends it.
[[nodiscard]] std::optional<std::string> ReadLine(const std::string& path);
// The number that a file begins with.
[[nodiscard]] std::optional<int64_t> ReadCount(const std::string& path);
// What follows `key` at the beginning of a line.
[[nodiscard]] std::optional<std::string> ReadEntry(const std::string& path,
                                                   std::string_view key);
// The number that follows it.
[[nodiscard]] std::optional<int64_t> ReadField(const std::string& path,
                                               std::string_view key);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_SYSTEM_FILE_H_
