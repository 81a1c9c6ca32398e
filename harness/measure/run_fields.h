// The names of a RunRecord's fields as files know them: one list for each
// struct, used for writing and for reading, so that the two cannot differ.
//
//   VisitFields(visit, facts) calls visit("name", facts.field) for each field
//   in the order of the file. `facts` may be const.
//
// RunRecord::intervals is not in the list of RunRecord: its file is
// intervals.csv, whose columns are the fields of IntervalSample.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_MEASURE_RUN_FIELDS_H_
#define TILLSTORM_HARNESS_MEASURE_RUN_FIELDS_H_

#include <concepts>
#include <type_traits>

#include "harness/measure/run_record.h"

namespace tillstorm {

template <class Given, class Wanted>
concept Is = std::same_as<std::remove_const_t<Given>, Wanted>;

template <class Visit>
void VisitFields(Visit&& visit, Is<BuildFacts> auto& facts) {
  visit("version", facts.version);
  visit("commit", facts.commit);
  visit("compiler", facts.compiler);
  visit("build_type", facts.build_type);
  visit("flags", facts.flags);
  visit("is_optimised", facts.is_optimised);
  visit("is_sanitized", facts.is_sanitized);
  visit("is_measuring", facts.is_measuring);
  visit("stream_version", facts.stream_version);
  visit("libraries", facts.libraries);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<RunSetup> auto& facts) {
  visit("command", facts.command);
  visit("mode", facts.mode);
  visit("location", facts.location);
  visit("engine", facts.engine);
  visit("durability", facts.durability);
  visit("load", facts.load);
  visit("indexes", facts.indexes);
  visit("lanes", facts.lanes);
  visit("workers", facts.workers);
  visit("batch_rows", facts.batch_rows);
  visit("batch_bytes", facts.batch_bytes);
  visit("linger_us", facts.linger_us);
  visit("seed", facts.seed);
  visit("scenario_hash", facts.scenario_hash);
  visit("sites", facts.sites);
  visit("devices", facts.devices);
  visit("traffic", facts.traffic);
  visit("tables", facts.tables);
  visit("rate_rows_per_s", facts.rate_rows_per_s);
  visit("duration_s", facts.duration_s);
  visit("events", facts.events);
  visit("settings", facts.settings);
  visit("settings_refused", facts.settings_refused);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<ProbeFacts> auto& facts) {
  visit("fsync_p50_us", facts.fsync_p50_us);
  visit("fsync_p99_us", facts.fsync_p99_us);
  visit("write_mib_per_s", facts.write_mib_per_s);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<NoiseFacts> auto& facts) {
  visit("load_1min", facts.load_1min);
  visit("steal", facts.steal);
  visit("others", facts.others);
  visit("cpu_pressure", facts.cpu_pressure);
  visit("io_pressure", facts.io_pressure);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<MachineFacts> auto& facts) {
  visit("cpu_model", facts.cpu_model);
  visit("cores", facts.cores);
  visit("memory_bytes", facts.memory_bytes);
  visit("cgroup_memory_bytes", facts.cgroup_memory_bytes);
  visit("governor", facts.governor);
  visit("turbo", facts.turbo);
  visit("transparent_huge_pages", facts.transparent_huge_pages);
  visit("numa_nodes", facts.numa_nodes);
  visit("virtualisation", facts.virtualisation);
  visit("kernel", facts.kernel);
  visit("file_system", facts.file_system);
  visit("device", facts.device);
  visit("free_bytes", facts.free_bytes);
  visit("clock_read_ns", facts.clock_read_ns);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<IntervalSample> auto& sample) {
  visit("at_s", sample.at_s);
  visit("scheduled", sample.scheduled);
  visit("generated", sample.generated);
  visit("enqueued", sample.enqueued);
  visit("committed", sample.committed);
  visit("failed", sample.failed);
  visit("commits", sample.commits);
  visit("retries", sample.retries);
  visit("total_p50_ns", sample.total_p50_ns);
  visit("total_p99_ns", sample.total_p99_ns);
  visit("total_max_ns", sample.total_max_ns);
  visit("checkpoints", sample.checkpoints);
  visit("checkpoint_max_ns", sample.checkpoint_max_ns);
  visit("log_bytes", sample.log_bytes);
  visit("engine_busy", sample.engine_busy);
  visit("workers_busy", sample.workers_busy);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<LatencyFacts> auto& facts) {
  visit("count", facts.count);
  visit("p50_ns", facts.p50_ns);
  visit("p90_ns", facts.p90_ns);
  visit("p99_ns", facts.p99_ns);
  visit("p999_ns", facts.p999_ns);
  visit("p9999_ns", facts.p9999_ns);
  visit("max_ns", facts.max_ns);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<PhaseFacts> auto& facts) {
  visit("setup_s", facts.setup_s);
  visit("warmup_s", facts.warmup_s);
  visit("measured_s", facts.measured_s);
  visit("drain_s", facts.drain_s);
  visit("settle_s", facts.settle_s);
  visit("check_s", facts.check_s);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<RateFacts> auto& facts) {
  visit("is_steady", facts.is_steady);
  visit("acknowledged_rows_per_s", facts.acknowledged_rows_per_s);
  visit("whole_rows_per_s", facts.whole_rows_per_s);
  visit("settled_rows_per_s", facts.settled_rows_per_s);
  visit("slope_per_s", facts.slope_per_s);
  visit("effective_samples", facts.effective_samples);
  visit("checkpoints", facts.checkpoints);
  visit("backlog_slope_rows_per_s", facts.backlog_slope_rows_per_s);
  visit("workers_busy", facts.workers_busy);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<AccountFacts> auto& facts) {
  visit("scheduled", facts.scheduled);
  visit("not_due", facts.not_due);
  visit("generated", facts.generated);
  visit("enqueued", facts.enqueued);
  visit("committed", facts.committed);
  visit("failed", facts.failed);
  visit("in_flight", facts.in_flight);
  visit("intervals_off", facts.intervals_off);
  visit("latency_off", facts.latency_off);
  visit("rows_expected", facts.rows_expected);
  visit("rows_found", facts.rows_found);
  visit("digest_equal", facts.digest_equal);
  visit("acks_checked", facts.acks_checked);
  visit("acks_missing", facts.acks_missing);
  visit("acks_why", facts.acks_why);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<CostFacts> auto& facts) {
  visit("client_cpu_us_per_row", facts.client_cpu_us_per_row);
  visit("server_cpu_us_per_row", facts.server_cpu_us_per_row);
  visit("written_per_logical_byte", facts.written_per_logical_byte);
  visit("fsyncs", facts.fsyncs);
  visit("commits_per_s", facts.commits_per_s);
  visit("rows_per_commit", facts.rows_per_commit);
  visit("rss_max_bytes", facts.rss_max_bytes);
  visit("stored_bytes", facts.stored_bytes);
  visit("logical_bytes", facts.logical_bytes);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<Ceiling> auto& ceiling) {
  visit("name", ceiling.name);
  visit("rows_per_s", ceiling.rows_per_s);
  visit("rows", ceiling.rows);
  visit("seconds", ceiling.seconds);
  visit("how", ceiling.how);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<ReasonFacts> auto& reason) {
  visit("code", reason.code);
  visit("sentence", reason.sentence);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<VerdictFacts> auto& verdict) {
  visit("kind", verdict.kind);
  visit("headline", verdict.headline);
  visit("reasons", verdict.reasons);
  visit("warnings", verdict.warnings);
  visit("withholds_rate", verdict.withholds_rate);
  visit("withholds_percentiles", verdict.withholds_percentiles);
}

template <class Visit>
void VisitFields(Visit&& visit, Is<RunRecord> auto& record) {
  visit("schema_version", record.schema_version);
  visit("name", record.name);
  visit("started", record.started);
  visit("is_complete", record.is_complete);
  visit("error", record.error);
  visit("verdict", record.verdict);
  visit("rates", record.rates);
  visit("latency", record.latency);
  visit("engine_parts", record.engine_parts);
  visit("ceilings", record.ceilings);
  visit("cost", record.cost);
  visit("account", record.account);
  visit("phases", record.phases);
  visit("setup", record.setup);
  visit("build", record.build);
  visit("machine", record.machine);
  visit("probe_before", record.probe_before);
  visit("probe_after", record.probe_after);
  visit("noise_before", record.noise_before);
  visit("noise_during", record.noise_during);
}

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_MEASURE_RUN_FIELDS_H_
