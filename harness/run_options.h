// RunOptions: the flags that mean the same for every command, from text to
// typed values. Each command lists the flags that it takes; this file says what
// they are called, what they mean and how they are read.
//
// Threads: pure functions.
// Errors: kUsage with one sentence: the flag, what was found, what would be
// right.
#ifndef TILLSTORM_HARNESS_RUN_OPTIONS_H_
#define TILLSTORM_HARNESS_RUN_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agents/scenario.h"
#include "harness/adoptable_fleet.h"
#include "harness/command_line.h"
#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "harness/progress_line.h"
#include "storage/backend.h"
#include "storage/location.h"

namespace tillstorm {

inline constexpr int64_t kSitesMax = 100'000;
inline constexpr int64_t kDevicesMax = 100'000;
inline constexpr int64_t kTrafficMax = 100'000;
inline constexpr int64_t kThreadsMax = 256;
// Each is a connection, of which a server takes a hundred by default.
inline constexpr int64_t kBatchRowsMax = 10'000'000;
inline constexpr int64_t kBatchBytesMin = 1 << 10;
inline constexpr int64_t kBatchBytesMax = 1 << 30;
inline constexpr Micros kSpanMin{kMicrosPerSecond};
inline constexpr Micros kSpanMax{36'525 * kMicrosPerDay};
// Fleets are older than their datasets; four digits must do for both.
inline constexpr Instant kStartMin{Micros{946'684'800'000'000}};  // 2000
inline constexpr Instant kEndMax{Micros{7'258'118'400'000'000}};  // 2200
inline constexpr Micros kLingerMax{60 * kMicrosPerSecond};
inline constexpr Instant kDefaultStart{Micros{1'767'571'200'000'000}};
inline constexpr int64_t kRowsPerTableMax = 2'147'483'647;

// The description of a flag for a Command. REQUIRES: a name of design.md that
// this file knows.
[[nodiscard]] FlagSpec CommonFlag(std::string_view name);
[[nodiscard]] std::vector<FlagSpec> CommonFlags(
    std::initializer_list<std::string_view> names);
// Where a command's default is another than the description says.
void SetStandard(std::string_view name, std::string_view standard,
                 std::vector<FlagSpec>* flags);
// Where it takes more than that: goes on from the description's last word.
void AddHelp(std::string_view name, std::string_view more,
             std::vector<FlagSpec>* flags);

// A half-open stretch of virtual time.
struct Span {
  Instant start;
  Instant end;
};

// Virtual time per real time: numerator / denominator, in lowest terms, at most
// 10^12 / 1 and at least 1 / 10^6. Both are 1 when `max`.
struct Speed {
  bool max = false;  // nobody waits for a clock
  int64_t numerator = 1;
  int64_t denominator = 1;
};

// Where agents run.
enum class HostKind : uint8_t { kThreads, kPool };

// Whether a collection is drawn on the terminal.
enum class DashboardMode : uint8_t { kAuto, kOn, kOff };

// Whole numbers are decimal digits, nothing else.
[[nodiscard]] Result<int64_t> ParseInteger(std::string_view flag,
                                           std::string_view text, int64_t low,
                                           int64_t high);
// A flag that is one, `standard` when it is not given.
[[nodiscard]] Result<int64_t> ReadInteger(const FlagValues& flags,
                                          std::string_view flag, int64_t low,
                                          int64_t high, int64_t standard);
// A flag that is one of a few words, as its position; 0 when it is not given.
[[nodiscard]] Result<size_t> ReadWord(const FlagValues& flags,
                                      std::string_view flag,
                                      std::span<const std::string_view> words);
// --seed: [0, 2^64 - 1], default 42.
[[nodiscard]] Result<uint64_t> ReadSeed(const FlagValues& flags);
// --sites, --devices, --traffic, --profile, --job-success, --tables and
// --interval over the standard fleet.
[[nodiscard]] Result<Scenario> ReadScenario(const FlagValues& flags);
// The same over a fleet that is adopted, whose sites and devices are what they
// are: kUsage for --sites and --devices.
[[nodiscard]] Result<Scenario> ReadScenarioOf(const FlagValues& flags,
                                              const AdoptableFleet& fleet);
// kUsage for a flag that says something about a fleet which --adopt finds.
[[nodiscard]] Status CheckAdoptFlags(const FlagValues& flags);
// The same on a dataset that has `base`: flags that are left out come from it,
// and the first that asks for something else is kUsage. So the result is `base`
// and what is given was checked against it.
[[nodiscard]] Result<Scenario> ReadScenarioOver(const FlagValues& flags,
                                                const Scenario& base);
// --seed on a dataset that has `base`, likewise.
[[nodiscard]] Result<uint64_t> ReadSeedOver(const FlagValues& flags,
                                            uint64_t base);
// --start on a dataset whose last interval closes at `close`: where the next
// one opens. max(now, close) without the flag; kUsage for one before `close`.
[[nodiscard]] Result<Instant> ReadOpening(const FlagValues& flags,
                                          Instant close, Instant now);
// --start of a new dataset, `standard` when it is not given.
[[nodiscard]] Result<Instant> ReadStart(const FlagValues& flags,
                                        Instant standard);
// --span or --days, whichever is given; nothing when neither is.
[[nodiscard]] Result<std::optional<Micros>> ReadSpanLength(
    const FlagValues& flags);
// --start, --end, --span, --days; `now` is what `--end now` means.
[[nodiscard]] Result<Span> ReadSpan(const FlagValues& flags, Instant now);
// --threads, default one per core.
[[nodiscard]] Result<uint32_t> ReadThreads(const FlagValues& flags);
[[nodiscard]] Result<IndexMode> ReadIndexMode(const FlagValues& flags);
// --load and --lanes, of the engine of that location.
[[nodiscard]] Result<LoadPath> ReadLoad(const FlagValues& flags,
                                        const Location& to);
[[nodiscard]] Result<int> ReadLanes(const FlagValues& flags,
                                    const Location& to);
// --lanes, whatever the engine.
[[nodiscard]] Result<int> ReadLaneCount(const FlagValues& flags);
[[nodiscard]] Result<uint32_t> ReadBatchRows(const FlagValues& flags);
// --batch-bytes: bytes, or with KiB, MiB or GiB.
[[nodiscard]] Result<uint64_t> ReadBatchBytes(const FlagValues& flags);
[[nodiscard]] Result<ProgressMode> ReadProgress(const FlagValues& flags);
// --duration: real time, in [1 ms, kSpanMax]; nothing when it is not given.
[[nodiscard]] Result<std::optional<Micros>> ReadDuration(
    const FlagValues& flags);
// --speed: a factor in (0, 10^6] of at most six decimals with an x, or max.
[[nodiscard]] Result<Speed> ReadSpeed(const FlagValues& flags);
[[nodiscard]] Result<HostKind> ReadHost(const FlagValues& flags);
// --durability of a dataset that is written while it lives: never kBulk.
[[nodiscard]] Result<Durability> ReadDurability(const FlagValues& flags);
// --durability where it may be kBulk too.
[[nodiscard]] Result<Durability> ReadAnyDurability(const FlagValues& flags);
// --indexes of one that lives, default inline: never kDeferred.
[[nodiscard]] Result<IndexMode> ReadLiveIndexMode(const FlagValues& flags);
// --linger, in [0, kLingerMax], default 100 ms.
[[nodiscard]] Result<Micros> ReadLinger(const FlagValues& flags);
[[nodiscard]] Result<DashboardMode> ReadDashboard(const FlagValues& flags);
// --log, an absolute path; empty when it is not given. kUsage when it names the
// dataset `to` itself or a file that goes with it.
[[nodiscard]] Result<std::string> ReadLog(const FlagValues& flags,
                                          const Location& to);
// --to, which must be there.
[[nodiscard]] Result<Location> ReadTo(const FlagValues& flags);
// The argument LOCATION of a command that reads a dataset: neither a throw-away
// nor null:.
[[nodiscard]] Result<Location> ReadLocationArgument(const FlagValues& flags);

// Whether no table of the plan can pass kRowsPerTableMax rows, and no id.
[[nodiscard]] Status CheckRowCount(const Scenario& scenario, const Span& span);

// The tables that --tables may name, in the order of the schema.
[[nodiscard]] std::vector<std::string> EventTableNames();
// The word of --profile for the rates, or `custom`.
[[nodiscard]] std::string_view ProfileName(const Rates& rates);
// The word of the flag for it: of --indexes, --durability, --speed (`60x`).
[[nodiscard]] std::string_view IndexModeName(IndexMode mode);
[[nodiscard]] std::string_view LoadPathName(LoadPath load);
[[nodiscard]] std::string_view DurabilityName(Durability durability);
[[nodiscard]] std::string SpeedName(const Speed& speed);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_RUN_OPTIONS_H_
