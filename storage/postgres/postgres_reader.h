// Reading a dataset back from PostgreSQL. The database is untrusted: it ends
// with one sentence unless it holds every table of ours with its columns.
//
// A reader sees one state of the dataset, that of its opening, whoever writes
// meanwhile (REPEATABLE READ, READ ONLY).
//
// Threads: one; Interrupt() from any.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_READER_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_READER_H_

#include <memory>

#include "harness/core/status.h"
#include "storage/backend.h"
#include "storage/postgres/postgres_connection.h"

namespace tillstorm {

[[nodiscard]] Result<std::unique_ptr<Reader>> OpenPostgresReader(
    const PostgresConnectOptions& options);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_READER_H_
