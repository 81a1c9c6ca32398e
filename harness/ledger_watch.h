// LedgerWatch: what the ledger of a dataset says about who is writing it, seen
// from another process, read-only.
//
// The first look sums the whole ledger, each further one only the rows that are
// new; no other table is ever read or counted. Between two looks nothing is
// held open, so that the writer can reset its log.
//
// The ledger has no clock: `last_commit` is the wall clock at the look that
// first saw the newest batch, hence late by up to the time between two looks,
// and empty until there was a new one. "New" and `elapsed` count from the first
// look.
//
// Threads: Look() has one owner; snapshot() and Interrupt() are for any.
// Errors: kBadInput when it is no dataset of ours or its ledger is damaged. A
// later look may fail because the writer had it locked for a moment; try again.
#ifndef TILLSTORM_HARNESS_LEDGER_WATCH_H_
#define TILLSTORM_HARNESS_LEDGER_WATCH_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "harness/collect_snapshot.h"
#include "harness/core/mutex.h"
#include "harness/core/status.h"
#include "storage/backend.h"

namespace tillstorm {

class LedgerWatch {
 public:
  // Borrows the backend. `location` is what the snapshots show.
  LedgerWatch(Backend& backend, std::string location);
  LedgerWatch(const LedgerWatch&) = delete;
  LedgerWatch& operator=(const LedgerWatch&) = delete;

  Status Look();

  // As of the last look that went well; nothing before the first.
  [[nodiscard]] std::optional<CollectSnapshot> snapshot() const;

  // Makes a running or later Look() end soon with kInterrupted.
  void Interrupt();

 private:
  // What one look found.
  struct Found {
    std::array<int64_t, kTableCount> rows{};
    int64_t batches = 0;
    int64_t batch_rows = 0;
  };
  Status Read(QuerySession& session, Found* found);
  Status ReadRows(QuerySession& session, const std::string& condition,
                  Found* found);
  Status AddDelta(std::string_view json, Found* found) const;
  void Publish(const Found& found);

  Backend& backend_;
  const std::string location_;
  std::map<int64_t, int64_t> last_batches_;  // by lane

  mutable Mutex mutex_;
  QuerySession* session_ GUARDED_BY(mutex_) = nullptr;
  bool interrupted_ GUARDED_BY(mutex_) = false;
  std::optional<CollectSnapshot> snapshot_ GUARDED_BY(mutex_);
  CollectSnapshot::Clock::time_point first_look_ GUARDED_BY(mutex_){};
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_LEDGER_WATCH_H_
