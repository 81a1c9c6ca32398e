#include "agents/bootstrap.h"

#include "agents/fleet_rows.h"
#include "agents/known_users.h"
#include "agents/requests.h"
#include "agents/users.h"
#include "harness/core/check.h"

namespace tillstorm {
namespace {

constexpr uint32_t kSignUpStep = 2;

// The first device that is posted at or after that instant, or their number.
uint32_t FirstDevicePosted(const Plan& plan, Instant from) {
  uint32_t low = 0;
  uint32_t high = plan.fleet().devices();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (plan.DevicePosted(middle) < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Which step that instant is: below kPostSiteStep a log-in or the sign-up, then
// the site, then the devices.
uint32_t StepAt(const Plan& plan, Instant now) {
  for (uint32_t step = 0; step <= kPostSiteStep; ++step) {
    if (plan.BootstrapStep(step) == now) return step;
  }
  const uint32_t device = FirstDevicePosted(plan, now);
  TS_CHECK(device < plan.fleet().devices() && plan.DevicePosted(device) == now);
  return kPostSiteStep + 1 + device;
}

void InsertRequest(const Plan& plan, uint32_t step, Instant now, Route route,
                   EventSink& sink) {
  const Draw draw =
      plan.StreamFor({EntityKind::kTraffic, 0}, Purpose::kBootstrap)
          .At(0, step);
  Request request{route, now, draw.u32(0)};
  Caller caller{{}, kLocalIp, kClientAgent};
  if (step < kSignUpStep) {
    request.status = 401;
    request.error = "Invalid email";
  } else if (step > kSignUpStep) {
    caller.user_id = kKnownUsers[kSimulationUser].email;
  }
  SiteRequests requests(plan, 0);
  sink.Insert(requests.Row(request, caller));
}

}  // namespace

Instant NextBootstrapStep(const Plan& plan, Instant from) {
  if (!plan.has_bootstrap() || from >= plan.ready()) return kNever;
  for (uint32_t step = 0; step <= kPostSiteStep; ++step) {
    if (plan.BootstrapStep(step) >= from) return plan.BootstrapStep(step);
  }
  const uint32_t device = FirstDevicePosted(plan, from);
  return device < plan.fleet().devices() ? plan.DevicePosted(device) : kNever;
}

void EmitBootstrapStep(const Plan& plan, Instant now, const AgentSpan& span,
                       EventSink& sink) {
  const uint32_t step = StepAt(plan, now);
  if (step < kSignUpStep) {
    InsertRequest(plan, step, now, Route::kLogin, sink);
  } else if (step == kSignUpStep) {
    InsertRequest(plan, step, now, Route::kSignUp, sink);
    InsertSignedUpUser(now, sink);
  } else if (step == kPostSiteStep) {
    InsertRequest(plan, step, now, Route::kPostSite, sink);
    InsertPostedSite(plan, 0, sink);
  } else {
    InsertRequest(plan, step, now, Route::kPostDevice, sink);
    const uint32_t device = step - kPostSiteStep - 1;
    // What becomes of the row is up to the device.
    const AgentSpan of_device =
        span.others == nullptr ? span
                               : (*span.others)({EntityKind::kDevice, device});
    InsertPostedDevice(plan, device,
                       span.mode == EmitMode::kFinal ? of_device.end : now,
                       of_device, sink);
  }
}

}  // namespace tillstorm
