// Adopting: what makes a dataset of an SQLite file that HOMEPOT set up. Its
// rows stay as they are but for the current state of devices.
//
// Threads: pure functions.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_ADOPT_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_ADOPT_H_

#include "harness/core/status.h"
#include "storage/backend.h"
#include "storage/sqlite/sqlite_file.h"

namespace tillstorm {

// All that Backend::Adopt() writes, committed and on the disk, in whatever
// journal mode the file is. Whoever fails finds the file as it was, unless
// COMMIT itself failed: then it may be a dataset all the same, and the next
// OpenReader() tells.
Status AdoptSqlite(const DatasetFile& file, IndexMode indexes,
                   const MakeAdoption& make);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_ADOPT_H_
