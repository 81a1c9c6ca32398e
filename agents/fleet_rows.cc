#include "agents/fleet_rows.h"

#include <fmt/format.h>

#include <array>

#include "agents/device_states.h"
#include "agents/identifiers.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

// bcrypt of `password123`.
constexpr std::string_view kPasswordHash =
    "$2b$12$tillstormtillstormtileluKm7JoWipsdlZ09V0CSEYcZW2Wv0PW";
constexpr std::string_view kProvisioned = "pre-provisioned";

// Users that upstream's seed and traffic generator know; managers come after.
struct KnownUser {
  std::string_view username;
  std::string_view email;
  std::string_view full_name;
  std::string_view role;
  bool admin;
};
constexpr std::array<KnownUser, 3> kUsers = {{
    {"homepot_admin", "admin@homepot.com", "HOMEPOT Administrator", "Admin",
     true},
    {"homepot_client", "user@homepot.com", "HOMEPOT Client", "Client", false},
    {"sim_user", "simulation@homepot.com", "Simulation User", "Client", false},
}};

struct KnownTenant {
  std::string_view name;
  std::string_view slug;
};
constexpr std::array<KnownTenant, 2> kTenants = {{
    {"HOMEPOT Retail", "homepot-retail"},
    {"Partner Stores", "partner-stores"},
}};

constexpr std::string_view kCapabilities =
    R"({"root_access": true, "process_monitoring": true, )"
    R"("filesystem_access": true, "network_monitoring": true})";
constexpr std::string_view kPermissions =
    R"({"root_access": false, "process_monitoring": true, )"
    R"("filesystem_access": true, "network_monitoring": true})";
constexpr std::string_view kPeripherals =
    R"({"printer": true, "card_reader": true, "barcode_scanner": true})";

int32_t Id(uint32_t index) { return static_cast<int32_t>(index) + 1; }
int32_t TenantOf(uint32_t site) {
  return Id(site % static_cast<uint32_t>(kTenants.size()));
}
int32_t ManagerOf(uint32_t site) {
  return Id(static_cast<uint32_t>(kUsers.size()) + site);
}

std::string RandomHex(uint64_t seed, EntityId entity, uint64_t index) {
  const Draw draw = StreamOf(seed, entity, Purpose::kSecrets).At(0, index);
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", draw.u64(0), draw.u64(1),
                     draw.u64(2), draw.u64(3));
}

// When something of the fleet came to be: whole seconds before the dataset.
Instant Before(const Plan& plan, int64_t days, uint64_t bits) {
  const int64_t seconds = days * 86'400 + UniformBetween(bits, 0, 86'399);
  const int64_t start_s = MicrosSinceEpoch(plan.start()) / kMicrosPerSecond;
  return FromMicros(std::max<int64_t>(start_s - seconds, 0) * kMicrosPerSecond);
}

Instant SiteCreated(const Plan& plan, uint32_t site) {
  const Draw draw =
      plan.StreamFor({EntityKind::kSite, site}, Purpose::kSiteFacts).At(0, 1);
  return Before(plan, UniformBetween(draw.u64(0), 800, 1400), draw.u64(1));
}

Instant DeviceCreated(const Plan& plan, uint32_t device) {
  const Draw draw =
      plan.StreamFor({EntityKind::kDevice, device}, Purpose::kDeviceFacts)
          .At(0, 3);
  return Before(plan, UniformBetween(draw.u64(0), 30, 760), draw.u64(1));
}

constexpr Micros kMinute{60 * kMicrosPerSecond};

// Emits one row as a Step of that entity at the dataset's first instant.
template <class Row>
void Emit(const Plan& plan, EntityId entity, const Row& row, EventSink& sink) {
  sink.BeginStep(entity, plan.start());
  sink.Insert(row);
  sink.EndStep();
}

EntityId FleetEntity(uint32_t index) { return {EntityKind::kFleet, index}; }
EntityId SiteEntity(uint32_t site) { return {EntityKind::kSite, site}; }
EntityId DeviceEntity(uint32_t device) { return {EntityKind::kDevice, device}; }

