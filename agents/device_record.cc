#include "agents/device_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "agents/identifiers.h"
#include "agents/versions.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

constexpr std::string_view kCapabilities =
    R"({"root_access": true, "process_monitoring": true, )"
    R"("filesystem_access": true, "network_monitoring": true})";
constexpr std::string_view kPermissions =
    R"({"root_access": false, "process_monitoring": true, )"
    R"("filesystem_access": true, "network_monitoring": true})";
constexpr std::string_view kPeripherals =
    R"({"printer": true, "card_reader": true, "barcode_scanner": true})";

}  // namespace

std::string SecretHex(uint64_t seed, EntityId entity, uint64_t index) {
  const Draw draw = StreamOf(seed, entity, Purpose::kSecrets).At(0, index);
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", draw.u64(0), draw.u64(1),
                     draw.u64(2), draw.u64(3));
}

Instant DeviceCreated(const Plan& plan, uint32_t device) {
  if (plan.has_bootstrap()) return plan.DevicePosted(device);
  const Draw draw =
      plan.StreamFor({EntityKind::kDevice, device}, Purpose::kDeviceFacts)
          .At(0, 3);
  return plan.BeforeStart(UniformBetween(draw.u64(0), 30, 760), draw.u64(1));
}

std::string DeviceIp(const Plan& plan, uint32_t device) {
  // A private range (RFC 1918).
  const uint32_t site = plan.fleet().SiteOf(device);
  const uint32_t number = device - plan.fleet().FirstDevice(site) + 1;
  return fmt::format("10.{}.{}.{}", site / 250 % 250, site % 250,
                     9 + number % 240);
}

DeviceRecord::DeviceRecord(const Plan& plan, uint32_t device)
    : id_(plan.fleet().DeviceId(device)),
      is_adopted_(plan.fleet().adopted() != nullptr) {
  const DeviceFacts facts = plan.fleet().Device(device);
  const OsInfo& os = Info(facts.os);
  site_id_ = plan.fleet().SiteId(facts.site);
  os_ = facts.os;
  identifier_ = plan.fleet().DeviceIdentifier(device);
  name_ = plan.fleet().DeviceName(device);
  ip_ = DeviceIp(plan, device);
  wan_ip_ = fmt::format("203.0.113.{}", 1 + facts.site % 254);
  mac_ = MacAddress(plan.seed(), device);
  model_ = facts.model;
  config_ = fmt::format(
      R"({{"os": "{}", "push_platform": "{}", "agent_version": "1.0.0-sim", )"
      R"("device_source": "simulation", "version": ")",
      os.name, os.push_platform);
  const EntityId entity(EntityKind::kDevice, device);
  push_token_ = SecretHex(plan.seed(), entity, 1);
  api_key_hash_ = SecretHex(plan.seed(), entity, 2);
  created_at_ = DeviceCreated(plan, device);
}

DeviceRow DeviceRecord::Row(const DeviceState& state,
                            DeviceTexts* texts) const {
  DeviceRow row;
  FillState(state, &row);
  if (!is_adopted_) FillOwn(state, texts, &row);
  return row;
}

void DeviceRecord::FillState(const DeviceState& state, DeviceRow* row) const {
  row->id = id_;
  if (!state.seen) {
    row->status = "unknown";
    row->health_state = "unknown";
    return;
  }
  row->status = Name(state.status);
  switch (state.status) {
    case DeviceStatus::kOnline:
      row->health_state = state.warning ? "warning" : "healthy";
      break;
    case DeviceStatus::kError:
      row->health_state = "error";
      break;
    case DeviceStatus::kMaintenance:
      row->health_state = "maintenance";
      break;
    case DeviceStatus::kOffline:
      row->health_state = "unknown";
      break;
  }
  row->last_seen = state.last_seen;
  row->last_heartbeat_at = state.last_seen;
}

void DeviceRecord::FillOwn(const DeviceState& state, DeviceTexts* texts,
                           DeviceRow* row) const {
  texts->config = config_ + ConfigText(state.config) + R"("})";
  texts->firmware = FirmwareText(model_, state.firmware);
  row->device_id = identifier_;
  row->name = name_;
  row->device_type = "pos_terminal";
  row->lifecycle_state = "active";
  row->site_id = site_id_;
  row->enrollment_method = "pre-provisioned";
  row->lifecycle_epoch_id = id_;
  row->ip_address = ip_;
  row->mac_address = mac_;
  row->os_details = Info(os_).details;
  row->local_ip = ip_;
  row->wan_ip = wan_ip_;
  row->firmware_version = texts->firmware;
  row->peripherals = Json{kPeripherals};
  row->device_permissions = Json{kPermissions};
  row->capabilities = Json{kCapabilities};
  row->push_token = push_token_;
  row->push_channel = Info(os_).push_channel;
  row->config = Json{texts->config};
  row->api_key_hash = api_key_hash_;
  row->is_active = true;
  row->is_monitored = true;
  row->is_simulated = true;
  row->created_at = created_at_;
  row->updated_at = state.updated_at;
}

}  // namespace tillstorm
