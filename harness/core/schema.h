// The schema as data: every table of HOMEPOT (revision c588f4e, 25 tables) and
// tillstorm's own three, each described once. SQLite and PostgreSQL DDL, value
// binding, COPY, and the canonical encoding of the digest derive from this.
//
// The description of a table lives beside its row struct in rows_*.h (columns)
// and in schema.cc (composite indexes, primary key, owner).
//
// Threads: immutable after first use; safe from any thread.
#ifndef TILLSTORM_HARNESS_CORE_SCHEMA_H_
#define TILLSTORM_HARNESS_CORE_SCHEMA_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tillstorm {

// Bumped when a table, column or index of the schema changes.
inline constexpr int kSchemaVersion = 1;

// Every table, numbered in foreign-key order: a table refers only to earlier
// ones (devices.lifecycle_epoch_id, half of upstream's one cycle, excepted).
enum class TableId : uint8_t {
  kTenants,
  kUsers,
  kSites,
  kDevices,
  kLifecycleEpochs,
  kTenantMemberships,
  kSiteMemberships,
  kSiteOperatingSchedules,
  kEnrolmentIntents,
  kDeviceCredentials,
  kDeviceAssignments,
  kDeviceLifecycleEvents,
  kJobs,
  kDeviceCommands,
  kPushNotificationLogs,
  kAuditLogs,
  kConfigurationHistory,
  kAlerts,
  kErrorLogs,
  kJobOutcomes,
  kHealthChecks,
  kDeviceMetrics,
  kDeviceStateHistory,
  kApiRequestLogs,
  kUserActivities,
  kTruth,
  kManifest,
  kLedger,
};
inline constexpr size_t kTableCount = 28;
// The first so many are HOMEPOT's; the rest are ours.
inline constexpr size_t kHomepotTableCount = 25;

[[nodiscard]] constexpr size_t Index(TableId table) {
  return static_cast<size_t>(table);
}

// Tables by Index().
using TableSet = std::bitset<kTableCount>;

enum class ColumnType : uint8_t {
  kInteger,
  kFloat,
  kBoolean,
  kVarchar,
  kText,
  kJson,       // an object or array, as text in Python's json.dumps spacing
  kNaiveTime,  // DATETIME / TIMESTAMP WITHOUT TIME ZONE, in UTC
  kZonedTime,  // DATETIME / TIMESTAMP WITH TIME ZONE
  kTimeOfDay,
  kBytes,
};

// Who gives the primary key of a row.
enum class IdSource : uint8_t {
  kPure,    // the event carries it: a pure function, inside the digest
  kWriter,  // the writer numbers rows as it writes them, outside the digest
  kNone,    // no column `id`
};

struct ColumnInfo {
  std::string_view name;
  ColumnType type = ColumnType::kInteger;
  uint16_t length = 0;  // of kVarchar, in characters
  bool nullable = false;
  bool can_change = false;  // updates of this table carry it
  bool is_state =
      false;  // says how the row's thing is doing now: all that is
              // ever written to a row of the fleet that HOMEPOT made
  std::string_view references = {};  // table whose `id` it refers to, or empty
};

struct IndexInfo {
  std::string name;
  std::vector<std::string_view> columns;
  bool unique = false;
};

struct TableInfo {
  TableId id{};
  std::string_view name;
  std::vector<ColumnInfo> columns;  // in upstream's order, `id` included
  std::vector<std::string_view> primary_key;
  std::vector<IndexInfo> indexes;
  IdSource id_source = IdSource::kNone;
  bool in_digest = true;
  int id_column = -1;    // position of `id`, or -1
  int time_column = -1;  // position of the instant a row stands for, or -1

  [[nodiscard]] bool is_ours() const { return Index(id) >= kHomepotTableCount; }
  // Whether it says who and what exists.
  [[nodiscard]] bool is_fleet() const { return id < TableId::kJobs; }
  // Whether agents fill it while they run; the fleet's tables stand before.
  [[nodiscard]] bool is_event() const {
    return id >= TableId::kJobs && !is_ours();
  }
  // Position of the column, or -1.
  [[nodiscard]] int Find(std::string_view column) const;
  // Whether the canonical encoding of a row holds the column.
  [[nodiscard]] bool Encodes(size_t column) const {
    return id_source != IdSource::kWriter ||
           static_cast<int>(column) != id_column;
  }
};

[[nodiscard]] const TableInfo& Table(TableId id);
[[nodiscard]] std::span<const TableInfo> AllTables();
// The table of that name, or nullptr.
[[nodiscard]] const TableInfo* FindTable(std::string_view name);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_SCHEMA_H_
