// The storage contract: what every engine does for tillstorm.
//
//   Backend::Create()      an empty dataset: schema, fleet, manifest and the
//                          opening of its first interval, in one transaction
//   Backend::Adopt()       makes a dataset of a database that HOMEPOT set up
//   Backend::Continue()    goes on with a dataset that is there
//   Session::OpenLane()    a further session that writes at the same time
//   Session::Apply()       one batch and its ledger row, atomically
//   Session::SetManifest() another manifest: an interval closed or opened
//   Session::Finish()      indexes, settled files, the final name
//   Backend::OpenReader()  reading back: digest, verify, what the ledger says
//   Backend::OpenQueries() SQL on any database: validate
//
// A batch is applied table by table in foreign-key order, inserts before
// updates. When Apply() returns ok the batch is acknowledged: it is as durable
// as the session's durability level says. Otherwise Status::code() says what
// failed and Status::remedy() what became of the batch: it was not applied and
// may be repeated (kRetryBatch), was not applied and the session is of no use
// any more (kStop, kReopenSession), or may have been applied (kResolveDoubt),
// which ResolveDoubt() finds out. An update that does not touch exactly one row
// is kIntegrity.
//
// Threads: one Session, one thread; likewise a Reader. Interrupt() may be
// called from any thread.
#ifndef TILLSTORM_STORAGE_BACKEND_H_
#define TILLSTORM_STORAGE_BACKEND_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"
#include "storage/ledger.h"
#include "storage/manifest.h"
#include "storage/query.h"

namespace tillstorm {

// What survives once acknowledged: design.md's four levels.
enum class Durability : uint8_t { kPower, kProcess, kRelaxed, kBulk };

// When secondary indexes are built.
enum class IndexMode : uint8_t { kDeferred, kInline, kNone };

// How an engine that knows more than one way takes rows.
enum class LoadPath : uint8_t { kCopy, kInsert };

struct CreateOptions {
  Durability durability = Durability::kProcess;
  IndexMode indexes = IndexMode::kInline;
  // Replace a finished dataset of ours; nothing else is ever replaced.
  bool replace = false;
  LoadPath load = LoadPath::kCopy;
  // Sessions that will write at once, this one included; see OpenLane(). At
  // `bulk` with more than one the opening is committed with the manifest's
  // state as it is given, `loading`: only Finish() makes the dataset complete,
  // and until then any Create() replaces it.
  int lanes = 1;
};

struct ContinueOptions {
  Durability durability = Durability::kProcess;  // not kBulk
  LoadPath load = LoadPath::kCopy;
  int lanes = 1;
};

struct AdoptOptions {
  Durability durability = Durability::kProcess;  // not kBulk
  IndexMode indexes = IndexMode::kInline;        // not kDeferred
};

// Events of one transaction and their ledger entry. Those of one row are in
// order; `generate` keeps all of them in their total order.
// Borrowed: events live in blocks that outlive the call.
struct Batch {
  std::span<const Event* const> events;
  LedgerEntry ledger;
};

// Reported by Finish() as it goes; both may be empty.
struct FinishProgress {
  std::function<void(std::string_view stage, size_t done, size_t total)> report;
};

// Where the time of the last Apply() that was ok went.
struct ApplyTimes {
  std::chrono::nanoseconds execute{0};
  std::chrono::nanoseconds commit{0};
  // Of the commit: what the session itself did to bring the log into the
  // dataset; 0: nothing, or the engine does that by itself.
  std::chrono::nanoseconds checkpoint{0};
};

class Session {
 public:
  virtual ~Session() = default;  // an unfinished `bulk` dataset is discarded

  virtual Status Apply(const Batch& batch) = 0;
  // Whether the batch of that lane and number is in the dataset: asks a fresh
  // connection, which the session goes on with. To be called after an Apply()
  // that ended with kResolveDoubt; nothing else is possible before. Afterwards
  // the session is as before the batch or as after it, unless what failed ended
  // it: then it repeats that error. kInDoubt when it cannot be told; it may be
  // asked again. REQUIRES: not `bulk`, where there is no doubt.
  virtual Result<bool> ResolveDoubt(int32_t lane, int32_t batch) = 0;
  // Another session on the same dataset, on a connection of its own, for a
  // further lane: it may write while this one does, in another thread. Only
  // Apply(), ResolveDoubt() and Interrupt() are for it; its end leaves what it
  // applied. Writer-given ids are shared, so that none is given twice. It goes
  // before this session does, and before this session's Finish(). kUsage where
  // an engine has one writer only. REQUIRES: made with that many `lanes`.
  virtual Result<std::unique_ptr<Session>> OpenLane();
  // Replaces the manifest, in a transaction of its own. Finds out about a doubt
  // by itself; kRetryBatch when it may be repeated. REQUIRES: not `bulk`.
  virtual Status SetManifest(const Manifest& manifest) = 0;
  // Replaces the manifest, builds the indexes that Create() deferred and leaves
  // the dataset complete, under its final name. Call it once, last. That
  // somebody reads the dataset is no error: log_bytes() says afterwards what
  // could not be put in its place for that; it is part of the dataset.
  virtual Status Finish(const Manifest& manifest,
                        const FinishProgress& progress) = 0;
  // Makes a running or later call end soon with kInterrupted. Any thread.
  virtual void Interrupt() = 0;
  // Settings that shape speed and durability, as the engine reports them.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>>
  Settings() const = 0;
  [[nodiscard]] virtual ApplyTimes last_apply() const { return {}; }
  // Size of the log of what is committed and may not be in its place yet; 0
  // where there is none. Cheap: at most a system call. Also after Finish().
  [[nodiscard]] virtual int64_t log_bytes() const { return 0; }
};

// A row read back: its canonical encoding, and `id` if the table has one.
struct StoredRow {
  Bytes encoding;
  int64_t id = 0;
};

class Reader {
 public:
  virtual ~Reader() = default;

