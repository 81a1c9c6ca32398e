// PostgresSession: writes a dataset through one connection.
//
// At every level but `bulk` Begin() makes schema, fleet, manifest and the first
// ledger row in one transaction, and each batch is one. `bulk` with one lane is
// one transaction from Begin() to Finish(): nothing is seen before, keys and
// indexes are made after the rows, and what it replaces stays until then. With
// more lanes the opening is committed with whatever state its manifest has, and
// each batch by itself.
//
// A connection that is lost leaves the batch in doubt, whether or not COMMIT
// was sent. ResolveDoubt() opens another, waiting for a server that restarts,
// makes sure that the session before it does nothing any more, and looks for
// the ledger row. A batch that was acknowledged and is gone ends the session:
// at `process` a crash of the server does that (kUnavailable; the next start
// goes on from what is there), at `power` nothing may (kIntegrity).
//
// Errors: after any error the transaction is rolled back; at `bulk` every error
// is final. The session remembers an error after which it must not be used and
// repeats it.
//
// Threads: one; Interrupt() from any.
#ifndef TILLSTORM_STORAGE_POSTGRES_POSTGRES_WRITER_H_
#define TILLSTORM_STORAGE_POSTGRES_POSTGRES_WRITER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/backend.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/postgres/postgres_lanes.h"
#include "storage/postgres/postgres_rows.h"
#include "storage/postgres/postgres_settings.h"

namespace tillstorm {

class PostgresSession : public Session {
 public:
  // To make a dataset: Begin() comes next.
  PostgresSession(PostgresConnectOptions connect, const CreateOptions& create);
  // To go on with one: GoOn() comes next.
  PostgresSession(PostgresConnectOptions connect,
                  const ContinueOptions& options);
  ~PostgresSession() override;
  PostgresSession(const PostgresSession&) = delete;
  PostgresSession& operator=(const PostgresSession&) = delete;

  // Call one of them once, first; after an error only the destructor may
  // follow.
  Status Begin(const Manifest& manifest, const Batch& fleet);
  Status GoOn();

  Status Apply(const Batch& batch) override;
  Result<bool> ResolveDoubt(int32_t lane, int32_t batch) override;
  Result<std::unique_ptr<Session>> OpenLane() override;
  Status SetManifest(const Manifest& manifest) override;
  Status Finish(const Manifest& manifest,
                const FinishProgress& progress) override;
  void Interrupt() override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Settings()
      const override {
    return settings_;
  }
  [[nodiscard]] ApplyTimes last_apply() const override { return times_; }

 private:
  struct BatchName {
    int32_t lane = 0;
    int32_t batch = 0;
  };

  // A further lane of `first`: JoinLane() comes next.
  explicit PostgresSession(const PostgresSession& first, int ignored);
  Status JoinLane();

  Status Connect(bool patiently);
  void TakeConnection(std::unique_ptr<PostgresConnection> connection);
  Status SetUpConnection();
  Status Reconnect();
  Status Reopen();
  void Leave();
  Status CheckAcknowledged();
  // Of a batch that was acknowledged.
  [[nodiscard]] Status Lost(BatchName name) const;

  Status MakeRoom();
  Status DropDataset();
  Status CreateSchema();
  Status WriteOpening(const Manifest& manifest, const Batch& fleet);

  // `work` inside a transaction; all of it happens or nothing.
  template <class Work>
  Status Transact(Work&& work, ApplyTimes* times = nullptr);
  [[nodiscard]] std::string Unnamed(const Status& status) const;
  [[nodiscard]] Result<bool> HasBatch(BatchName name);
  Status CheckSameBatch(BatchName name);
  Status ReplaceManifest(const Manifest& manifest);
  Status BuildKeysAndIndexes(const FinishProgress& progress);
  Status Complete(const Manifest& manifest, const FinishProgress& progress);
  Status FindCompleted(const Manifest& manifest, const Status& ended);

  [[nodiscard]] bool is_bulk() const {
    return create_.durability == Durability::kBulk;
  }
  [[nodiscard]] bool is_one_transaction() const {
    return is_bulk() && create_.lanes == 1;
  }
  [[nodiscard]] Status CheckUsable() const;
  Status Remember(Status status);

  const PostgresConnectOptions connect_;
  const CreateOptions create_;  // of a session that goes on: what it shares
  const std::shared_ptr<PostgresLanes> lanes_;
  std::atomic<bool> stop_{false};

  std::mutex cancel_mutex_;  // held to change connections, and to cancel
  PostgresCanceller canceller_;
  std::unique_ptr<PostgresConnection> connection_;
  std::optional<PostgresRows> rows_;   // goes before the connection
  std::vector<PostgresProcess> left_;  // of lost connections, maybe not over

  PostgresSettings settings_;
  Status broken_;  // why the session must not be used any more, or ok
  ApplyTimes times_;
  std::string last_delta_;  // of the batch last applied
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_POSTGRES_WRITER_H_
