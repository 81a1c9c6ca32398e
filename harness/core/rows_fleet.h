// Row structs of the tables of the fleet: who and what exists.
// One struct per table, members in column order; see column.h for the rules and
// schema.h for what derives from them. Texts are borrowed: they must outlive
// the call that encodes the row.
#ifndef TILLSTORM_HARNESS_CORE_ROWS_FLEET_H_
#define TILLSTORM_HARNESS_CORE_ROWS_FLEET_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "harness/core/column.h"
#include "harness/core/schema.h"

namespace tillstorm {

struct TenantRow {
  static constexpr TableId kTable = TableId::kTenants;

  int32_t id = 0;
  std::string_view name{};
  std::string_view slug{};
  std::optional<Json> settings;
  std::optional<bool> is_active;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = TenantRow;
    return std::tuple{Column("id", &R::id, kInt.Index()),
                      Column("name", &R::name, Varchar(100)),
                      Column("slug", &R::slug, Varchar(50).Unique()),
                      Column("settings", &R::settings, kJsonText),
                      Column("is_active", &R::is_active, kBool),
                      Column("created_at", &R::created_at, kZoned),
                      Column("updated_at", &R::updated_at, kZoned)};
  }
};

struct UserRow {
  static constexpr TableId kTable = TableId::kUsers;

  int32_t id = 0;
  std::string_view username{};
  std::string_view email{};
  std::optional<std::string_view> full_name;
  std::string_view hashed_password{};
  std::optional<std::string_view> api_key;
  std::optional<std::string_view> role;
  std::optional<bool> is_active;
  std::optional<bool> is_admin;
  std::optional<int32_t> tenant_id;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = UserRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("username", &R::username, Varchar(50).Unique()),
        Column("email", &R::email, Varchar(100).Unique()),
        Column("full_name", &R::full_name, Varchar(100)),
        Column("hashed_password", &R::hashed_password, Varchar(255)),
        Column("api_key", &R::api_key, Varchar(255).Unique()),
        Column("role", &R::role, Varchar(50)),
        Column("is_active", &R::is_active, kBool),
        Column("is_admin", &R::is_admin, kBool),
        Column("tenant_id", &R::tenant_id, kInt.To("tenants")),
        Column("created_at", &R::created_at, kZoned),
        Column("updated_at", &R::updated_at, kZoned)};
  }
};

struct SiteRow {
  static constexpr TableId kTable = TableId::kSites;

  int32_t id = 0;
  std::string_view site_id{};
  std::string_view name{};
  std::optional<std::string_view> description;
  std::optional<std::string_view> location;
  std::optional<double> latitude;
  std::optional<double> longitude;
  std::optional<int32_t> tenant_id;
  std::optional<bool> is_active;
  std::optional<bool> is_monitored;
  std::string_view lifecycle_state{};
  std::optional<std::string_view> bootstrap_key_hash;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = SiteRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("site_id", &R::site_id, Varchar(50).Unique()),
        Column("name", &R::name, Varchar(100)),
        Column("description", &R::description, kText),
        Column("location", &R::location, Varchar(200)),
        Column("latitude", &R::latitude, kReal),
        Column("longitude", &R::longitude, kReal),
        Column("tenant_id", &R::tenant_id, kInt.To("tenants")),
        Column("is_active", &R::is_active, kBool),
        Column("is_monitored", &R::is_monitored, kBool),
        Column("lifecycle_state", &R::lifecycle_state, Varchar(20)),
        Column("bootstrap_key_hash", &R::bootstrap_key_hash, Varchar(255)),
        Column("created_at", &R::created_at, kZoned),
        Column("updated_at", &R::updated_at, kZoned)};
  }
};

struct DeviceRow {
  static constexpr TableId kTable = TableId::kDevices;

