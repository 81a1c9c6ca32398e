// Dataset: what a manifest and a ledger say that a database holds: the plan
// behind it, which time is collected and how far every owner of rows has come.
// `verify` makes exactly that again; `collect` goes on from there.
//
// Threads: immutable; any thread.
// Ownership: spans borrow from the dataset, which must outlive them.
#ifndef TILLSTORM_HARNESS_DATASET_H_
#define TILLSTORM_HARNESS_DATASET_H_

#include <memory>
#include <unordered_map>
#include <vector>

#include "agents/agent.h"
#include "agents/plan.h"
#include "harness/core/instant.h"
#include "harness/core/status.h"
#include "storage/ledger.h"
#include "storage/manifest.h"

namespace tillstorm {

class Dataset {
 public:
  // kBadInput with a sentence unless this program could have written it.
  // `owners` are those of LedgerState; they matter while an interval is open.
  [[nodiscard]] static Result<std::unique_ptr<Dataset>> Read(
      const Manifest& manifest, const std::vector<OwnerInstant>& owners);
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  [[nodiscard]] const Plan& plan() const { return plan_; }
  // Whether the last interval has no close yet.
  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] Instant start() const { return plan_.start(); }
  // Up to where it is collected at all: the close, or how far the owner came
  // who came furthest.
  [[nodiscard]] Instant end() const { return end_; }
  // Everything of that owner before it is in the database.
  [[nodiscard]] Instant EndOf(EntityId owner) const;

  // The whole dataset, each owner up to its end.
  [[nodiscard]] AgentSpan WholeSpan() const;
  [[nodiscard]] AgentSpans WholeSpans() const;
  // To where all owners are levelled before a run goes on: end(), and something
  // of an open interval in any case, so that none is ever empty.
  [[nodiscard]] Instant LevelTarget() const;
  // The owner who came least far is there.
  [[nodiscard]] Instant LevelFrom() const { return level_; }
  // What levels them: each from its own end on.
  [[nodiscard]] AgentSpans LevellingSpans() const;

 private:
  Dataset(Plan plan, const Manifest& manifest,
          const std::vector<OwnerInstant>& owners);

  const Plan plan_;
  bool is_open_;
  Instant opening_;               // of the last stretch
  std::vector<Stretch> earlier_;  // none of them empty
  Instant end_;
  Instant level_;                               // everybody has come that far
  std::unordered_map<uint32_t, Instant> ends_;  // of who came further
};

// Of a dataset that begins at the plan's start: one open interval.
[[nodiscard]] Manifest NewManifest(const Plan& plan);

// The stretches of intervals that are closed, empty ones left out.
[[nodiscard]] std::vector<Stretch> ClosedStretches(
    const std::vector<Interval>& intervals);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_DATASET_H_
