// QuerySession on an SQLite file that anybody may have made; see sqlite_open.h.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_QUERY_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_QUERY_H_

#include <memory>
#include <string>

#include "harness/core/status.h"
#include "storage/query.h"

namespace tillstorm {

// `path` is absolute.
[[nodiscard]] Result<std::unique_ptr<QuerySession>> OpenSqliteQueries(
    const std::string& path);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_QUERY_H_