  int32_t id = 0;
  std::string_view device_id{};
  std::string_view name{};
  std::string_view device_type{};
  std::optional<std::string_view> status;
  std::string_view lifecycle_state{};
  std::optional<std::string_view> health_state;
  int32_t site_id = 0;
  std::optional<std::string_view> enrollment_method;
  std::optional<std::string_view> enrollment_token;
  std::optional<int32_t> lifecycle_epoch_id;
  std::optional<std::string_view> ip_address;
  std::optional<std::string_view> mac_address;
  std::optional<std::string_view> os_details;
  std::optional<std::string_view> local_ip;
  std::optional<std::string_view> wan_ip;
  std::optional<std::string_view> firmware_version;
  std::optional<Instant> last_seen;
  std::optional<Instant> last_heartbeat_at;
  std::optional<Json> peripherals;
  std::optional<Json> device_permissions;
  std::optional<Json> capabilities;
  std::optional<std::string_view> push_token;
  std::optional<std::string_view> push_channel;
  std::optional<Json> config;
  std::optional<std::string_view> api_key_hash;
  std::optional<bool> is_active;
  std::optional<bool> is_monitored;
  std::optional<bool> is_simulated;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = DeviceRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("device_id", &R::device_id, Varchar(100).Unique()),
        Column("name", &R::name, Varchar(100)),
        Column("device_type", &R::device_type, Varchar(50)),
        Column("status", &R::status, Varchar(20).State()),
        Column("lifecycle_state", &R::lifecycle_state, Varchar(20)),
        Column("health_state", &R::health_state, Varchar(20).State()),
        Column("site_id", &R::site_id, kInt.To("sites")),
        Column("enrollment_method", &R::enrollment_method, Varchar(50)),
        Column("enrollment_token", &R::enrollment_token, Varchar(255)),
        Column("lifecycle_epoch_id", &R::lifecycle_epoch_id,
               kInt.To("lifecycle_epochs")),
        Column("ip_address", &R::ip_address, Varchar(45)),
        Column("mac_address", &R::mac_address, Varchar(17)),
        Column("os_details", &R::os_details, Varchar(255)),
        Column("local_ip", &R::local_ip, Varchar(45)),
        Column("wan_ip", &R::wan_ip, Varchar(45)),
        Column("firmware_version", &R::firmware_version, Varchar(50).Changes()),
        Column("last_seen", &R::last_seen, kZoned.State()),
        Column("last_heartbeat_at", &R::last_heartbeat_at, kZoned.State()),
        Column("peripherals", &R::peripherals, kJsonText),
        Column("device_permissions", &R::device_permissions, kJsonText),
        Column("capabilities", &R::capabilities, kJsonText),
        Column("push_token", &R::push_token, Varchar(512)),
        Column("push_channel", &R::push_channel, Varchar(20)),
        Column("config", &R::config, kJsonText.Changes()),
        Column("api_key_hash", &R::api_key_hash, Varchar(255)),
        Column("is_active", &R::is_active, kBool),
        Column("is_monitored", &R::is_monitored, kBool),
        Column("is_simulated", &R::is_simulated, kBool),
        Column("created_at", &R::created_at, kZoned),
        Column("updated_at", &R::updated_at, kZoned.Changes())};
  }
};

struct LifecycleEpochRow {
  static constexpr TableId kTable = TableId::kLifecycleEpochs;

  int32_t id = 0;
  std::string_view epoch_id{};
  int32_t device_id = 0;
  int32_t site_id = 0;
  std::optional<int32_t> tenant_id;
  Instant claimed_at{};
  std::optional<Instant> ended_at;
  std::optional<std::string_view> claim_token_hash;
  std::string_view enrolment_method{};
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = LifecycleEpochRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("epoch_id", &R::epoch_id, Varchar(36).Unique()),
        Column("device_id", &R::device_id, kInt.Index().To("devices")),
        Column("site_id", &R::site_id, kInt.To("sites")),
        Column("tenant_id", &R::tenant_id, kInt.To("tenants")),
        Column("claimed_at", &R::claimed_at, kZoned),
        Column("ended_at", &R::ended_at, kZoned),
        Column("claim_token_hash", &R::claim_token_hash, Varchar(255)),
        Column("enrolment_method", &R::enrolment_method, Varchar(50)),
        Column("created_at", &R::created_at, kZoned),
        Column("updated_at", &R::updated_at, kZoned)};
  }
};

