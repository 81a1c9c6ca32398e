// Who may write a dataset: advisory locks of the server, one per schema of a
// database, and the names by which sessions of ours know each other.
//
// Every session that writes holds the dataset's lock shared as long as its
// connection lives, so that it goes with the connection however that ends. A
// start takes it exclusively first: then no session of before, be its program
// alive or killed, can still commit anything. What a killed program left behind
// in the server is waited for.
//
// Threads: as the connection.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_LOCK_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_LOCK_H_

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "harness/core/status.h"
#include "storage/postgres/postgres_connection.h"

namespace tillstorm {

// The application_name of sessions of this process that write.
[[nodiscard]] std::string WriterName();
// Whether that is the name of a process of this machine that is alive.
[[nodiscard]] bool IsLiveWriter(std::string_view application_name);

// How long a start waits before it ends sessions of its own role that have been
// quiet for as long.
inline constexpr std::chrono::seconds kLockPatience{30};

// Takes the lock exclusively. kUnavailable when a live program of this machine
// holds it; kInDoubt when somebody else does and keeps it. `stop` may be null.
Status LockForStart(PostgresConnection* connection,
                    const std::atomic<bool>* stop,
                    std::chrono::milliseconds patience = kLockPatience);
// From exclusive to shared, without a gap.
Status ShareLock(PostgresConnection* connection);
// Takes the lock shared; kUnavailable when a start has it.
Status JoinLock(PostgresConnection* connection);
// Lets go of it, before the connection ends.
void LeaveLock(PostgresConnection* connection);

// The server's process id of a session that writes the dataset; empty when none
// does.
[[nodiscard]] Result<std::string> FindWriter(PostgresConnection* connection);

// Makes sure that a session of ours which lost its connection does nothing any
// more; kUnavailable when that cannot be brought about.
Status EndSession(PostgresConnection* connection,
                  const PostgresProcess& backend);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_LOCK_H_
