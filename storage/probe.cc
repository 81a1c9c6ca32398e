#include "storage/probe.h"

#include "storage/sqlite/sqlite_probe.h"

namespace tillstorm {

std::vector<PreflightLine> ProbeLibraries() { return ProbeSqliteLibrary(); }

LocationProbe ProbeLocation(const Location& location, const ProbeNeeds& needs) {
  if (location.engine == Engine::kSqlite) {
    return ProbeSqliteLocation(location.path, needs);
  }
  LocationProbe probe;
  probe.lines.push_back(PreflightLine::Passed(
      "dataset", "null: takes everything and stores nothing"));
  return probe;
}

}  // namespace tillstorm
