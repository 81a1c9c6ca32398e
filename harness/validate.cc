#include "harness/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "agents/scenario.h"
#include "harness/core/schema.h"
#include "harness/coverage.h"
#include "harness/invariants.h"
#include "harness/upstream_checks.h"
#include "storage/manifest.h"

namespace tillstorm {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string NotOurs(const Status& status) {
  return fmt::format(
      "the manifest cannot be read, so this is checked as a database that "
      "tillstorm did not make: {}",
      status.message());
}

// The manifest of a dataset of ours; one that cannot be read is none.
Result<std::optional<Manifest>> FindManifest(
    QuerySession& database, std::vector<std::string>* notices) {
  const auto there = database.HasTable(Table(TableId::kManifest).name);
  if (!there.ok()) return there.status();
  if (!*there) return std::optional<Manifest>();
  std::map<std::string, std::string> rows;
  Status status = database.Query("SELECT key, value FROM tillstorm_manifest",
                                 [&](QueryRow row) {
                                   rows.emplace(row[0].text, row[1].text);
                                   return true;
                                 });
  if (status.ok()) {
    Result<Manifest> manifest = Manifest::FromRows(rows);
    if (manifest.ok()) return std::optional<Manifest>(std::move(*manifest));
    status = manifest.status();
  }
  if (status.code() != StatusCode::kBadInput) return status;
  notices->push_back(NotOurs(status));
  return std::optional<Manifest>();
}

// What that manifest says about the rows.
DatasetFacts FactsOf(const Manifest& manifest,
                     std::vector<std::string>* notices) {
  DatasetFacts facts;
  const auto scenario = Scenario::FromCanonicalJson(manifest.scenario);
  if (!scenario.ok()) {
    notices->push_back(NotOurs(scenario.status()));
    return facts;
  }
  facts.is_ours = true;
  facts.has_own_fleet = scenario->adopted == nullptr;
  facts.left_out = scenario->LeftOut();
  for (const Interval& interval : manifest.intervals) {
    facts.openings.push_back(interval.opening);
  }
  return facts;
}

// What `dataset-end` means.
Result<Instant> DatasetEnd(QuerySession& database,
                           const std::optional<Manifest>& manifest) {
  if (manifest && !manifest->intervals.empty() &&
      manifest->intervals.back().close) {
    return *manifest->intervals.back().close;
  }
  std::string last;
  TS_RETURN_IF_ERROR(
      database.Query(fmt::format("SELECT {} FROM device_metrics",
                                 database.InstantText("max(timestamp)")),
                     [&](QueryRow row) {
                       last = row[0].text;
                       return false;
                     }));
  Instant end;
  if (ParseSqlDateTime(last, &end)) return end;
  return Status(StatusCode::kBadInput,
                "the database has no device metrics, so it has no end; give "
                "--now an instant");
}

// Without these there is nothing to check.
Status CheckTablesExist(QuerySession& database) {
  constexpr std::array<std::string_view, 9> kNeeded = {
      "devices",          "device_metrics",       "job_outcomes",
      "error_logs",       "device_state_history", "configuration_history",
      "api_request_logs", "user_activities",      "site_operating_schedules"};
  for (const std::string_view table : kNeeded) {
    const auto there = database.HasTable(table);
    if (!there.ok()) return there.status();
    if (*there) continue;
    return {
        StatusCode::kBadInput,
        fmt::format("it has no table {}, so it is no HOMEPOT database", table)};
  }
  return Status::Ok();
}

CheckStatus Worst(const ValidateReport& report) {
  CheckStatus worst = CheckStatus::kPassed;
  const auto add = [&worst](const auto& results) {
    for (const auto& result : results) worst = std::max(worst, result.status);
  };
  add(report.checks);
  add(report.coverage);
  add(report.references);
  add(report.invariants);
  return worst;
}

}  // namespace

std::string_view Name(CheckStatus status) {
  switch (status) {
    case CheckStatus::kPassed:
      return "passed";
    case CheckStatus::kWarning:
      return "warning";
    case CheckStatus::kFailed:
      return "failed";
  }
  return "";
}

Result<ValidateReport> Validate(QuerySession& database,
                                const ValidateOptions& options,
                                ValidateProgress* progress) {
  progress->steps_total = kUpstreamChecks + 3;
  TS_RETURN_IF_ERROR(CheckTablesExist(database));
  ValidateReport report;
  const auto manifest = FindManifest(database, &report.notices);
  if (!manifest.ok()) return manifest.status();
  const DatasetFacts facts =
      *manifest ? FactsOf(**manifest, &report.notices) : DatasetFacts();
  report.is_ours = facts.is_ours;
  report.min_days = options.min_days;
  const Result<Instant> now = options.now ? Result<Instant>(*options.now)
                                          : DatasetEnd(database, *manifest);
  if (!now.ok()) return now.status();
  report.now = *now;

  const auto checked = [progress] { ++progress->steps_done; };
  TS_RETURN_IF_ERROR(RunUpstreamChecks(database, checked, &report));
  auto coverage = FindCoverage(database);
  if (!coverage.ok()) return coverage.status();
  report.coverage = std::move(*coverage);
  checked();
  auto references = CheckReferences(database, facts);
  if (!references.ok()) return references.status();
  report.references = std::move(*references);
  checked();
  auto invariants = CheckInvariants(database, facts);
  if (!invariants.ok()) return invariants.status();
  report.invariants = std::move(*invariants);
  checked();
  report.overall = Worst(report);
  return report;
}

std::string ValidateJson(const ValidateReport& report) {
  OrderedJson json;
  json["timestamp"] = IsoDateTime(report.now);
  json["min_days_required"] = report.min_days;
  json["checks"] = OrderedJson::array();
  std::array<int64_t, 3> counts{};
  for (const CheckResult& check : report.checks) {
    json["checks"].push_back({{"name", check.name},
                              {"status", Name(check.status)},
                              {"message", check.message},
                              {"details", OrderedJson::parse(check.details)}});
    ++counts[static_cast<size_t>(check.status)];
  }
  json["overall_status"] = Name(report.overall);
  json["issues"] = report.issues;
  json["recommendations"] = report.recommendations;
  json["summary"] = {{"passed", counts[0]},
                     {"warnings", counts[1]},
                     {"failed", counts[2]},
                     {"total", report.checks.size()}};
  OrderedJson ours;
  ours["is_tillstorm_dataset"] = report.is_ours;
  ours["notices"] = report.notices;
  ours["coverage"] = OrderedJson::array();
  for (const Coverage& coverage : report.coverage) {
    ours["coverage"].push_back({{"name", coverage.name},
                                {"status", Name(coverage.status)},
                                {"rows", coverage.rows},
                                {"message", coverage.message}});
  }
  const auto list = [](const std::vector<Invariant>& invariants) {
    OrderedJson out = OrderedJson::array();
    for (const Invariant& invariant : invariants) {
      out.push_back({{"name", invariant.name},
                     {"status", Name(invariant.status)},
                     {"checked", invariant.checked},
                     {"broken", invariant.broken},
                     {"message", invariant.message}});
    }
    return out;
  };
  ours["foreign_keys"] = list(report.references);
  ours["invariants"] = list(report.invariants);
  json["tillstorm"] = ours;
  // A database of strangers may hold bytes that are no UTF-8.
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace tillstorm
