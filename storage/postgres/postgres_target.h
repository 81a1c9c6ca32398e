// PostgresTarget: the database of a PostgreSQL server that a location means,
// whoever runs that server.
//
// Threads: a value.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_TARGET_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_TARGET_H_

#include <string>

namespace tillstorm {

struct PostgresTarget {
  // What libpq connects by: a URL or `keyword=value` pairs. Never a password in
  // it; libpq takes that from PGPASSWORD, a password file or a service file.
  std::string conninfo;
  // How messages and reports name it, without settings that are nobody's
  // business.
  std::string display_name;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_TARGET_H_
