// PostgresUrl: `postgresql://[user@]host[:port]/database[?setting=value&...]`,
// a server of the user's. All settings of libpq are taken, but no password:
// what stands in the arguments of a program is there for everybody to read.
//
// Threads: pure functions.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_URL_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_URL_H_

#include <string>
#include <string_view>

#include "harness/core/status.h"
#include "storage/postgres/postgres_target.h"

namespace tillstorm {

// `url` begins with postgresql:// or postgres://. kUsage with a sentence that
// repeats nothing that could be part of a password. Looks no host up, connects
// to nothing.
[[nodiscard]] Result<PostgresTarget> ParsePostgresUrl(std::string_view url);

// Of the library that runs, `15.20`.
[[nodiscard]] std::string LibpqVersion();

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_URL_H_
