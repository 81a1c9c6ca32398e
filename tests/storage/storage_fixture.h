// What the storage tests share: a directory of their own, events made the way
// agents make them, a small fleet.
#ifndef TILLSTORM_TESTS_STORAGE_STORAGE_FIXTURE_H_
#define TILLSTORM_TESTS_STORAGE_STORAGE_FIXTURE_H_

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/event_sink.h"
#include "harness/core/rows_dataset.h"
#include "harness/core/rows_fleet.h"
#include "harness/core/rows_operations.h"
#include "harness/core/rows_telemetry.h"
#include "storage/backend.h"

namespace tillstorm {

class TestDirectory {
 public:
  TestDirectory() {
    std::string name =
        (std::filesystem::temp_directory_path() / "tillstorm-test-XXXXXX")
            .string();
    TS_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = std::filesystem::canonical(name).string();
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }
  // Names of everything in it, sorted.
  [[nodiscard]] std::vector<std::string> List() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

// Lowers the largest size of a file, for this process, for a while.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int) = nullptr;
};

// Events of one batch, each a Step of its own.
class EventList : private BlockSource {
 public:
  EventList() : sink_(*this) {}

  template <class Row>
  EventList& Insert(const Row& row) {
    sink_.BeginStep(EntityId(EntityKind::kDevice, 0), FromMicros(++micros_));
    sink_.Insert(row);
    sink_.EndStep();
    return *this;
  }
  template <class Row>
  EventList& Update(const Row& before, const Row& after) {
    sink_.BeginStep(EntityId(EntityKind::kDevice, 0), FromMicros(++micros_));
    sink_.Update(before, after);
    sink_.EndStep();
    return *this;
  }

  // The batch with its ledger entry; borrows from the list.
  [[nodiscard]] Batch MakeBatch(int32_t number) {
    events_.clear();
    LedgerEntry ledger;
    ledger.batch = number;
    ledger.owners = {{kAllOwners, FromMicros(1'000'000 + number)}};
    for (const auto& block : blocks_) {
      block->ForEach([&](const Event& event) {
        events_.push_back(&event);
        AddToDigest(event, &ledger.delta);
      });
    }
    return {events_, ledger};
  }

 private:
  EventBlock* NextBlock(size_t bytes_min) override {
    blocks_.push_back(
        std::make_unique<EventBlock>(std::max<size_t>(bytes_min, 65'536)));
    return blocks_.back().get();
  }

  std::vector<std::unique_ptr<EventBlock>> blocks_;
  EventSink sink_;
  int64_t micros_ = 0;
  std::vector<const Event*> events_;
};

// 2026-01-05 08:00:00 UTC.
inline constexpr Instant kMonday = FromMicros(1'767'600'000'000'000);

inline Manifest MakeManifest() {
  Manifest manifest;
  manifest.seed = 42;
  manifest.schema_version = kSchemaVersion;
  manifest.stream_version = 1;
  manifest.scenario = R"({"sites": 1})";
  manifest.scenario_hash =
      Hex(HashBytes(std::as_bytes(std::span(manifest.scenario))));
  manifest.intervals = {{kMonday, std::nullopt}};
  return manifest;
}

inline TenantRow MakeTenant() {
  TenantRow tenant;
  tenant.id = 1;
  tenant.name = "Default";
  tenant.slug = "default";
  tenant.settings = Json{R"({"currency": "GBP"})"};
  tenant.is_active = true;
  tenant.created_at = kMonday;
  return tenant;
}

inline SiteRow MakeSite() {
  SiteRow site;
  site.id = 1;
  site.site_id = "site-001";
  site.name = "Caf\xc3\xa9";
  site.latitude = 53.4808;
  site.longitude = -2.25;
  site.tenant_id = 1;
  site.is_active = true;
  site.lifecycle_state = "active";
  site.created_at = kMonday;
  return site;
}

inline DeviceRow MakeDevice(int32_t id, std::string_view device_id) {
  DeviceRow device;
  device.id = id;
  device.device_id = device_id;
  device.name = "Terminal";
  device.device_type = "pos_terminal";
  device.status = "online";
  device.lifecycle_state = "active";
  device.site_id = 1;
  device.config = Json{R"({"volume": 5})"};
  device.is_active = true;
  device.is_simulated = true;
  device.created_at = kMonday;
  return device;
}

inline HealthCheckRow MakeHealthCheck(int32_t device_id, Instant timestamp) {
  HealthCheckRow check;
  check.device_id = device_id;
  check.is_healthy = true;
  check.response_time_ms = 31;
  check.status_code = 200;
  check.endpoint = "/health";
  check.response_data = Json{R"({"status": "healthy", "list": [1, 2.5]})"};
  check.timestamp = timestamp;
  return check;
}

inline DeviceMetricsRow MakeMetrics(int32_t device_id, Instant timestamp) {
  DeviceMetricsRow metrics;
  metrics.timestamp = timestamp;
  metrics.device_id = device_id;
  metrics.cpu_percent = 12.5;
  metrics.memory_percent = -0.0;
  metrics.disk_percent = 3.0;
  metrics.transaction_count = 7;
  metrics.provenance = "simulated";
  return metrics;
}

inline SiteOperatingScheduleRow MakeSchedule() {
  SiteOperatingScheduleRow schedule;
  schedule.id = 1;
  schedule.site_id = 1;
  schedule.day_of_week = 0;
  schedule.open_time = TimeOfDay{8 * 3600 * kMicrosPerSecond};
  schedule.close_time = TimeOfDay{kMicrosPerDay - 1};
  schedule.is_closed = false;
  schedule.notes = "";
  return schedule;
}

// One tenant, one site with a schedule, two devices.
inline void AddFleet(EventList* events) {
  events->Insert(MakeTenant())
      .Insert(MakeSite())
      .Insert(MakeDevice(1, "dev-1"))
      .Insert(MakeDevice(2, "dev-2"))
      .Insert(MakeSchedule());
}

// Encodings and ids of a table, as the reader gives them.
struct ScannedRow {
  int64_t id = 0;
  std::string encoding;
  friend bool operator==(const ScannedRow&, const ScannedRow&) = default;
};

inline std::string AsText(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::vector<ScannedRow> Scan(Reader& reader, TableId table) {
  std::vector<ScannedRow> rows;
  const Status status = reader.ScanTable(table, [&](const StoredRow& row) {
    rows.push_back({row.id, AsText(row.encoding)});
    return true;
  });
  TS_CHECK(status.ok());
  return rows;
}

template <class Row>
std::string EncodingOf(const Row& row) {
  std::vector<std::byte> bytes(EncodedRowSizeMax(row));
  const std::byte* end = EncodeRow(row, bytes.data());
  return AsText({bytes.data(), end});
}

inline Digest ScanDigest(Reader& reader) {
  Digest digest;
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    const Status status = reader.ScanTable(table.id, [&](const StoredRow& row) {
      digest.AddInsert(table.id, HashBytes(row.encoding));
      return true;
    });
    TS_CHECK(status.ok());
  }
  return digest;
}

}  // namespace tillstorm

#endif  // TILLSTORM_TESTS_STORAGE_STORAGE_FIXTURE_H_
