#include "agents/fleet_rows.h"

#include <fmt/format.h>

#include <array>

#include "agents/device_record.h"
#include "agents/device_states.h"
#include "agents/identifiers.h"
#include "agents/known_users.h"
#include "agents/users.h"
#include "harness/core/rows_fleet.h"
#include "harness/core/sampler.h"

namespace tillstorm {
namespace {

// bcrypt of `password123`.
constexpr std::string_view kPasswordHash =
    "$2b$12$tillstormtillstormtileluKm7JoWipsdlZ09V0CSEYcZW2Wv0PW";
constexpr std::string_view kProvisioned = "pre-provisioned";

struct KnownTenant {
  std::string_view name;
  std::string_view slug;
};
constexpr std::array<KnownTenant, 2> kTenants = {{
    {"HOMEPOT Retail", "homepot-retail"},
    {"Partner Stores", "partner-stores"},
}};

int32_t Id(uint32_t index) { return static_cast<int32_t>(index) + 1; }
int32_t TenantOf(uint32_t site) {
  return Id(site % static_cast<uint32_t>(kTenants.size()));
}
Instant SiteCreated(const Plan& plan, uint32_t site) {
  if (plan.has_bootstrap()) return plan.SitePosted();
  const Draw draw =
      plan.StreamFor({EntityKind::kSite, site}, Purpose::kSiteFacts).At(0, 1);
  return plan.BeforeStart(UniformBetween(draw.u64(0), 800, 1400), draw.u64(1));
}

constexpr Micros kMinute{60 * kMicrosPerSecond};

// When the device was claimed: minutes after it was made known, or at once when
// it is posted.
Instant Enrolled(const Plan& plan, uint32_t device) {
  const Instant created = DeviceCreated(plan, device);
  return plan.has_bootstrap() ? created : created + 5 * kMinute;
}

void InsertTenant(const Plan& plan, uint32_t i, EventSink& sink) {
  const Instant created = plan.BeforeStart(1500, 0);
  TenantRow row;
  row.id = Id(i);
  row.name = kTenants[i].name;
  row.slug = kTenants[i].slug;
  row.settings = Json{R"({"timezone": "UTC"})"};
  row.is_active = true;
  row.created_at = created;
  row.updated_at = created;
  sink.Insert(row);
}

// The row of a user, the index-th of all.
void InsertUser(uint32_t index, const KnownUser& user, int32_t tenant,
                Instant created, EventSink& sink) {
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
  sink.Insert(row);
}

// Those that upstream knows, then the managers, then the clerks.
void InsertFleetUser(const Plan& plan, uint32_t index, EventSink& sink) {
  constexpr auto kKnown = static_cast<uint32_t>(kKnownUsers.size());
  const Instant created = plan.BeforeStart(1450, 0);
  if (index < kKnown) {
    InsertUser(index, kKnownUsers[index], Id(index == 1 ? 1 : 0), created,
               sink);
    return;
  }
  const uint32_t sites = plan.fleet().sites();
  const bool manager = index < kKnown + sites;
  const uint32_t clerk = manager ? 0 : index - kKnown - sites;
  const uint32_t site =
      manager ? index - kKnown : clerk / kUsersPerSource % sites;
  const std::string name =
      manager ? ManagerName(site)
              : ClerkName(clerk / kUsersPerSource, clerk % kUsersPerSource);
  const std::string email = name + "@example.com";
  const std::string full_name =
      manager ? fmt::format("Manager of store {}", site + 1)
              : fmt::format("Clerk {} of store {}", clerk + 1, site + 1);
  InsertUser(index, {name, email, full_name, "Client", false}, TenantOf(site),
             created, sink);
}

void InsertSiteRow(const Plan& plan, uint32_t site, EventSink& sink) {
  const Place& place = plan.scenario().places[plan.fleet().PlaceOf(site)];
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
  sink.Insert(row);
}

void InsertEpoch(const Plan& plan, uint32_t device, EventSink& sink) {
  const uint32_t site = plan.fleet().SiteOf(device);
  const std::string epoch = Uuid(plan.seed(), IdFamily::kEpoch, device);
  const Instant claimed = Enrolled(plan, device);
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
  sink.Insert(row);
}

// Of the known users and the managers; clerks belong to their site alone.
void InsertTenantMembership(const Plan& plan, uint32_t user, EventSink& sink) {
  constexpr auto kKnown = static_cast<uint32_t>(kKnownUsers.size());
  const Instant created = plan.BeforeStart(1400, 0);
  TenantMembershipRow row;
  row.id = Id(user);
  row.user_id = Id(user);
  row.tenant_id =
      user >= kKnown ? TenantOf(user - kKnown) : Id(user == 1 ? 1 : 0);
  row.role = user == 0 ? "admin" : "member";
  row.created_at = created;
  row.updated_at = created;
  sink.Insert(row);
}

// Two rows per site: its manager, and the simulation user as a viewer.
void InsertSiteMembership(const Plan& plan, uint32_t index, EventSink& sink) {
  const uint32_t site = index / 2;
  const bool manager = index % 2 == 0;
  const Instant created = SiteCreated(plan, site);
  SiteMembershipRow row;
  row.id = Id(index);
  row.user_id = manager ? ManagerId(plan, site)
                        : Id(static_cast<uint32_t>(kSimulationUser));
  row.site_id = Id(site);
  row.role = manager ? "manager" : "viewer";
  row.created_at = created;
  row.updated_at = created;
  sink.Insert(row);
}

TimeOfDay Minutes(int32_t minutes) {
  // A store that closes at midnight closes at the last microsecond of the day.
  return {std::min<int64_t>(minutes * kMinute.count(), kMicrosPerDay - 1)};
}

void InsertSchedule(const Plan& plan, uint32_t index, EventSink& sink) {
  const uint32_t site = index / 7;
  const uint32_t weekday = index % 7;
  const int64_t size_q16 = plan.fleet().Site(site).size_q16;
  const ScheduleDay& day = plan.scenario().schedule[weekday];
  SiteOperatingScheduleRow row;
  row.id = Id(index);
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
  sink.Insert(row);
}

// As of just before `as_of`, in the dataset that the span is of.
void InsertDeviceRow(const Plan& plan, uint32_t device, Instant as_of,
                     const AgentSpan& span, EventSink& sink) {
  const DeviceRecord record(plan, device);
  DeviceTexts texts;
  sink.Insert(record.Row(
      StateBefore(plan, device, as_of, span.From(plan.ready())), &texts));
}

void InsertIntent(const Plan& plan, uint32_t device, EventSink& sink) {
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
  row.consumed_at = Enrolled(plan, device);
  row.creator_id = 1;
  row.status = "consumed";
  row.created_at = created;
  row.updated_at = Enrolled(plan, device);
  sink.Insert(row);
}

void InsertCredential(const Plan& plan, uint32_t device, EventSink& sink) {
  const std::string id = Uuid(plan.seed(), IdFamily::kCredential, device);
  const std::string hash =
      SecretHex(plan.seed(), {EntityKind::kDevice, device}, 0);
  DeviceCredentialRow row;
  row.id = Id(device);
  row.credential_id = id;
  row.device_id = Id(device);
  row.key_hash = hash;
  row.created_at = Enrolled(plan, device);
  row.is_active = true;
  sink.Insert(row);
}

void InsertAssignment(const Plan& plan, uint32_t device, EventSink& sink) {
  const uint32_t site = plan.fleet().SiteOf(device);
  const std::string id = Uuid(plan.seed(), IdFamily::kAssignment, device);
  const Instant assigned = Enrolled(plan, device);
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
  sink.Insert(row);
}

void InsertLifecycleEvent(const Plan& plan, uint32_t device, EventSink& sink) {
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
  row.created_at = Enrolled(plan, device);
  sink.Insert(row);
}

// Each row a Step of its own entity at the dataset's first instant.
template <class Insert>
void ForEach(const Plan& plan, EntityKind kind, uint32_t count, EventSink& sink,
             Insert&& insert) {
  for (uint32_t i = 0; i < count; ++i) {
    sink.BeginStep({kind, i}, plan.start());
    insert(plan, i, sink);
    sink.EndStep();
  }
}

}  // namespace

void InsertSignedUpUser(Instant now, EventSink& sink) {
  InsertUser(0, kKnownUsers[kSimulationUser], TenantOf(0), now, sink);
}

void InsertPostedSite(const Plan& plan, uint32_t site, EventSink& sink) {
  InsertSiteRow(plan, site, sink);
  for (uint32_t weekday = 0; weekday < 7; ++weekday) {
    InsertSchedule(plan, 7 * site + weekday, sink);
  }
  SiteMembershipRow row;
  row.id = Id(site);
  row.user_id = 1;
  row.site_id = Id(site);
  row.role = "manager";
  row.created_at = SiteCreated(plan, site);
  row.updated_at = row.created_at;
  sink.Insert(row);
}

void InsertPostedDevice(const Plan& plan, uint32_t device, Instant as_of,
                        const AgentSpan& span, EventSink& sink) {
  InsertDeviceRow(plan, device, as_of, span, sink);
  InsertEpoch(plan, device, sink);
  InsertIntent(plan, device, sink);
  InsertCredential(plan, device, sink);
  InsertAssignment(plan, device, sink);
  InsertLifecycleEvent(plan, device, sink);
}

void EmitFleet(const Plan& plan, const AgentSpans& span_of, EventSink& sink) {
  const Fleet& fleet = plan.fleet();
  const auto known = static_cast<uint32_t>(kKnownUsers.size());
  const auto emit = [&](EntityKind kind, uint32_t count, auto insert) {
    ForEach(plan, kind, count, sink, insert);
  };
  const auto insert_device = [&span_of](const Plan& of, uint32_t device,
                                        EventSink& to) {
    const AgentSpan span = span_of({EntityKind::kDevice, device});
    InsertDeviceRow(of, device, span.end, span, to);
  };
  if (fleet.adopted() != nullptr) {
    emit(EntityKind::kDevice, fleet.devices(), insert_device);
    return;
  }
  emit(EntityKind::kFleet, static_cast<uint32_t>(kTenants.size()),
       InsertTenant);
  if (plan.has_bootstrap()) return;
  emit(EntityKind::kFleet,
       known + fleet.sites() + kUsersPerSource * fleet.sources(),
       InsertFleetUser);
  emit(EntityKind::kSite, fleet.sites(), InsertSiteRow);
  emit(EntityKind::kDevice, fleet.devices(), insert_device);
  emit(EntityKind::kDevice, fleet.devices(), InsertEpoch);
  emit(EntityKind::kFleet, known + fleet.sites(), InsertTenantMembership);
  emit(EntityKind::kFleet, 2 * fleet.sites(), InsertSiteMembership);
  emit(EntityKind::kFleet, 7 * fleet.sites(), InsertSchedule);
  emit(EntityKind::kDevice, fleet.devices(), InsertIntent);
  emit(EntityKind::kDevice, fleet.devices(), InsertCredential);
  emit(EntityKind::kDevice, fleet.devices(), InsertAssignment);
  emit(EntityKind::kDevice, fleet.devices(), InsertLifecycleEvent);
}

}  // namespace tillstorm
