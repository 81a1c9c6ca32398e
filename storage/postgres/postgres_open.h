// What is in a database, before anything is read from it or made in it. It is
// untrusted: anybody may have made or damaged it.
//
// Everything is looked for in the first schema of the search_path.
//
// Threads: as the connection.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_OPEN_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_OPEN_H_

#include <cstdint>

#include "harness/core/status.h"
#include "storage/manifest.h"
#include "storage/postgres/postgres_connection.h"

namespace tillstorm {

enum class PostgresContent : uint8_t {
  kNothing,
  kDataset,  // of ours, or what is left of one
  kOther,    // tables, views or sequences of somebody else
};

[[nodiscard]] Result<PostgresContent> FindContent(
    PostgresConnection* connection);

// kBadInput unless every table of the schema is there with its columns and
// their types. Other tables and columns may be there too.
Status CheckTables(PostgresConnection* connection);

// kBadInput while a load through several lanes goes on, or when it was ended
// before it was complete. Ok where there is no dataset of ours.
Status RefuseLoading(PostgresConnection* connection);

[[nodiscard]] Result<Manifest> ReadManifest(PostgresConnection* connection);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_OPEN_H_
