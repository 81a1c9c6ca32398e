#include "harness/measure/ceiling_rows.h"

#include <algorithm>
#include <utility>

#include "harness/lane.h"
#include "harness/run_options.h"

namespace tillstorm {
namespace {

PoolHostOptions HostOptions(const Plan& plan, uint32_t threads) {
  PoolHostOptions options;
  options.threads = threads;
  options.window = WindowFor(plan.scenario());
  return options;
}

}  // namespace

AgentSpan LiveSpan(const Plan& plan) {
  return {plan.start(), plan.ready(), kEndMax, EmitMode::kChanges};
}

RowsInMemory::RowsInMemory(const Plan& plan, uint32_t threads)
    : plan_(plan),
      options_(HostOptions(plan, threads)),
      fleet_(plan, [&plan](EntityId) {
        return AgentSpan{plan.start(), plan.start(), plan.start()};
      }) {
  opening_.push_back(fleet_.OpeningBatch());
  if (plan.has_bootstrap()) TakeBootstrap();
  host_ = std::make_unique<PoolHost>(plan, LiveSpan(plan), options_);
}

RowsInMemory::~RowsInMemory() { host_->RequestStop(); }

void RowsInMemory::TakeBootstrap() {
  AgentSpan span = LiveSpan(plan_);
  span.from = plan_.start();
  span.end = plan_.ready();
  PoolHost host(plan_, span, options_);
  while (auto window = host.Next()) {
    bootstrap_.insert(bootstrap_.end(), window->events().begin(),
                      window->events().end());
    windows_.push_back(std::move(window));
  }
  const Lane lane{LaneOptions{}};
  opening_.push_back(lane.NextBatch(bootstrap_, {{kAllOwners, plan_.ready()}}));
}

Status RowsInMemory::Grow(int64_t events, const std::atomic<bool>& stop) {
  while (static_cast<int64_t>(events_.size()) < events) {
    if (stop.load()) {
      return {StatusCode::kInterrupted, "stopped while measuring"};
    }
    auto window = host_->Next();
    if (window == nullptr) break;
    events_.insert(events_.end(), window->events().begin(),
                   window->events().end());
    windows_.push_back(std::move(window));
  }
  return Status::Ok();
}

}  // namespace tillstorm
