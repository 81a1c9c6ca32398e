#include "harness/version.h"

#include <fmt/format.h>
#include <gnu/libc-version.h>

#include <nlohmann/json.hpp>

#include "agents/scenario.h"
#include "harness/command_line.h"
#include "harness/core/measuring.h"
#include "harness/core/schema.h"
#include "storage/postgres/postgres_url.h"
#include "storage/sqlite/sqlite_backend.h"
#include "tillstorm_build_info.h"

namespace tillstorm {
namespace {

NamedTexts Libraries() {
  // CommandLineLibraryVersion() names itself: `cxxopts 3.1.1`.
  const std::string cxxopts = CommandLineLibraryVersion();
  const size_t blank = cxxopts.find(' ');
  return {{"SQLite", SqliteVersion()},
          {"libpq", LibpqVersion()},
          {"concurrentqueue",
           std::string(QueueVersion().empty() ? "unknown" : QueueVersion())},
          {"glibc", gnu_get_libc_version()},
          {cxxopts.substr(0, blank), cxxopts.substr(blank + 1)},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000,
                              FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                        NLOHMANN_JSON_VERSION_MINOR,
                                        NLOHMANN_JSON_VERSION_PATCH)}};
}

// The level of the last -O among the flags: later ones win. g++'s -O is -O1,
// -Ofast is more than -O3, -Og and -Os are not for measuring.
bool IsOptimised(std::string_view flags) {
  const size_t at = flags.rfind("-O");
  if (at == std::string_view::npos) return false;
  const std::string_view level = flags.substr(at + 2);
  return level.starts_with('2') || level.starts_with('3') ||
         level.starts_with("fast");
}

constexpr bool kHasAsserts =
#ifdef NDEBUG
    false;
#else
    true;
#endif

}  // namespace

std::string_view Version() { return TILLSTORM_VERSION; }

std::string_view SourceCommit() { return TILLSTORM_COMMIT; }

std::string_view QueueVersion() { return TILLSTORM_QUEUE_VERSION; }

BuildFacts ThisBuild() {
  constexpr std::string_view kFlags = TILLSTORM_FLAGS;
  BuildFacts build;
  build.version = Version();
  build.commit = TILLSTORM_COMMIT;
  build.compiler = TILLSTORM_COMPILER;
  build.build_type = TILLSTORM_BUILD_TYPE;
  build.flags = kFlags;
  build.is_optimised = !kHasAsserts && IsOptimised(kFlags);
  build.is_sanitized = kFlags.find("-fsanitize") != std::string_view::npos;
  build.is_measuring = kIsMeasuring;
  build.stream_version = kStreamVersion;
  build.libraries = Libraries();
  return build;
}

std::string VersionText() {
  const BuildFacts build = ThisBuild();
  std::string libraries;
  for (const auto& [name, version] : build.libraries) {
    libraries +=
        fmt::format("{}{} {}", libraries.empty() ? "" : ", ", name, version);
  }
  std::string text = fmt::format("tillstorm {}\n", build.version);
  const auto add = [&text](std::string_view name, std::string_view value) {
    text += fmt::format("{:<11} {}\n", name, value);
  };
  add("commit", build.commit);
  add("compiler", build.compiler);
  add("flags", build.flags);
  add("build type", build.build_type);
  if (!build.is_measuring) add("measuring", "left out: benchmarks are INVALID");
  add("data", fmt::format("stream version {}, schema version {}",
                          build.stream_version, kSchemaVersion));
  add("libraries", libraries);
  return text;
}

}  // namespace tillstorm
