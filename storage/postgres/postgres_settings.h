// What a session sets for its durability level, and what it reads back.
//
//   power    synchronous_commit=on; refused unless the server has fsync=on and
//            full_page_writes=on, which a session cannot set
//   process  synchronous_commit=off; `relaxed` is the same
//   bulk     synchronous_commit=on: there is one commit that counts
//
// Threads: as the connection.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_SETTINGS_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_SETTINGS_H_

#include <string>
#include <utility>
#include <vector>

#include "harness/core/status.h"
#include "storage/backend.h"
#include "storage/postgres/postgres_connection.h"

namespace tillstorm {

Status SetDurability(Durability durability, PostgresConnection* connection);

using PostgresSettings = std::vector<std::pair<std::string, std::string>>;

// What shapes speed and durability, as the server reports it.
[[nodiscard]] Result<PostgresSettings> ReadSettings(
    PostgresConnection* connection);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_SETTINGS_H_
