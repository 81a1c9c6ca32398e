#include "harness/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tillstorm {
namespace {

Status Bad(std::string sentence) {
  return {StatusCode::kBadInput, std::move(sentence)};
}

Status CheckVersions(const Manifest& manifest) {
  const auto check = [](std::string_view what, int found, int known) {
    if (found == known) return Status::Ok();
    return Bad(fmt::format(
        "the dataset has {} version {}; this program reads version {}", what,
        found, known));
  };
  TS_RETURN_IF_ERROR(check("schema", manifest.schema_version, kSchemaVersion));
  return check("stream", manifest.stream_version, kStreamVersion);
}

Status CheckIntervals(const std::vector<Interval>& intervals) {
  if (intervals.empty()) return Bad("the manifest has no interval");
  Instant last = kInstantMin;
  for (const Interval& interval : intervals) {
    const bool is_last = &interval == &intervals.back();
    if (!interval.close && !is_last) {
      return Bad("the manifest has an open interval that is not the last");
    }
    const Instant close = interval.close.value_or(interval.opening);
    if (interval.opening < last || close < interval.opening ||
        close > kInstantMax) {
      return Bad("the manifest's intervals overlap or are out of range");
    }
    last = close;
  }
  return Status::Ok();
}

}  // namespace

Manifest NewManifest(const Plan& plan) {
  Manifest manifest;
  manifest.seed = plan.seed();
  manifest.schema_version = kSchemaVersion;
  manifest.stream_version = kStreamVersion;
  manifest.scenario = plan.scenario().CanonicalJson();
  manifest.scenario_hash = plan.scenario().Hash();
  manifest.ids = plan.ids().Json();
  manifest.intervals = {{plan.start(), std::nullopt}};
  return manifest;
}

std::vector<Stretch> ClosedStretches(const std::vector<Interval>& intervals) {
  std::vector<Stretch> stretches;
  for (const Interval& interval : intervals) {
    if (interval.close && interval.opening < *interval.close) {
      stretches.push_back({interval.opening, *interval.close});
    }
  }
  return stretches;
}

Result<std::unique_ptr<Dataset>> Dataset::Read(
    const Manifest& manifest, const std::vector<OwnerInstant>& owners) {
  TS_RETURN_IF_ERROR(CheckVersions(manifest));
  auto scenario = Scenario::FromCanonicalJson(manifest.scenario);
  if (!scenario.ok()) return scenario.status();
  if (scenario->Hash() != manifest.scenario_hash) {
    return Bad("the manifest's scenario does not have the manifest's hash");
  }
  if (manifest.state != "complete") {
    return Bad(fmt::format("the dataset is not complete: its state is '{}'",
                           manifest.state));
  }
  TS_RETURN_IF_ERROR(CheckIntervals(manifest.intervals));
  Plan plan(manifest.seed, std::move(*scenario),
            manifest.intervals.front().opening);
  if (plan.ids().Json() != manifest.ids) {
    return Bad("the manifest's ids are not those of its scenario");
  }
  for (const OwnerInstant& owner : owners) {
    if (owner.instant < plan.start() || owner.instant > kInstantMax) {
      return Bad("the ledger names an instant outside the dataset");
    }
  }
  return std::unique_ptr<Dataset>(
      new Dataset(std::move(plan), manifest, owners));
}

Dataset::Dataset(Plan plan, const Manifest& manifest,
                 const std::vector<OwnerInstant>& owners)
    : plan_(std::move(plan)),
      is_open_(!manifest.intervals.back().close),
      opening_(manifest.intervals.back().opening),
      earlier_(ClosedStretches(manifest.intervals)) {
  level_ = earlier_.empty() ? plan_.start() : earlier_.back().close;
  if (!is_open_ && !earlier_.empty()) {
    // The last stretch is that of the span itself.
    opening_ = earlier_.back().opening;
    earlier_.pop_back();
  }
  end_ = level_;
  if (!is_open_) return;
  for (const OwnerInstant& owner : owners) {
    const Instant end = owner.instant + Micros{1};
    if (owner.owner == kAllOwners) level_ = std::max(level_, end);
    ends_[owner.owner] = end;
    end_ = std::max(end_, end);
  }
}

Instant Dataset::EndOf(EntityId owner) const {
  const auto found = ends_.find(owner.value);
  return found == ends_.end() ? level_ : std::max(level_, found->second);
}

Instant Dataset::LevelTarget() const {
  return is_open_ ? std::max(end_, opening_ + Micros{1}) : end_;
}

AgentSpan Dataset::WholeSpan() const {
  const Instant start = plan_.start();
  return {opening_, start, std::max(end_, start), EmitMode::kFinal, earlier_};
}

AgentSpans Dataset::WholeSpans() const {
  return [this](EntityId owner) {
    AgentSpan span = WholeSpan();
    span.end = EndOf(owner);
    return span;
  };
}

AgentSpans Dataset::LevellingSpans() const {
  return [this](EntityId owner) {
    AgentSpan span = WholeSpan();
    span.from = EndOf(owner);
    span.end = LevelTarget();
    span.mode = EmitMode::kChanges;
    return span;
  };
}

}  // namespace tillstorm
