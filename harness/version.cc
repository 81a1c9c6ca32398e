#include "harness/version.h"

#include <fmt/format.h>
#include <gnu/libc-version.h>

#include <nlohmann/json.hpp>

#include "agents/scenario.h"
#include "harness/command_line.h"
#include "harness/core/schema.h"
#include "storage/postgres/postgres_url.h"
#include "storage/sqlite/sqlite_backend.h"
#include "tillstorm_build_info.h"

namespace tillstorm {
namespace {

std::string LibraryVersions() {
  return fmt::format(
      "SQLite {}, libpq {}, concurrentqueue {}, glibc {}, {}, fmt {}.{}.{}, "
      "nlohmann_json {}.{}.{}",
      SqliteVersion(), LibpqVersion(),
      QueueVersion().empty() ? "unknown" : QueueVersion(),
      gnu_get_libc_version(), CommandLineLibraryVersion(), FMT_VERSION / 10000,
      FMT_VERSION / 100 % 100, FMT_VERSION % 100, NLOHMANN_JSON_VERSION_MAJOR,
      NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace

std::string_view Version() { return TILLSTORM_VERSION; }

std::string_view SourceCommit() { return TILLSTORM_COMMIT; }

std::string_view QueueVersion() { return TILLSTORM_QUEUE_VERSION; }

std::string VersionText() {
  std::string text = fmt::format("tillstorm {}\n", Version());
  const auto add = [&text](std::string_view name, std::string_view value) {
    text += fmt::format("{:<11} {}\n", name, value);
  };
  add("commit", SourceCommit());
  add("compiler", TILLSTORM_COMPILER);
  add("flags", TILLSTORM_FLAGS);
  add("build type", TILLSTORM_BUILD_TYPE);
  add("data", fmt::format("stream version {}, schema version {}",
                          kStreamVersion, kSchemaVersion));
  add("libraries", LibraryVersions());
  return text;
}

}  // namespace tillstorm
