// The storage contract: what every engine does for tillstorm.
//
//   Backend::Create()   an empty dataset: schema, fleet, manifest and the
//   opening
//                       of its first interval, in one transaction
//   Session::Apply()    one batch and its ledger row, atomically
//   Session::Finish()   indexes, settled files, the final name
//   Backend::OpenReader() reading back: digest, verify, validate
//
// A batch is applied table by table in foreign-key order, inserts before
// updates. When Apply() returns ok the batch is acknowledged: it is as durable
// as the session's durability level says. An error tells by Status::remedy()
// whether the batch may be repeated. An update that does not touch exactly one
// row is kIntegrity.
//
// Threads: one Session, one thread; likewise a Reader. Interrupt() may be
// called from any thread.
#ifndef TILLSTORM_STORAGE_BACKEND_H_
#define TILLSTORM_STORAGE_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/core/digest.h"
#include "harness/core/event.h"
#include "harness/core/schema.h"
#include "harness/core/status.h"
#include "storage/ledger.h"
#include "storage/manifest.h"

namespace tillstorm {

// What survives once acknowledged: design.md's four levels.
enum class Durability : uint8_t { kPower, kProcess, kRelaxed, kBulk };

// When secondary indexes are built.
enum class IndexMode : uint8_t { kDeferred, kInline, kNone };

struct CreateOptions {
  Durability durability = Durability::kProcess;
  IndexMode indexes = IndexMode::kInline;
  // Replace a finished dataset of ours; nothing else is ever replaced.
  bool replace = false;
};

// Events of one transaction in their total order, and their ledger entry.
// Borrowed: events live in blocks that outlive the call.
struct Batch {
  std::span<const Event* const> events;
  LedgerEntry ledger;
};

// Reported by Finish() as it goes; both may be empty.
struct FinishProgress {
  std::function<void(std::string_view stage, size_t done, size_t total)> report;
};

class Session {
 public:
  virtual ~Session() = default;  // an unfinished `bulk` dataset is discarded

  virtual Status Apply(const Batch& batch) = 0;
  // Records the close of the open interval, builds deferred indexes and leaves
  // the dataset complete, under its final name. Call it once, last.
  virtual Status Finish(const Manifest& manifest,
                        const FinishProgress& progress) = 0;
  // Makes a running or later call end soon with kInterrupted. Any thread.
  virtual void Interrupt() = 0;
  // Settings that shape speed and durability, as the engine reports them.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>>
  Settings() const = 0;
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

class Backend {
 public:
  virtual ~Backend() = default;

  // Makes a new dataset; `fleet` are its first rows, in total order.
  // kCannotCreate when something exists there that may not be replaced.
  virtual Result<std::unique_ptr<Session>> Create(const CreateOptions& options,
                                                  const Manifest& manifest,
                                                  const Batch& fleet) = 0;
  // kBadInput unless a dataset of ours is there.
  virtual Result<std::unique_ptr<Reader>> OpenReader() = 0;
  // How messages name it, without secrets.
  [[nodiscard]] virtual std::string name() const = 0;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_BACKEND_H_
