#include "storage/sqlite/sqlite_syncs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <mutex>

namespace tillstorm {
namespace {

constexpr const char* kName = "tillstorm";

std::atomic<int64_t> syncs{0};

// Methods of a kind of file, with xSync replaced. SQLite has one constant table
// for each way of locking, so few are ever needed. `methods` comes first: a
// file points to it.
struct CountingMethods {
  sqlite3_io_methods methods{};
  std::atomic<const sqlite3_io_methods*> original{nullptr};
};
std::array<CountingMethods, 8> tables;
std::mutex tables_mutex;

// Relaxed: a statistic.
void Count() { syncs.fetch_add(1, std::memory_order_relaxed); }

int CountedSync(sqlite3_file* file, int flags) {
  Count();
  const auto* table = reinterpret_cast<const CountingMethods*>(file->pMethods);
  return table->original.load()->xSync(file, flags);
}

// The counting table for those methods; the methods themselves when there is no
// room for another, so that nothing fails for the sake of a count.
const sqlite3_io_methods* Counting(const sqlite3_io_methods* methods) {
  const std::lock_guard lock(tables_mutex);
  for (CountingMethods& table : tables) {
    if (table.original.load() == methods) return &table.methods;
    if (table.original.load() != nullptr) continue;
    table.methods = *methods;
    table.methods.xSync = CountedSync;
    table.original.store(methods);
    return &table.methods;
  }
  return methods;
}

int OpenCounted(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file,
                int flags, int* out_flags) {
  auto* const own = static_cast<sqlite3_vfs*>(vfs->pAppData);
  const int code = own->xOpen(own, name, file, flags, out_flags);
  if (file->pMethods != nullptr) file->pMethods = Counting(file->pMethods);
  return code;
}

}  // namespace

int64_t CountSqliteSyncs() { return syncs.load(std::memory_order_relaxed); }

int SyncCounted(int descriptor) {
  Count();
  return fsync(descriptor);
}

const char* CountingVfs() {
  static const bool is_registered = [] {
    static sqlite3_vfs vfs;
    sqlite3_vfs* const own = sqlite3_vfs_find(nullptr);
    if (own == nullptr) return false;
    vfs = *own;
    vfs.zName = kName;
    vfs.pNext = nullptr;
    vfs.pAppData = own;
    vfs.xOpen = OpenCounted;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }();
  return is_registered ? kName : nullptr;
}

}  // namespace tillstorm