void EmitTenants(const Plan& plan, EventSink& sink) {
  const Instant created = Before(plan, 1500, 0);
  for (uint32_t i = 0; i < kTenants.size(); ++i) {
    TenantRow row;
    row.id = Id(i);
    row.name = kTenants[i].name;
    row.slug = kTenants[i].slug;
    row.settings = Json{R"({"timezone": "UTC"})"};
    row.is_active = true;
    row.created_at = created;
    row.updated_at = created;
    Emit(plan, FleetEntity(i), row, sink);
  }
}

void EmitUser(const Plan& plan, uint32_t index, const KnownUser& user,
              std::optional<int32_t> tenant, EventSink& sink) {
  const Instant created = Before(plan, 1450, 0);
  UserRow row;
  row.id = Id(index);
  row.username = user.username;
  row.email = user.email;
  row.full_name = user.full_name;
  row.hashed_password = kPasswordHash;
  row.role = user.role;
  row.is_active = true;
  row.is_admin = user.admin;
  row.tenant_id = tenant;
  row.created_at = created;
  row.updated_at = created;
  Emit(plan, FleetEntity(index), row, sink);
}

void EmitUsers(const Plan& plan, EventSink& sink) {
  for (uint32_t i = 0; i < kUsers.size(); ++i) {
    EmitUser(plan, i, kUsers[i], Id(i == 1 ? 1 : 0), sink);
  }
  for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
    const std::string name = fmt::format("manager{:03}", site + 1);
    const std::string email = name + "@example.com";
    const std::string full_name = fmt::format("Manager of store {}", site + 1);
    EmitUser(plan, static_cast<uint32_t>(kUsers.size()) + site,
             {name, email, full_name, "Client", false}, TenantOf(site), sink);
  }
}

void EmitSites(const Plan& plan, EventSink& sink) {
  for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
    const Place& place = plan.scenario().places[plan.fleet().Site(site).place];
    const std::string identifier = SiteIdentifier(plan.seed(), site);
    const std::string name = fmt::format("Store {}", site + 1);
    const Instant created = SiteCreated(plan, site);
    SiteRow row;
    row.id = Id(site);
    row.site_id = identifier;
    row.name = name;
    row.description = "Simulated Store";
    row.location = place.city;
    row.latitude = place.latitude_e4 / 10'000.0;
    row.longitude = place.longitude_e4 / 10'000.0;
    row.tenant_id = TenantOf(site);
    row.is_active = true;
    row.is_monitored = true;
    row.lifecycle_state = "active";
    row.created_at = created;
    row.updated_at = created;
    Emit(plan, SiteEntity(site), row, sink);
  }
}

void EmitEpochs(const Plan& plan, EventSink& sink) {
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const uint32_t site = plan.fleet().SiteOf(device);
    const std::string epoch = Uuid(plan.seed(), IdFamily::kEpoch, device);
    const Instant claimed = DeviceCreated(plan, device) + 5 * kMinute;
    LifecycleEpochRow row;
    row.id = Id(device);
    row.epoch_id = epoch;
    row.device_id = Id(device);
    row.site_id = Id(site);
    row.tenant_id = TenantOf(site);
    row.claimed_at = claimed;
    row.enrolment_method = kProvisioned;
    row.created_at = claimed;
    row.updated_at = claimed;
    Emit(plan, DeviceEntity(device), row, sink);
  }
}

void EmitTenantMemberships(const Plan& plan, EventSink& sink) {
  const Instant created = Before(plan, 1400, 0);
  const auto users =
      static_cast<uint32_t>(kUsers.size()) + plan.fleet().sites();
  for (uint32_t i = 0; i < users; ++i) {
    const bool manager = i >= kUsers.size();
    TenantMembershipRow row;
    row.id = Id(i);
    row.user_id = Id(i);
    row.tenant_id = manager ? TenantOf(i - static_cast<uint32_t>(kUsers.size()))
                            : Id(i == 1 ? 1 : 0);
    row.role = i == 0 ? "admin" : "member";
    row.created_at = created;
    row.updated_at = created;
    Emit(plan, FleetEntity(i), row, sink);
  }
}

