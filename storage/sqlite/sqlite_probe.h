// SqliteProbe: what can be told of the SQLite library and of a file before it
// is opened for work; see storage/probe.h for what that may do.
//
// Whether another tillstorm writes the file is told from its lock (flock),
// asked for shared, without waiting, for microseconds: probes do not see each
// other. A writer that starts in that very moment finds the file taken.
//
// Threads: any.
// Errors: none; what goes wrong is a line.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_PROBE_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_PROBE_H_

#include <string>
#include <vector>

#include "harness/core/preflight_line.h"
#include "storage/probe.h"

namespace tillstorm {

// Of the library that runs, not of the headers it was built with.
[[nodiscard]] std::vector<PreflightLine> ProbeSqliteLibrary();

// `path` is absolute, or empty for a throw-away file.
// REQUIRES: this process does not write the file.
[[nodiscard]] LocationProbe ProbeSqliteLocation(const std::string& path,
                                                const ProbeNeeds& needs);

// The judgements, apart from the asking. `version` is as of
// sqlite3_libversion_number(): 3040001 for 3.40.1. Versions 3.7.0 to 3.51.2,
// except 3.44.6 and 3.50.7 and what followed on their branches, can damage a
// database when two connections write or checkpoint at the same instant.
[[nodiscard]] PreflightLine JudgeSqliteVersion(int version);
// `level` is as of sqlite3_threadsafe().
[[nodiscard]] PreflightLine JudgeSqliteThreads(int level);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_PROBE_H_