struct TenantMembershipRow {
  static constexpr TableId kTable = TableId::kTenantMemberships;

  int32_t id = 0;
  int32_t user_id = 0;
  int32_t tenant_id = 0;
  std::optional<std::string_view> role;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = TenantMembershipRow;
    return std::tuple{Column("id", &R::id, kInt.Index()),
                      Column("user_id", &R::user_id, kInt.To("users")),
                      Column("tenant_id", &R::tenant_id, kInt.To("tenants")),
                      Column("role", &R::role, Varchar(50)),
                      Column("created_at", &R::created_at, kZoned),
                      Column("updated_at", &R::updated_at, kZoned)};
  }
};

struct SiteMembershipRow {
  static constexpr TableId kTable = TableId::kSiteMemberships;

  int32_t id = 0;
  int32_t user_id = 0;
  int32_t site_id = 0;
  std::optional<std::string_view> role;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = SiteMembershipRow;
    return std::tuple{Column("id", &R::id, kInt.Index()),
                      Column("user_id", &R::user_id, kInt.To("users")),
                      Column("site_id", &R::site_id, kInt.To("sites")),
                      Column("role", &R::role, Varchar(50)),
                      Column("created_at", &R::created_at, kZoned),
                      Column("updated_at", &R::updated_at, kZoned)};
  }
};

struct SiteOperatingScheduleRow {
  static constexpr TableId kTable = TableId::kSiteOperatingSchedules;

  int32_t id = 0;
  int32_t site_id = 0;
  int32_t day_of_week = 0;
  std::optional<TimeOfDay> open_time;
  std::optional<TimeOfDay> close_time;
  std::optional<bool> is_closed;
  std::optional<bool> is_maintenance_window;
  std::optional<int32_t> expected_transaction_volume;
  std::optional<TimeOfDay> peak_hours_start;
  std::optional<TimeOfDay> peak_hours_end;
  std::optional<std::string_view> notes;
  std::optional<Json> special_considerations;

  static constexpr auto Columns() {
    using R = SiteOperatingScheduleRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("site_id", &R::site_id, kInt.Index().To("sites")),
        Column("day_of_week", &R::day_of_week, kInt),
        Column("open_time", &R::open_time, kClock),
        Column("close_time", &R::close_time, kClock),
        Column("is_closed", &R::is_closed, kBool),
        Column("is_maintenance_window", &R::is_maintenance_window, kBool),
        Column("expected_transaction_volume", &R::expected_transaction_volume,
               kInt),
        Column("peak_hours_start", &R::peak_hours_start, kClock),
        Column("peak_hours_end", &R::peak_hours_end, kClock),
        Column("notes", &R::notes, kText),
        Column("special_considerations", &R::special_considerations,
               kJsonText)};
  }
};

struct EnrolmentIntentRow {
  static constexpr TableId kTable = TableId::kEnrolmentIntents;

  int32_t id = 0;
  std::string_view intent_id{};
  int32_t site_id = 0;
  std::optional<int32_t> tenant_id;
  std::string_view enrolment_method{};
  std::optional<std::string_view> expected_device_identity;
  std::optional<std::string_view> claim_token_hash;
  Instant expires_at{};
  std::optional<Instant> consumed_at;
  int32_t creator_id = 0;
  std::string_view status{};
  std::optional<std::string_view> idempotency_key;
  std::optional<Instant> created_at;
  std::optional<Instant> updated_at;

  static constexpr auto Columns() {
    using R = EnrolmentIntentRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("intent_id", &R::intent_id, Varchar(36).Unique()),
        Column("site_id", &R::site_id, kInt.To("sites")),
        Column("tenant_id", &R::tenant_id, kInt.To("tenants")),
        Column("enrolment_method", &R::enrolment_method, Varchar(50)),
        Column("expected_device_identity", &R::expected_device_identity,
               Varchar(100)),
        Column("claim_token_hash", &R::claim_token_hash, Varchar(255)),
        Column("expires_at", &R::expires_at, kZoned),
        Column("consumed_at", &R::consumed_at, kZoned),
        Column("creator_id", &R::creator_id, kInt.To("users")),
        Column("status", &R::status, Varchar(20)),
        Column("idempotency_key", &R::idempotency_key, Varchar(100).Unique()),
        Column("created_at", &R::created_at, kZoned),
        Column("updated_at", &R::updated_at, kZoned)};
  }
};

