#include "harness/dataset_rows.h"

#include <utility>

#include "agents/scenario.h"
#include "harness/core/row_codec.h"

namespace tillstorm {

Result<DatasetRows> DatasetRows::Open(Reader& reader) {
  Result<Manifest> manifest = reader.ReadManifest();
  if (!manifest.ok()) return manifest.status();
  DatasetRows rows(reader, std::move(*manifest));
  const Result<Scenario> scenario =
      Scenario::FromCanonicalJson(rows.manifest_.scenario);
  // Of another version, or damaged: whoever needs the plan says so.
  if (!scenario.ok() || scenario->adopted == nullptr) return rows;
  rows.is_adopted_ = true;
  for (const AdoptedDevice& device : scenario->adopted->devices) {
    rows.devices_.insert(device.id);
  }
  return rows;
}

Status DatasetRows::ScanTable(
    const TableInfo& table,
    const std::function<bool(const StoredRow&)>& visit) {
  if (!is_adopted_ || !table.is_fleet()) {
    return reader_->ScanTable(table.id, visit);
  }
  if (table.id != TableId::kDevices) return Status::Ok();
  return reader_->ScanTable(table.id, [&](const StoredRow& row) {
    if (!devices_.contains(row.id)) return true;
    state_.clear();
    AppendStateOnly(table, row.encoding, &state_);
    return visit({state_, row.id});
  });
}

}  // namespace tillstorm
