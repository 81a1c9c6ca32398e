// Which process a PostgreSQL server is, when it runs on this machine: so that
// what it does can be told from what others do here.
//
// Threads: pure functions. Errors: nothing when it cannot be seen from here: on
// another machine, in a container, behind a proxy.
#ifndef TILLSTORM_STORAGE_POSTGRES_SERVER_ON_HOST_H_
#define TILLSTORM_STORAGE_POSTGRES_SERVER_ON_HOST_H_

#include <optional>

namespace tillstorm {

// The topmost process of the server at the other end of `socket`, where
// `backend` is the process that serves it, as the server says.
[[nodiscard]] std::optional<int> FindServerOnHost(int socket, int backend);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_SERVER_ON_HOST_H_