  [[nodiscard]] virtual Result<Manifest> ReadManifest() = 0;
  // Visits every row of the table in primary-key order. A row is valid during
  // its visit only. `visit` returning false ends the scan.
  virtual Status ScanTable(
      TableId table, const std::function<bool(const StoredRow&)>& visit) = 0;
  // The engine's own check of its structure; ok when there is none.
  virtual Status CheckStructure() = 0;
  // As Session::Interrupt().
  virtual void Interrupt() = 0;
};

// What is written beside a fleet that is there: the manifest with its first
// interval, and as inserts into `devices` the state of those that take part.
// Each takes over the row of its id, whose current-state columns
// (ColumnInfo::is_state) it sets. Events are borrowed, as of any batch.
struct Adoption {
  Manifest manifest;
  Batch fleet;
};
// Makes it of the fleet that the reader shows, which nobody changes meanwhile.
// What it refuses is refused.
using MakeAdoption = std::function<Result<Adoption>(Reader& database)>;

// What the user must be told while something goes on, a sentence each.
using Notice = std::function<void(const std::string& sentence)>;

class EngineCeiling;          // storage/engine_ceiling.h
struct EngineCeilingOptions;  // likewise

class Backend {
 public:
  virtual ~Backend() = default;

  // A new dataset; `fleet` are its first rows, ordered. kCannotCreate where one
  // exists that may not be replaced, kUnavailable while somebody writes it.
  virtual Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                                  const Manifest& manifest,
                                                  const Batch& fleet) = 0;
  // Makes a dataset of the database that HOMEPOT set up: adds our tables, the
  // secondary indexes that are missing, and what `make` gives, in one
  // transaction; then as Continue(). From then on the rows of its fleet are
  // HOMEPOT's but for the current state of devices, whatever an update carries.
  // kBadInput as for OpenAdoptable(), kUnavailable while somebody else writes
  // or locks it; nothing is changed then. kUsage from a backend that cannot.
  virtual Result<std::unique_ptr<Session>> Adopt(const AdoptOptions& options,
                                                 const MakeAdoption& make);
  // A reader of the database that Adopt() would take; it has no manifest.
  // kBadInput, naming what is wrong, unless HOMEPOT's tables are there, those
  // that agents fill are empty and there are none of ours.
  virtual Result<std::unique_ptr<Reader>> OpenAdoptable();
  // A session on the dataset that is there: kBadInput unless it is a complete
  // one of ours, kUnavailable while somebody else writes it or keeps it locked
  // (of a finished SQLite file, an open Reader does). Ids that the writer
  // gives go on after the largest ones. No indexes are built.
  virtual Result<std::unique_ptr<Session>> Continue(
      const ContinueOptions& options) = 0;
  // Whether something is there, a dataset or anything else, so that Create()
  // would refuse unless told to replace it.
  virtual Result<bool> Exists() = 0;
  // A reader of the dataset as it is now, whoever writes it meanwhile.
  // kBadInput unless a dataset of ours is there.
  virtual Result<std::unique_ptr<Reader>> OpenReader() = 0;
  // SQL on whatever database is there, ours or not; kUnavailable for a backend
  // that has no SQL.
  virtual Result<std::unique_ptr<QuerySession>> OpenQueries();
  // Ends the making, starting and waiting for a server that the call in
  // progress, or a later one, does: with kInterrupted. Any thread.
  virtual void Interrupt() {}
  // Leaves what the backend keeps going, such as a server of our own, after
  // others who use it: `say` is told for whom it waits, and raising `stop` ends
  // the waiting with kInterrupted. Without it the destructor does so for as
  // long as it takes. REQUIRES: its sessions and readers are gone.
  virtual Status Close(const std::atomic<bool>& stop, const Notice& say);
  // What the engine takes without tillstorm, in throw-away places beside the
  // dataset, which need not be there; nullptr from a backend that stores
  // nothing. `stop` is borrowed; see EngineCeiling. The backend must outlive
  // it.
  virtual Result<std::unique_ptr<EngineCeiling>> OpenCeiling(
      const EngineCeilingOptions& options, const std::atomic<bool>& stop);
  // The topmost process of the server that works for it, and perhaps for others
  // too; nothing where there is none, it does not run yet, or it cannot be seen
  // from here, as on another machine.
  [[nodiscard]] virtual std::optional<int> server_process() const {
    return std::nullopt;
  }
  // How many sessions may write a dataset at once, [1, kLanesMax].
  [[nodiscard]] virtual int max_lanes() const { return 1; }
  // How messages name it, without secrets.
  [[nodiscard]] virtual std::string name() const = 0;
};

inline Result<std::unique_ptr<Session>> Backend::Adopt(
    const AdoptOptions& /*options*/, const MakeAdoption& /*make*/) {
  return OpenAdoptable().status();
}

inline Result<std::unique_ptr<Reader>> Backend::OpenAdoptable() {
  return Status(StatusCode::kUsage,
                "--adopt takes an SQLite file that HOMEPOT set up, and " +
                    name() + " is none; give the path of one");
}

inline Status Backend::Close(const std::atomic<bool>& /*stop*/,
                             const Notice& /*say*/) {
  return Status::Ok();
}

inline Result<std::unique_ptr<Session>> Session::OpenLane() {
  return Status(StatusCode::kUsage, "this engine has one writer only");
}

inline Result<std::unique_ptr<QuerySession>> Backend::OpenQueries() {
  return Status(StatusCode::kUnavailable, name() + " has no SQL");
}

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_BACKEND_H_
