// RuntimeFolder: the private folder in which servers of our own have their
// sockets, and a record each, by which the next start of any tillstorm clears
// away what a killed one left behind.
//
//   $XDG_RUNTIME_DIR/tillstorm/  or  $TMPDIR/tillstorm-UID/ or /tmp/...
//       pg-XXXXXX/               the sockets of a server
//       pg-XXXXXX.record         whose they are; locked by who started it
//
// Threads: any; of several processes too.
// Errors: kCannotCreate, kPermission.
#ifndef TILLSTORM_STORAGE_POSTGRES_RUNTIME_FOLDER_H_
#define TILLSTORM_STORAGE_POSTGRES_RUNTIME_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/core/status.h"
#include "storage/postgres/child_process.h"
#include "storage/postgres/file_lock.h"

namespace tillstorm {

struct ServerRecord {
  std::string directory;  // of the server
  bool throw_away = false;
};

// The folder for the sockets of a server, and its record.
class SocketFolder {
 public:
  // Makes both, for a server that runs as `identity`. The record is locked
  // until this goes.
  [[nodiscard]] static Result<std::unique_ptr<SocketFolder>> Create(
      const UserIdentity& identity, const ServerRecord& record);
  // Those that a killed tillstorm left behind, locked. Their servers may run.
  [[nodiscard]] static std::vector<std::unique_ptr<SocketFolder>>
  FindAbandoned();

  // Removes the folder, what a server leaves in it, and the record.
  // REQUIRES: the server has ended.
  void Remove();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const ServerRecord& record() const { return record_; }

 private:
  SocketFolder() = default;
  [[nodiscard]] std::string record_path() const { return path_ + ".record"; }
  [[nodiscard]] Status WriteRecord();
  [[nodiscard]] bool ReadRecord();

  std::string path_;
  ServerRecord record_;
  FileLock lock_;
};

// `$TMPDIR`, or `/tmp` where that is not set.
[[nodiscard]] std::string TemporaryDirectory();

// The name of the socket in such a folder, as PostgreSQL has it for a port.
inline constexpr int kServerPort = 5432;

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_RUNTIME_FOLDER_H_
