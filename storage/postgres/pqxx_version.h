// What differs between libpqxx 6.4 (Debian 12) and 7.10 (Debian 13), under one
// face.
#ifndef TILLSTORM_STORAGE_POSTGRES_PQXX_VERSION_H_
#define TILLSTORM_STORAGE_POSTGRES_PQXX_VERSION_H_

#include <pqxx/pqxx>
#include <pqxx/version>

namespace tillstorm {

#if PQXX_VERSION_MAJOR < 7

// It would connect again behind our back, without the settings and the
// transaction of before.
inline void ForbidReconnecting(pqxx::connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}
using PqxxSize = pqxx::result::size_type;
using PqxxColumn = pqxx::row::size_type;

#else

inline void ForbidReconnecting(pqxx::connection&) {}  // it never does
using PqxxSize = pqxx::result_size_type;
using PqxxColumn = pqxx::row_size_type;

#endif

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_PQXX_VERSION_H_