struct DeviceCredentialRow {
  static constexpr TableId kTable = TableId::kDeviceCredentials;

  int32_t id = 0;
  std::string_view credential_id{};
  int32_t device_id = 0;
  std::string_view key_hash{};
  Instant created_at{};
  std::optional<Instant> rotated_at;
  std::optional<Instant> revoked_at;
  bool is_active = false;

  static constexpr auto Columns() {
    using R = DeviceCredentialRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("credential_id", &R::credential_id, Varchar(36).Unique()),
        Column("device_id", &R::device_id, kInt.Index().To("devices")),
        Column("key_hash", &R::key_hash, Varchar(255)),
        Column("created_at", &R::created_at, kZoned),
        Column("rotated_at", &R::rotated_at, kZoned),
        Column("revoked_at", &R::revoked_at, kZoned),
        Column("is_active", &R::is_active, kBool)};
  }
};

struct DeviceAssignmentRow {
  static constexpr TableId kTable = TableId::kDeviceAssignments;

  int32_t id = 0;
  std::string_view assignment_id{};
  int32_t device_id = 0;
  int32_t site_id = 0;
  std::optional<int32_t> tenant_id;
  std::optional<std::string_view> assignment_reason;
  Instant assigned_at{};
  std::optional<Instant> unassigned_at;
  bool is_current = false;
  std::optional<Instant> created_at;

  static constexpr auto Columns() {
    using R = DeviceAssignmentRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("assignment_id", &R::assignment_id, Varchar(36).Unique()),
        Column("device_id", &R::device_id, kInt.Index().To("devices")),
        Column("site_id", &R::site_id, kInt.To("sites")),
        Column("tenant_id", &R::tenant_id, kInt.To("tenants")),
        Column("assignment_reason", &R::assignment_reason, Varchar(100)),
        Column("assigned_at", &R::assigned_at, kZoned),
        Column("unassigned_at", &R::unassigned_at, kZoned),
        Column("is_current", &R::is_current, kBool),
        Column("created_at", &R::created_at, kZoned)};
  }
};

struct DeviceLifecycleEventRow {
  static constexpr TableId kTable = TableId::kDeviceLifecycleEvents;

  int32_t id = 0;
  std::string_view event_id{};
  int32_t device_id = 0;
  std::optional<int32_t> epoch_id;
  std::optional<std::string_view> from_state;
  std::optional<std::string_view> to_state;
  std::optional<int32_t> triggered_by_user_id;
  std::optional<int32_t> triggered_by_device_id;
  std::optional<std::string_view> reason;
  std::optional<std::string_view> idempotency_key;
  std::optional<Instant> created_at;

  static constexpr auto Columns() {
    using R = DeviceLifecycleEventRow;
    return std::tuple{
        Column("id", &R::id, kInt.Index()),
        Column("event_id", &R::event_id, Varchar(36).Unique()),
        Column("device_id", &R::device_id, kInt.Index().To("devices")),
        Column("epoch_id", &R::epoch_id, kInt.Index().To("lifecycle_epochs")),
        Column("from_state", &R::from_state, Varchar(20)),
        Column("to_state", &R::to_state, Varchar(20)),
        Column("triggered_by_user_id", &R::triggered_by_user_id,
               kInt.To("users")),
        Column("triggered_by_device_id", &R::triggered_by_device_id,
               kInt.To("devices")),
        Column("reason", &R::reason, kText),
        Column("idempotency_key", &R::idempotency_key, Varchar(100).Index()),
        Column("created_at", &R::created_at, kZoned)};
  }
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_ROWS_FLEET_H_
