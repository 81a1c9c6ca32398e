// What an error of PostgreSQL means: one policy, by SQLSTATE class and by how
// far the transaction had come.
//
// A connection that is lost says nothing about the transaction: the session
// reconnects and asks the ledger (kResolveDoubt), before COMMIT was sent too,
// where the answer is always no. An error that the server reports over a
// connection that goes on was rolled back, also when it answers COMMIT.
//
// Threads: pure functions.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_ERRORS_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_ERRORS_H_

#include <string_view>

#include "harness/core/status.h"

namespace tillstorm {

struct PostgresVerdict {
  StatusCode code = StatusCode::kIo;
  Remedy remedy = Remedy::kStop;
  friend bool operator==(const PostgresVerdict&,
                         const PostgresVerdict&) = default;
};

// Of a statement that failed. `sqlstate` is empty when there is none, as when
// libpq itself failed; `is_lost` says whether the connection is gone.
[[nodiscard]] PostgresVerdict JudgeStatement(std::string_view sqlstate,
                                             bool is_lost);

// Of a connection that was not made. `sqlstate` as above: empty when no server
// answered.
[[nodiscard]] StatusCode JudgeConnect(std::string_view sqlstate);

// Whether the server may take the connection a little later: it starts, shuts
// down, restarts or has no room at the moment.
[[nodiscard]] bool MayConnectLater(std::string_view sqlstate);

// What the user can do about it, to follow what the server said; empty where
// that says it all.
[[nodiscard]] std::string_view CureOf(std::string_view sqlstate);

// The SQLSTATE in a verbose error message, `FATAL:  28P01: ...`, which is all
// that libpq tells of a failed connection; empty when there is none.
[[nodiscard]] std::string_view SqlstateIn(std::string_view message);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_ERRORS_H_
