#include "agents/site_agent.h"

#include <algorithm>

#include "agents/truth.h"
#include "harness/core/check.h"

namespace tillstorm {
namespace {

constexpr Micros kHour{3'600 * kMicrosPerSecond};
// The instant just after, at which a change of `instant` is in a row.
constexpr Instant After(Instant instant) { return instant + Micros{1}; }

}  // namespace

SiteAgent::SiteAgent(const Plan& plan, uint32_t site, const AgentSpan& span)
    : plan_(plan),
      site_(site),
      span_(span.From(plan.ready())),
      jobs_(plan, site),
      days_(plan, site),
      rows_(plan, site, jobs_, days_),
      planned_until_(span_.from) {
  // What began before and still goes on. The truth about a fault that goes on
  // at an opening belongs there, whenever it began.
  PlanChains(span_.NextCollected(span_.from - kJobChainMax), span_.from);
  PlanAlerts(span_.NextCollected(span_.from - kAlertChainMax), span_.from);
  PlanTruth(span_.from - kJobChainMax, span_.from);
  Seek();
}

// --- planning ---

void SiteAgent::Push(const Due& due) {
  if (due.at >= span_.from && due.at < span_.end) due_.push(due);
}

void SiteAgent::Add(Instant at, Action action, const Job& job,
                    uint32_t device) {
  Push({at, action, job.day, job.slot, device});
}

bool SiteAgent::PlanHour() {
  if (planned_until_ >= span_.end) return false;
  // Nothing begins in a gap but faults that are still there after it.
  const Instant from = span_.NextCollected(planned_until_);
  const Instant truth_from = std::max(planned_until_, from - kJobChainMax);
  planned_until_ = std::min(span_.end, from + kHour);
  PlanChains(from, planned_until_);
  PlanAlerts(from, planned_until_);
  PlanTruth(truth_from, planned_until_);
  return true;
}

void SiteAgent::Seek() {
  // What an hour begins may lie before what is known already.
  while (due_.empty() || due_.top().at >= planned_until_) {
    if (!PlanHour()) break;
  }
  next_ = due_.empty() ? kNever : due_.top().at;
}

void SiteAgent::PlanChains(Instant from, Instant to) {
  if (from >= to) return;
  jobs_.ForEach(from, to, [this](const Job& job) {
    if (span_.Collects(job.created)) PlanJob(job);
  });
}

void SiteAgent::PlanJob(const Job& job) {
  Add(job.created, Action::kJobCreated, job);
  if (changes()) Add(job.started, Action::kJobStarted, job);
  for (uint32_t i = 0; i < job.devices; ++i) {
    PlanRun(job, rows_.Run(job, job.first_device + i));
  }
  Add(rows_.Result(job).completed, Action::kJobCompleted, job);
}

void SiteAgent::PlanRun(const Job& job, const JobRun& run) {
  const uint32_t device = run.device;
  const bool commands =
      job.kind == JobKind::kRestart && run.fate == PushFate::kDelivered;
  const bool applies =
      IsConfig(job.kind) || job.kind == JobKind::kFirmwareUpdate;
  Add(run.sent, Action::kPushSent, job, device);
  Add(run.finished, Action::kRunFinished, job, device);
  if (commands) Add(run.settled, Action::kCommandQueued, job, device);
  if (!changes()) return;
  if (run.refused) Add(*run.refused, Action::kPushChanged, job, device);
  Add(run.settled, Action::kPushChanged, job, device);
  if (commands) {
    Add(rows_.CommandSent(run), Action::kCommandChanged, job, device);
    Add(run.finished, Action::kCommandChanged, job, device);
  }
  if (!applies) return;
  if (run.completed()) {
    const AppliedChange change = ChangeBy(plan_, job, run);
    Add(change.measured, Action::kConfigChanged, job, device);
    if (change.rolled_back) {
      Add(*change.rolled_back, Action::kConfigChanged, job, device);
      Add(change.rollback_measured, Action::kConfigChanged, job, device);
    }
  } else if (job.kind != JobKind::kConfigPost) {
    Add(ErrorResolved(job, run), Action::kErrorResolved, job, device);
  }
}

void SiteAgent::PlanAlerts(Instant from, Instant to) {
  if (from >= to) return;
  const auto plan = [&](const Alert& alert) {
    const bool begins = alert.raised >= from && alert.raised < to;
    if (begins && span_.Collects(alert.raised)) PlanAlert(alert);
  };
  const TimeZone& zone = plan_.ZoneOf(site_);
  const LocalDay first = zone.DayOf(from) - 1;
  const LocalDay last = zone.DayOf(to - Micros{1});
  for (LocalDay date = first; date <= last; ++date) {
    const SiteDay& day = days_.Of(date);
    const auto began = [&day](const Fault& fault) {
      return fault.onset >= day.span().begin && fault.onset < day.span().end;
    };
    for (const SiteDay::Faulty& faulty : day.faulty()) {
      for (const Fault& fault : faulty.faults) {
        if (began(fault)) plan(DeviceAlert(plan_, faulty.device, fault));
      }
    }
    for (const Fault& outage : day.troubles().outages) {
      if (!began(outage)) continue;
      if (const auto alert = OutageAlert(plan_, site_, outage)) plan(*alert);
    }
  }
}

void SiteAgent::PlanAlert(const Alert& alert) {
  const LocalDay onset_day = plan_.ZoneOf(site_).DayOf(alert.fault.onset);
  const uint32_t device = alert.device.value_or(kNoDevice);
  const auto add = [&](Instant at, Action action) {
    Push({at, action, onset_day, 0, device});
  };
  add(alert.raised, Action::kAlertRaised);
  if (!changes()) return;
  if (alert.acknowledged) add(*alert.acknowledged, Action::kAlertChanged);
  add(alert.resolved, Action::kAlertChanged);
}

std::optional<Fault> SiteAgent::SiteFaultOf(FaultKind kind,
                                            LocalDay day) const {
  const DaySpan span = SpanOf(plan_.ZoneOf(site_), day);
  return kind == FaultKind::kNetworkOutage
             ? plan_.OutageOf(site_, span)
             : SiteIncident(plan_.seed(), plan_.scenario(), site_, span);
}

void SiteAgent::PlanTruth(Instant from, Instant to) {
  const TimeZone& zone = plan_.ZoneOf(site_);
  for (LocalDay day = zone.DayOf(from); day <= zone.DayOf(to); ++day) {
    for (const FaultKind kind :
         {FaultKind::kNetworkOutage, FaultKind::kDatabaseIncident}) {
      const auto fault = SiteFaultOf(kind, day);
      if (!fault || fault->onset < from || fault->onset >= to) continue;
      const auto touched = span_.FirstTouch(fault->onset, fault->end);
      if (!touched) continue;
      Push({*touched, Action::kSiteTruth, day, static_cast<uint32_t>(kind),
            kNoDevice});
    }
    // Roll-outs are of the morning and the afternoon, and undone in hours.
    for (uint32_t i = 0; i < kRolloutsMax; ++i) {
      const auto job = jobs_.RolloutOf(SpanOf(zone, day), i);
      if (job) PlanConfigTruth(*job, from, to);
    }
  }
}

void SiteAgent::PlanConfigTruth(const Job& job, Instant from, Instant to) {
  if (!EffectOfConfig(plan_, job.config).regresses) return;
  for (uint32_t i = 0; i < job.devices; ++i) {
    const JobRun run = rows_.Run(job, job.first_device + i);
    const bool due =
        run.completed() && run.finished >= from && run.finished < to;
    if (!due) continue;
    const AppliedChange change = ChangeBy(plan_, job, run);
    if (!change.rolled_back) continue;
    const auto touched = span_.FirstTouch(run.finished, *change.rolled_back);
    if (touched) Add(*touched, Action::kConfigTruth, job, run.device);
  }
}

// --- emitting ---

void SiteAgent::Step(EventSink& sink) {
  const Instant now = next_;
  while (!due_.empty() && due_.top().at == now) {
    const Due due = due_.top();
    due_.pop();
    Take(due, sink);
  }
  Seek();
}

void SiteAgent::Take(const Due& due, EventSink& sink) {
  switch (due.action) {
    case Action::kAlertRaised:
    case Action::kAlertChanged:
      return TakeAlert(due, sink);
    case Action::kSiteTruth:
      return TakeSiteTruth(due, sink);
    default:
      return TakeOfJob(due, sink);
  }
}

void SiteAgent::TakeOfJob(const Due& due, EventSink& sink) {
  const auto job = jobs_.JobOf(days_.Of(due.day).span(), due.slot);
  TS_CHECK(job.has_value());
  switch (due.action) {
    case Action::kJobCreated:
      sink.Insert(rows_.Of(*job, InsertedAsOf(due.at)));
      if (IsConfig(job->kind)) sink.Insert(rows_.configs().OfSite(*job));
      sink.Insert(rows_.CreatedAudit(*job));
      return;
    case Action::kJobStarted:
      sink.Update(rows_.Of(*job, due.at), rows_.Of(*job, After(due.at)));
      return;
    case Action::kJobCompleted: {
      const JobResult result = rows_.Result(*job);
      if (changes()) {
        sink.Update(rows_.Of(*job, due.at), rows_.Of(*job, After(due.at)));
      }
      sink.Insert(rows_.Outcome(*job, result));
      sink.Insert(rows_.EndedAudit(*job, result));
      return;
    }
    default:
      return TakeOfRun(due, *job, sink);
  }
}

void SiteAgent::TakeOfRun(const Due& due, const Job& job, EventSink& sink) {
  const JobRun run = rows_.Run(job, due.device);
  const Instant after = After(due.at);
  switch (due.action) {
    case Action::kPushSent:
      sink.Insert(rows_.Push(job, run, InsertedAsOf(due.at)));
      return;
    case Action::kPushChanged:
      sink.Update(rows_.Push(job, run, due.at), rows_.Push(job, run, after));
      return;
    case Action::kCommandQueued:
      sink.Insert(rows_.Command(job, run, InsertedAsOf(due.at)));
      sink.Insert(rows_.CommandAudit(job, run));
      return;
    case Action::kCommandChanged:
      sink.Update(rows_.Command(job, run, due.at),
                  rows_.Command(job, run, after));
      return;
    case Action::kRunFinished:
      return FinishRun(job, run, sink);
    case Action::kConfigChanged:
      sink.Update(rows_.configs().OfDevice(job, run, due.at),
                  rows_.configs().OfDevice(job, run, after));
      return;
    case Action::kErrorResolved:
      sink.Update(rows_.configs().Error(job, run, due.at),
                  rows_.configs().Error(job, run, after));
      return;
    case Action::kConfigTruth: {
      const AppliedChange change = ChangeBy(plan_, job, run);
      Fault fault;
      fault.kind = FaultKind::kBadConfig;
      fault.onset = fault.first_sign = fault.failing_from = change.applied;
      fault.restart = fault.end = *change.rolled_back;
      fault.severity_milli = std::min<int64_t>(
          EffectOfConfig(plan_, job.config).response_permille - 1000, 1000);
      EmitTruth(fault, due.at, {"device", rows_.DeviceName(run.device)}, sink);
      return;
    }
    default:
      TS_CHECK(false && "an action of a run");
  }
}

void SiteAgent::FinishRun(const Job& job, const JobRun& run, EventSink& sink) {
  sink.Insert(rows_.RunOutcome(job, run));
  if (!IsConfig(job.kind) && job.kind != JobKind::kFirmwareUpdate) return;
  if (run.completed()) {
    sink.Insert(rows_.configs().OfDevice(job, run, InsertedAsOf(run.finished)));
    if (job.kind != JobKind::kConfigPost) {
      sink.Insert(rows_.AppliedAudit(job, run));
    }
  } else if (job.kind != JobKind::kConfigPost) {
    sink.Insert(rows_.configs().Error(job, run, InsertedAsOf(run.finished)));
  }
}

void SiteAgent::TakeAlert(const Due& due, EventSink& sink) {
  const SiteDay& day = days_.Of(due.day);
  std::optional<Alert> alert;
  if (due.device == kNoDevice) {
    alert = OutageAlert(plan_, site_,
                        *SiteFaultOf(FaultKind::kNetworkOutage, due.day));
  } else {
    for (const Fault& fault : day.FaultsOf(due.device)) {
      if (fault.onset >= day.span().begin) {
        alert = DeviceAlert(plan_, due.device, fault);
      }
    }
  }
  TS_CHECK(alert.has_value());
  AlertTexts texts;
  if (due.action == Action::kAlertRaised) {
    sink.Insert(RowOf(plan_, *alert, InsertedAsOf(due.at), &texts));
    return;
  }
  AlertTexts texts_after;
  sink.Update(RowOf(plan_, *alert, due.at, &texts),
              RowOf(plan_, *alert, After(due.at), &texts_after));
}

void SiteAgent::TakeSiteTruth(const Due& due, EventSink& sink) {
  EmitTruth(*SiteFaultOf(static_cast<FaultKind>(due.slot), due.day), due.at,
            {"site", plan_.fleet().SiteIdentifier(site_)}, sink);
}

}  // namespace tillstorm
