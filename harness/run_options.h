// RunOptions: the flags that mean the same for every command, from text to
// typed values. Each command lists the flags that it takes; this file says what
// they are called, what they mean and how they are read.
//
// Threads: pure functions.
// Errors: kUsage with one sentence: the flag, what was found, what would be
// right.
#ifndef TILLSTORM_HARNESS_RUN_OPTIONS_H_
#define TILLSTORM_HARNESS_RUN_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agents/scenario.h"
#include "harness/command_line.h"
#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "harness/progress_line.h"
#include "storage/backend.h"
#include "storage/location.h"

namespace tillstorm {

inline constexpr int64_t kSitesMax = 100'000;
inline constexpr int64_t kDevicesMax = 100'000;
inline constexpr int64_t kThreadsMax = 256;
inline constexpr int64_t kBatchRowsMax = 10'000'000;
inline constexpr int64_t kBatchBytesMin = 1 << 10;
inline constexpr int64_t kBatchBytesMax = 1 << 30;
inline constexpr Micros kSpanMin{kMicrosPerSecond};
inline constexpr Micros kSpanMax{36'525 * kMicrosPerDay};
// Fleets are older than their datasets; four digits must do for both.
inline constexpr Instant kStartMin{Micros{946'684'800'000'000}};  // 2000
inline constexpr Instant kEndMax{Micros{7'258'118'400'000'000}};  // 2200
inline constexpr Instant kDefaultStart{Micros{1'767'571'200'000'000}};
inline constexpr int64_t kRowsPerTableMax = 2'147'483'647;

// The description of a flag for a Command. REQUIRES: a name of design.md that
// this file knows.
[[nodiscard]] FlagSpec CommonFlag(std::string_view name);
[[nodiscard]] std::vector<FlagSpec> CommonFlags(
    std::initializer_list<std::string_view> names);

// A half-open stretch of virtual time.
struct Span {
  Instant start;
  Instant end;
};

// Whole numbers are decimal digits, nothing else.
[[nodiscard]] Result<int64_t> ParseInteger(std::string_view flag,
                                           std::string_view text, int64_t low,
                                           int64_t high);
// --seed: [0, 2^64 - 1], default 42.
[[nodiscard]] Result<uint64_t> ReadSeed(const FlagValues& flags);
// --sites, --devices, --interval over the standard fleet.
[[nodiscard]] Result<Scenario> ReadScenario(const FlagValues& flags);
// --start, --end, --span, --days; `now` is what `--end now` means.
[[nodiscard]] Result<Span> ReadSpan(const FlagValues& flags, Instant now);
// --threads, default one per core.
[[nodiscard]] Result<uint32_t> ReadThreads(const FlagValues& flags);
[[nodiscard]] Result<IndexMode> ReadIndexMode(const FlagValues& flags);
[[nodiscard]] Result<uint32_t> ReadBatchRows(const FlagValues& flags);
// --batch-bytes: bytes, or with KiB, MiB or GiB.
[[nodiscard]] Result<uint64_t> ReadBatchBytes(const FlagValues& flags);
[[nodiscard]] Result<ProgressMode> ReadProgress(const FlagValues& flags);
// --to, which must be there.
[[nodiscard]] Result<Location> ReadTo(const FlagValues& flags);
// The argument LOCATION of a command that reads a dataset: not a throw-away.
[[nodiscard]] Result<Location> ReadLocationArgument(const FlagValues& flags);

// Whether no table of the plan can pass kRowsPerTableMax rows.
[[nodiscard]] Status CheckRowCount(const Scenario& scenario, const Span& span);

// The word of --indexes for it.
[[nodiscard]] std::string_view IndexModeName(IndexMode mode);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_RUN_OPTIONS_H_
