#include "harness/collect_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/progress_line.h"

namespace tillstorm {
namespace {

using OrderedJson = nlohmann::ordered_json;

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

double Millis(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double EventsPerSecond(const CollectSummary& summary) {
  const double seconds = Seconds(summary.collecting);
  return seconds > 0 ? static_cast<double>(summary.events) / seconds : 0;
}

std::string LatencyText(const LatencySummary& latency) {
  if (latency.count == 0) return "-";
  return fmt::format("p50 {:.2f} ms, p99 {:.2f} ms, max {:.2f} ms",
                     Millis(latency.p50), Millis(latency.p99),
                     Millis(latency.max));
}

std::string IntervalText(const CollectSummary& summary) {
  const Interval& interval = summary.intervals.back();
  const std::string opening = IsoDateTime(interval.opening);
  if (interval.close) {
    return fmt::format("{} to {}, number {} of the dataset", opening,
                       IsoDateTime(*interval.close), summary.intervals.size());
  }
  return fmt::format(
      "{}, still open: the next run levels and closes it, number {} of the "
      "dataset",
      opening, summary.intervals.size());
}

std::string RowsText(const CollectSummary& summary) {
  std::string text = fmt::format("rows\n  {:<26} {:>14} {:>14}\n", "", "new",
                                 "in the dataset");
  const auto add = [&text](std::string_view name, int64_t fresh,
                           int64_t total) {
    text += fmt::format("  {:<26} {:>14} {:>14}\n", name,
                        "+" + GroupedCount(fresh), GroupedCount(total));
  };
  for (const TableInfo& table : AllTables()) {
    const int64_t total = summary.total.table(table.id).rows;
    if (total != 0) add(table.name, summary.fresh.table(table.id).rows, total);
  }
  add("total", summary.fresh.rows(), summary.total.rows());
  return text;
}

std::string Text(const Location& location, const CollectOptions& options,
                 const CollectSummary& summary) {
  std::string text;
  const auto add = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("{:<10} {}\n", name, value);
  };
  add("dataset",
      location.text + (location.stores() ? "" : ", nothing was stored"));
  add("interval", IntervalText(summary));
  text += RowsText(summary);
  add("events",
      fmt::format("{} acknowledged at durability {} in {} batches, {}/s over "
                  "{:.2f} s",
                  GroupedCount(summary.events),
                  DurabilityName(options.durability),
                  GroupedCount(summary.batches),
                  GroupedCount(static_cast<int64_t>(EventsPerSecond(summary))),
                  Seconds(summary.collecting)));
  if (summary.levelled_rows > 0) {
    add("levelled", fmt::format("{} rows that an earlier run had left out",
                                GroupedCount(summary.levelled_rows)));
  }
  if (summary.dropped_events > 0) {
    add("dropped",
        fmt::format("{} events, unacknowledged; the next run makes them again",
                    GroupedCount(summary.dropped_events)));
  }
  add("queue", LatencyText(summary.queue_wait));
  add("batch", LatencyText(summary.batch_wait));
  add("execute", LatencyText(summary.execute));
  add("commit", LatencyText(summary.commit));
  add("lateness", LatencyText(summary.lateness));
  add("credits",
      fmt::format("agents waited {} times, {:.2f} s in all",
                  GroupedCount(static_cast<int64_t>(summary.pool.waits)),
                  Seconds(summary.pool.waited)));
  add("digest", Hex(summary.total.Total()));
  return text;
}

OrderedJson LatencyJson(const LatencySummary& latency) {
  return {{"count", latency.count},
          {"p50_ms", Millis(latency.p50)},
          {"p99_ms", Millis(latency.p99)},
          {"max_ms", Millis(latency.max)}};
}

std::string JsonText(const Location& location, const CollectOptions& options,
                     const CollectSummary& summary) {
  OrderedJson json;
  json["to"] = location.text;
  json["stored"] = location.stores();
  json["intervals"] = OrderedJson::array();
  for (const Interval& interval : summary.intervals) {
    json["intervals"].push_back(
        {{"opening", IsoDateTime(interval.opening)},
         {"close", interval.close ? OrderedJson(IsoDateTime(*interval.close))
                                  : OrderedJson(nullptr)}});
  }
  json["durability"] = DurabilityName(options.durability);
  json["lanes"] = options.lanes;
  for (const TableInfo& table : AllTables()) {
    if (!table.in_digest) continue;
    json["tables"][std::string(table.name)] = {
        {"new", summary.fresh.table(table.id).rows},
        {"total", summary.total.table(table.id).rows}};
  }
  json["rows_new"] = summary.fresh.rows();
  json["rows"] = summary.total.rows();
  json["events"] = summary.events;
  json["events_per_s"] = static_cast<int64_t>(EventsPerSecond(summary));
  json["agents_up_s"] = Seconds(summary.agents_up);
  json["collecting_s"] = Seconds(summary.collecting);
  json["batches"] = summary.batches;
  json["levelled_rows"] = summary.levelled_rows;
  json["dropped_events"] = summary.dropped_events;
  json["queue_wait"] = LatencyJson(summary.queue_wait);
  json["batch_wait"] = LatencyJson(summary.batch_wait);
  json["execute"] = LatencyJson(summary.execute);
  json["commit"] = LatencyJson(summary.commit);
  json["lateness"] = LatencyJson(summary.lateness);
  json["credit_waits"] = summary.pool.waits;
  json["credit_waited_s"] = Seconds(summary.pool.waited);
  for (const auto& [name, value] : summary.settings) {
    json["settings"][name] = value;
  }
  json["digest"] = Hex(summary.total.Total());
  // A location may hold bytes that are no UTF-8.
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace

std::string CollectReport(const Location& location,
                          const CollectOptions& options,
                          const CollectSummary& summary, bool json) {
  if (summary.intervals.empty()) {
    return json ? "{}\n" : "nothing was collected\n";
  }
  return json ? JsonText(location, options, summary)
              : Text(location, options, summary);
}

}  // namespace tillstorm
