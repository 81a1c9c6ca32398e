// Fleet rows: everything that exists before the first agent starts, as events
// of the dataset's first instant: tenants, users, sites with their schedules,
// devices with epochs, credentials, assignments and lifecycle events. With a
// bootstrap only the tenants are there; the rest is posted. Of a fleet that
// HOMEPOT made there are only the devices, as far as they are current state.
//
// All passwords are `password123`; the bcrypt hash is the same for every user.
// Key and token hashes are random hex: they are the hash of nothing.
//
// Threads: pure functions.
#ifndef TILLSTORM_AGENTS_FLEET_ROWS_H_
#define TILLSTORM_AGENTS_FLEET_ROWS_H_

#include "agents/agent.h"
#include "agents/plan.h"
#include "harness/core/event_sink.h"
#include "harness/core/instant.h"

namespace tillstorm {

// Emits the whole fleet, table by table in foreign-key order: the events are in
// total order. A device row is as of the end of its device's span.
void EmitFleet(const Plan& plan, const AgentSpans& span_of, EventSink& sink);

// What the bootstrap makes, as rows of the Step at hand: the user who signed
// up, a site with its seven schedule rows, a device with all that enrols it.
void InsertSignedUpUser(Instant now, EventSink& sink);
void InsertPostedSite(const Plan& plan, uint32_t site, EventSink& sink);
// The device row is as of just before `as_of`; `span` is that of the device.
void InsertPostedDevice(const Plan& plan, uint32_t device, Instant as_of,
                        const AgentSpan& span, EventSink& sink);

}  // namespace tillstorm

#endif  // TILLSTORM_AGENTS_FLEET_ROWS_H_
