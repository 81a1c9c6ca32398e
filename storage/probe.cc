#include "storage/probe.h"

#include <algorithm>
#include <iterator>

#include "storage/postgres/postgres_probe.h"
#include "storage/postgres/postgres_url.h"
#include "storage/sqlite/sqlite_probe.h"

namespace tillstorm {
namespace {

LocationProbe Failure(const Status& why) {
  LocationProbe probe;
  probe.lines.push_back(
      PreflightLine::Failed(why.code(), "location", why.message(), ""));
  return probe;
}

}  // namespace

std::vector<PreflightLine> ProbeLibraries() {
  std::vector<PreflightLine> lines = ProbeSqliteLibrary();
  std::vector<PreflightLine> more = ProbePostgresLibraries();
  std::move(more.begin(), more.end(), std::back_inserter(lines));
  return lines;
}

LocationProbe ProbeLocation(const Location& location, const ProbeNeeds& needs) {
  switch (location.engine) {
    case Engine::kSqlite:
      return ProbeSqliteLocation(location.path, needs);
    case Engine::kPostgres: {
      const Result<PostgresTarget> target = ParsePostgresUrl(location.text);
      return target.ok() ? ProbePostgresDatabase(*target, needs)
                         : Failure(target.status());
    }
    case Engine::kPostgresLocal: {
      const Result<ServerSettings> settings =
          MakeServerSettings(location.options);
      return settings.ok() ? ProbeLocalServer(location.path, *settings, needs)
                           : Failure(settings.status());
    }
    case Engine::kNull:
      break;
  }
  LocationProbe probe;
  probe.lines.push_back(PreflightLine::Passed(
      "dataset", "null: takes everything and stores nothing"));
  return probe;
}

}  // namespace tillstorm
