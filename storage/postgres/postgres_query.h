// QuerySession on a PostgreSQL database that anybody may have made: SQL that
// only reads, in one snapshot. Rows come in portions, however many there are.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_QUERY_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_QUERY_H_

#include <memory>

#include "harness/core/status.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/query.h"

namespace tillstorm {

[[nodiscard]] Result<std::unique_ptr<QuerySession>> OpenPostgresQueries(
    const PostgresConnectOptions& options);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_QUERY_H_