// Two rows per site: its manager, and the simulation user as a viewer.
void EmitSiteMemberships(const Plan& plan, EventSink& sink) {
  constexpr int32_t kSimulationUser = 3;
  for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
    const Instant created = SiteCreated(plan, site);
    for (uint32_t i = 0; i < 2; ++i) {
      SiteMembershipRow row;
      row.id = Id(2 * site + i);
      row.user_id = i == 0 ? ManagerOf(site) : kSimulationUser;
      row.site_id = Id(site);
      row.role = i == 0 ? "manager" : "viewer";
      row.created_at = created;
      row.updated_at = created;
      Emit(plan, FleetEntity(2 * site + i), row, sink);
    }
  }
}

TimeOfDay Minutes(int32_t minutes) {
  // A store that closes at midnight closes at the last microsecond of the day.
  return {std::min<int64_t>(minutes * kMinute.count(), kMicrosPerDay - 1)};
}

void EmitSchedules(const Plan& plan, EventSink& sink) {
  for (uint32_t site = 0; site < plan.fleet().sites(); ++site) {
    const int64_t size_q16 = plan.fleet().Site(site).size_q16;
    for (uint32_t weekday = 0; weekday < 7; ++weekday) {
      const ScheduleDay& day = plan.scenario().schedule[weekday];
      SiteOperatingScheduleRow row;
      row.id = Id(7 * site + weekday);
      row.site_id = Id(site);
      row.day_of_week = static_cast<int32_t>(weekday);
      row.open_time = Minutes(day.open);
      row.close_time = Minutes(day.close);
      row.is_closed = false;
      row.is_maintenance_window = day.maintenance;
      row.expected_transaction_volume =
          static_cast<int32_t>(day.transactions * size_q16 >> 16);
      row.peak_hours_start = Minutes(day.peak_start);
      row.peak_hours_end = Minutes(day.peak_end);
      if (day.maintenance) row.notes = "Maintenance window after closing";
      Emit(plan, FleetEntity(7 * site + weekday), row, sink);
    }
  }
}

void EmitIntents(const Plan& plan, EventSink& sink) {
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const uint32_t site = plan.fleet().SiteOf(device);
    const std::string intent = Uuid(plan.seed(), IdFamily::kIntent, device);
    const std::string identity = DeviceIdentifier(plan.seed(), device);
    const Instant created = DeviceCreated(plan, device);
    EnrolmentIntentRow row;
    row.id = Id(device);
    row.intent_id = intent;
    row.site_id = Id(site);
    row.tenant_id = TenantOf(site);
    row.enrolment_method = kProvisioned;
    row.expected_device_identity = identity;
    row.expires_at = created + 24 * 60 * kMinute;
    row.consumed_at = created + 5 * kMinute;
    row.creator_id = 1;
    row.status = "consumed";
    row.created_at = created;
    row.updated_at = created + 5 * kMinute;
    Emit(plan, DeviceEntity(device), row, sink);
  }
}

void EmitCredentials(const Plan& plan, EventSink& sink) {
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const std::string id = Uuid(plan.seed(), IdFamily::kCredential, device);
    const std::string hash = RandomHex(plan.seed(), DeviceEntity(device), 0);
    const Instant created = DeviceCreated(plan, device) + 5 * kMinute;
    DeviceCredentialRow row;
    row.id = Id(device);
    row.credential_id = id;
    row.device_id = Id(device);
    row.key_hash = hash;
    row.created_at = created;
    row.is_active = true;
    Emit(plan, DeviceEntity(device), row, sink);
  }
}

void EmitAssignments(const Plan& plan, EventSink& sink) {
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const uint32_t site = plan.fleet().SiteOf(device);
    const std::string id = Uuid(plan.seed(), IdFamily::kAssignment, device);
    const Instant assigned = DeviceCreated(plan, device) + 5 * kMinute;
    DeviceAssignmentRow row;
    row.id = Id(device);
    row.assignment_id = id;
    row.device_id = Id(device);
    row.site_id = Id(site);
    row.tenant_id = TenantOf(site);
    row.assignment_reason = "enrolment";
    row.assigned_at = assigned;
    row.is_current = true;
    row.created_at = assigned;
    Emit(plan, DeviceEntity(device), row, sink);
  }
}

