// Commands: what tillstorm can do, one file each. A command reads its flags
// into a struct of its own, runs, and prints its result on standard output.
//
// Threads: call from the main thread; a command runs its job on others.
#ifndef TILLSTORM_HARNESS_COMMANDS_COMMANDS_H_
#define TILLSTORM_HARNESS_COMMANDS_COMMANDS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/command_line.h"
#include "harness/core/status.h"
#include "harness/generate.h"
#include "harness/preflight.h"
#include "harness/progress_line.h"
#include "storage/backend.h"
#include "storage/ddl.h"
#include "storage/location.h"

namespace tillstorm {

// How the help of a command tells of its LOCATION.
inline constexpr const char* kLocationForms =
    "PATH or sqlite:PATH of a SQLite file, postgresql://[user@]host/database "
    "of a server (the password comes from PGPASSWORD, ~/.pgpass or a service "
    "file), or postgres:DIR of a server of tillstorm's own";

struct GenerateCommandOptions {
  Location location;
  GenerateOptions generate;
  ProgressMode progress = ProgressMode::kAuto;
  bool json = false;
};
// `now` is what `--end now` means; it counts in whole seconds.
[[nodiscard]] Result<GenerateCommandOptions> ReadGenerateOptions(
    const FlagValues& flags, Instant now);
// The summary, as a table or as JSON. `file_bytes` is negative when unknown.
[[nodiscard]] std::string GenerateReport(const GenerateCommandOptions& options,
                                         const GenerateSummary& summary,
                                         int64_t file_bytes);

// One line per table of the digest, then the total; or JSON.
[[nodiscard]] std::string DigestReport(const Digest& digest, bool json);

[[nodiscard]] Result<Dialect> ReadDialect(const FlagValues& flags);

enum class ReportFormat : uint8_t { kScreen, kMarkdown, kCsv, kJson, kGbench };
// What `tillstorm report` prints of the runs in `folders`, and how it ends: the
// worst verdict decides.
struct RunsReport {
  std::string text;
  Status status;  // ok or kCheckFailed
};
[[nodiscard]] Result<RunsReport> ReportRuns(
    const std::vector<std::string>& folders, ReportFormat format);

// Which threads and which place to look at; `now` is left out.
[[nodiscard]] Result<PreflightNeeds> ReadDoctorNeeds(const FlagValues& flags);

[[nodiscard]] Command GenerateCommand();
[[nodiscard]] Command CollectCommand();
[[nodiscard]] Command DigestCommand();
[[nodiscard]] Command VerifyCommand();
[[nodiscard]] Command ValidateCommand();
[[nodiscard]] Command DashboardCommand();
[[nodiscard]] Command DoctorCommand();
// Makes the backend of a location: OpenBackend(), or one around what it makes.
using BackendOpener =
    std::function<Result<std::unique_ptr<Backend>>(const Location&)>;
[[nodiscard]] Command BenchCommand(BackendOpener open = OpenBackend);
[[nodiscard]] Command ReportCommand();
[[nodiscard]] Command SchemaCommand();

[[nodiscard]] inline std::array<Command, 10> AllCommands() {
  return {CollectCommand(),  GenerateCommand(), DashboardCommand(),
          BenchCommand(),    DigestCommand(),   VerifyCommand(),
          ValidateCommand(), ReportCommand(),   DoctorCommand(),
          SchemaCommand()};
}

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_COMMANDS_COMMANDS_H_
