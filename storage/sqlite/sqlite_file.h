// The file under an SQLite dataset: making, locking and publishing it, and
// telling what is there already. Nothing here reads or writes rows.
//
//   DatasetFile::Create()  .<name>.partial beside the wanted name, empty,
//                          locked
//   ... SQLite writes it ...
//   DatasetFile::Sync()    on the disk
//   DatasetFile::Publish() under its name, atomically, still locked
//
//   DatasetFile::Open()    a file that has its name already, locked
//
// The lock (flock, on the file itself) says that a tillstorm writes it. It is
// held from the first moment to the last, without a gap when published.
//
// A partial file belongs to who holds its lock (flock). One that is left over
// by a killed run is recognised by its free lock and our application_id, or its
// emptiness, and replaced. While written it is readable by its owner alone;
// published it has the mode of any new file (0666 less the umask).
//
// Only names that we created are ever removed. A symbolic link in the place of
// the file is never followed; links among its directories are.
//
// Threads: a DatasetFile has one owner. DiscardPartialFiles() may be called
// from any thread at any time.
// Errors: kPermission when the system says so; kUnavailable while somebody else
// writes it; otherwise kCannotCreate for a file to be made, kBadInput for one
// that should be there.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_FILE_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_FILE_H_

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>

#include "harness/core/status.h"
#include "storage/sqlite/sqlite_path.h"
#include "storage/sqlite/write_behind.h"

namespace tillstorm {

class DatasetFile {
 public:
  // Makes the partial file for `path`, which must be absolute. Something under
  // that name is refused, unless `replace` and it is a dataset of ours that
  // nobody writes: Publish() then replaces it.
  [[nodiscard]] static Result<std::unique_ptr<DatasetFile>> Create(
      const std::string& path, bool replace);

  // Takes the file that is there, to go on with it: kUnavailable while another
  // tillstorm writes it, kBadInput unless it is a regular file. What is in it
  // is for SQLite to find out.
  [[nodiscard]] static Result<std::unique_ptr<DatasetFile>> Open(
      const std::string& path);
  // Whether Create() would find something under that name.
  [[nodiscard]] static Result<bool> Exists(const std::string& path);

  // Removes the partial file unless it was published, and gives up the lock.
  // REQUIRES: SQLite has closed the file. (Closing a descriptor of a file
  // drops the locks that SQLite holds on it in this process.)
  ~DatasetFile();
  DatasetFile(const DatasetFile&) = delete;
  DatasetFile& operator=(const DatasetFile&) = delete;

  // Where the bytes are now: for SQLite to open.
  [[nodiscard]] const std::string& file() const {
    return published_ ? final_ : partial_;
  }
  // What the user called it.
  [[nodiscard]] const std::string& shown() const { return shown_; }

  // To be called when the file has grown by a good deal: see WriteBehind.
  void WriteBehindGrowth();
  // kIntegrity when the name leads to another file now, or to none.
  Status CheckInPlace() const;
  // Waits until all bytes are on the disk, those of a -wal too. Ends soon with
  // kInterrupted once `stop` is true.
  Status Sync(const std::atomic<bool>& stop);
  // REQUIRES: Sync() was ok; no SQLite connection is open.
  Status Publish();

 private:
  DatasetFile() = default;
  Status CheckDestination();
  Status TakePartial();
  Status TryTakePartial(bool* taken);
  Status RemoveStale() const;
  Status Rename();
  Status SyncLog() const;

  std::string shown_;
  std::string final_;
  std::string partial_;
  bool replace_ = false;    // may replace a dataset of ours
  bool replacing_ = false;  // and one is there
  bool published_ = false;
  FileDescriptor lock_;
  std::unique_ptr<WriteBehind> write_behind_;  // goes before the descriptor
  mode_t mode_ = 0;
};

// A directory of a throw-away dataset, removed with the files of the dataset in
// it.
class ThrowAwayDirectory {
 public:
  // Under $TMPDIR or /tmp.
  [[nodiscard]] static Result<std::unique_ptr<ThrowAwayDirectory>> Create();
  // A hidden one in `parent`, so that it is on the same file system.
  [[nodiscard]] static Result<std::unique_ptr<ThrowAwayDirectory>> CreateIn(
      const std::string& parent);
  ~ThrowAwayDirectory();
  ThrowAwayDirectory(const ThrowAwayDirectory&) = delete;
  ThrowAwayDirectory& operator=(const ThrowAwayDirectory&) = delete;

  // The dataset in it.
  [[nodiscard]] std::string path() const;

 private:
  explicit ThrowAwayDirectory(std::string directory);
  const std::string directory_;
};

// For emergencies: removes every partial file and throw-away dataset that this
// process is writing. Whoever writes them gets an error later, at the latest
// when publishing.
void DiscardPartialFiles();

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_FILE_H_