void EmitLifecycleEvents(const Plan& plan, EventSink& sink) {
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const std::string id = Uuid(plan.seed(), IdFamily::kLifecycleEvent, device);
    DeviceLifecycleEventRow row;
    row.id = Id(device);
    row.event_id = id;
    row.device_id = Id(device);
    row.epoch_id = Id(device);
    row.from_state = "pending";
    row.to_state = "active";
    row.triggered_by_user_id = 1;
    row.reason = "Enrolled";
    row.created_at = DeviceCreated(plan, device) + 5 * kMinute;
    Emit(plan, DeviceEntity(device), row, sink);
  }
}

}  // namespace

DeviceRecord::DeviceRecord(const Plan& plan, uint32_t device)
    : id_(Id(device)) {
  const DeviceFacts facts = plan.fleet().Device(device);
  const OsInfo& os = Info(facts.os);
  site_id_ = Id(facts.site);
  os_ = facts.os;
  identifier_ = DeviceIdentifier(plan.seed(), device);
  name_ = fmt::format("POS Terminal {}-{}", facts.site + 1, facts.number);
  // Private and documentation ranges (RFC 1918, RFC 5737).
  ip_ = fmt::format("10.{}.{}.{}", facts.site / 250 % 250, facts.site % 250,
                    9 + facts.number % 240);
  wan_ip_ = fmt::format("203.0.113.{}", 1 + facts.site % 254);
  mac_ = MacAddress(plan.seed(), device);
  firmware_ = Model(facts.model).firmware;
  config_ = fmt::format(
      R"({{"os": "{}", "push_platform": "{}", "agent_version": "1.0.0-sim", )"
      R"("version": "1.0.0", "device_source": "simulation"}})",
      os.name, os.push_platform);
  push_token_ = RandomHex(plan.seed(), DeviceEntity(device), 1);
  api_key_hash_ = RandomHex(plan.seed(), DeviceEntity(device), 2);
  created_at_ = DeviceCreated(plan, device);
}

DeviceRow DeviceRecord::Row(const DeviceState& state) const {
  DeviceRow row;
  row.id = id_;
  row.device_id = identifier_;
  row.name = name_;
  row.device_type = "pos_terminal";
  row.status = Name(state.status);
  row.lifecycle_state = "active";
  switch (state.status) {
    case DeviceStatus::kOnline:
      row.health_state = state.warning ? "warning" : "healthy";
      break;
    case DeviceStatus::kError:
      row.health_state = "error";
      break;
    case DeviceStatus::kMaintenance:
      row.health_state = "maintenance";
      break;
    case DeviceStatus::kOffline:
      row.health_state = "unknown";
      break;
  }
  row.site_id = site_id_;
  row.enrollment_method = kProvisioned;
  row.lifecycle_epoch_id = id_;
  row.ip_address = ip_;
  row.mac_address = mac_;
  row.os_details = Info(os_).details;
  row.local_ip = ip_;
  row.wan_ip = wan_ip_;
  row.firmware_version = firmware_;
  row.last_seen = state.last_seen;
  row.last_heartbeat_at = state.last_seen;
  row.peripherals = Json{kPeripherals};
  row.device_permissions = Json{kPermissions};
  row.capabilities = Json{kCapabilities};
  row.push_token = push_token_;
  row.push_channel = Info(os_).push_channel;
  row.config = Json{config_};
  row.api_key_hash = api_key_hash_;
  row.is_active = true;
  row.is_monitored = true;
  row.is_simulated = true;
  row.created_at = created_at_;
  row.updated_at = state.updated_at;
  return row;
}

void EmitFleet(const Plan& plan, Instant devices_as_of, EventSink& sink) {
  EmitTenants(plan, sink);
  EmitUsers(plan, sink);
  EmitSites(plan, sink);
  for (uint32_t device = 0; device < plan.fleet().devices(); ++device) {
    const DeviceRecord record(plan, device);
    Emit(plan, DeviceEntity(device),
         record.Row(StateBefore(plan, device, devices_as_of)), sink);
  }
  EmitEpochs(plan, sink);
  EmitTenantMemberships(plan, sink);
  EmitSiteMemberships(plan, sink);
  EmitSchedules(plan, sink);
  EmitIntents(plan, sink);
  EmitCredentials(plan, sink);
  EmitAssignments(plan, sink);
  EmitLifecycleEvents(plan, sink);
}

}  // namespace tillstorm
