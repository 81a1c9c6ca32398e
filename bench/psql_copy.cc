#include "bench/psql_copy.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

#include "storage/postgres/child_process.h"

namespace tillstorm {
namespace {

constexpr double kNanosPerSecond = 1e9;
constexpr double kMillisPerSecond = 1e3;

std::string CopyCommand(const CopyFile& file, std::string_view direction) {
  return fmt::format(
      "\\copy {} {} '{}'{}\n", file.table, direction, file.path,
      file.format == CopyFormat::kBinary ? " (FORMAT binary)" : "");
}

// What psql says while it runs the script, or why it did not.
Result<std::string> RunPsql(const std::string& conninfo, const CopyFile& file,
                            const std::string& script) {
  const std::string path = file.path + ".sql";
  std::ofstream(path) << script;
  const ProgramResult result =
      RunProgram({"/usr/bin/env", "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1",
                  "-f", path, conninfo},
                 UserIdentity::Own());
  std::remove(path.c_str());
  if (result.ok()) return result.output;
  return Status(
      StatusCode::kUnavailable,
      fmt::format("psql ended with {}: {}", result.exit_code, result.output));
}

// The number after the nth `word` of a text.
Result<double> NumberAfter(std::string_view text, std::string_view word,
                           int nth) {
  size_t at = 0;
  for (int i = 0; i < nth && at != std::string_view::npos; ++i) {
    at = text.find(word, at);
    if (at != std::string_view::npos) at += word.size();
  }
  if (at == std::string_view::npos) {
    return Status(StatusCode::kUnavailable,
                  fmt::format("psql does not say '{}': {}", word, text));
  }
  return std::strtod(std::string(text.substr(at)).c_str(), nullptr);
}

}  // namespace

Status WriteCopyFile(const std::string& conninfo, const CopyFile& file) {
  return RunPsql(conninfo, file, CopyCommand(file, "TO")).status();
}

Result<CopyCost> TimeCopyFile(const std::string& conninfo,
                              const CopyFile& file) {
  const std::string copy = CopyCommand(file, "FROM");
  const std::string empty =
      fmt::format("TRUNCATE {};\nCHECKPOINT;\n", file.table);
  const std::string_view processor =
      "\\! echo Processor: `cut -d' ' -f1 /proc/$BACKEND/schedstat`\n";
  const Result<std::string> said =
      RunPsql(conninfo, file,
              fmt::format("SET synchronous_commit=off;\n"
                          "SELECT pg_backend_pid() AS pid \\gset\n"
                          "\\setenv BACKEND :pid\n"
                          "{0}{1}{0}{2}\\timing on\n{1}\\timing off\n{2}",
                          empty, copy, processor));
  if (!said.ok()) return said.status();
  const Result<double> millis = NumberAfter(*said, "Time: ", 1);
  if (!millis.ok()) return millis.status();
  const Result<double> before = NumberAfter(*said, "Processor: ", 1);
  if (!before.ok()) return before.status();
  const Result<double> after = NumberAfter(*said, "Processor: ", 2);
  if (!after.ok()) return after.status();
  return CopyCost{*millis / kMillisPerSecond,
                  (*after - *before) / kNanosPerSecond};
}

double ProcessorSeconds(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/schedstat", process));
  double nanos = 0;
  file >> nanos;
  return nanos / kNanosPerSecond;
}

}  // namespace tillstorm
