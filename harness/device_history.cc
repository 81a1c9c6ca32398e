#include "harness/device_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "agents/device_states.h"

namespace tillstorm {

Status DeviceHistory::Check() {
  TS_RETURN_IF_ERROR(CheckStateChain());
  TS_RETURN_IF_ERROR(ReadHealthChecks());
  CheckStateNeighbours();
  TS_RETURN_IF_ERROR(CheckAlerts());
  return CheckDevices();
}

bool DeviceHistory::IsOpening(Instant instant) const {
  return std::find(list_.facts().openings.begin(), list_.facts().openings.end(),
                   instant) != list_.facts().openings.end();
}

Status DeviceHistory::CheckStateChain() {
  InvariantCounter counter;
  counter.result.name = "each state follows from the one before";
  int64_t device = -1;
  std::string state;
  TS_RETURN_IF_ERROR(list_.database().Query(
      fmt::format("SELECT id, device_id, previous_state, new_state, {}, reason "
                  "FROM device_state_history ORDER BY device_id, timestamp, id",
                  list_.database().InstantText("timestamp")),
      [&](QueryRow row) {
        if (row[1].integer == device) {
          counter.Count(
              row[2].text == state,
              fmt::format("device_state_history row {} comes from '{}', but "
                          "the device was '{}'",
                          row[0].integer, row[2].text, state));
        }
        device = row[1].integer;
        state = row[3].text;
        StateRow entry;
        entry.id = row[0].integer;
        if (!ParseSqlDateTime(row[4].text, &entry.at)) return true;
        entry.resumed = row[5].text == kResumedReason && IsOpening(entry.at);
        states_[device].push_back(entry);
        Instant& heard = devices_[device].last_heard;
        heard = std::max(heard, entry.at);
        return true;
      }));
  list_.Add(std::move(counter.result));
  return Status::Ok();
}

Status DeviceHistory::ReadHealthChecks() {
  const auto there = list_.CanAsk({"health_checks"});
  if (!there.ok() || !*there) return there.status();
  has_checks_ = true;
  // Upstream's agents write a state a moment before or after the check.
  const Micros tolerance{list_.facts().is_ours ? 0 : 60 * kMicrosPerSecond};
  return list_.database().Query(
      fmt::format("SELECT device_id, {}, CASE WHEN is_healthy THEN 1 ELSE 0 "
                  "END FROM health_checks",
                  list_.database().InstantText("timestamp")),
      [&](QueryRow row) {
        Instant at;
        if (!ParseSqlDateTime(row[1].text, &at)) return true;
        Device& device = devices_[row[0].integer];
        device.first_check = std::min(device.first_check, at);
        device.last_heard = std::max(device.last_heard, at);
        if (row[2].integer == 0) device.failed.push_back(at);
        const auto states = states_.find(row[0].integer);
        if (states == states_.end()) return true;
        auto state = std::lower_bound(
            states->second.begin(), states->second.end(), at - tolerance,
            [](const StateRow& s, Instant t) { return s.at < t; });
        for (; state != states->second.end() && state->at <= at + tolerance;
             ++state) {
          state->has_neighbour = true;
        }
        return true;
      });
}

void DeviceHistory::CheckStateNeighbours() {
  InvariantCounter counter;
  counter.result.name = "each state has its health check";
  if (has_checks_) {
    for (const auto& [device, rows] : states_) {
      for (const StateRow& row : rows) {
        if (row.resumed) continue;
        counter.Count(row.has_neighbour,
                      fmt::format("device_state_history row {} has no health "
                                  "check at {}",
                                  row.id, SqlDateTime(row.at)));
      }
    }
  }
  list_.Add(std::move(counter.result));
}

bool DeviceHistory::CouldBeSeen(Instant alert, Instant first_check) const {
  constexpr Micros kLongest{3'600 * kMicrosPerSecond};
  if (alert < first_check + kLongest) return false;
  return std::none_of(list_.facts().openings.begin(),
                      list_.facts().openings.end(), [&](Instant opening) {
                        return alert >= opening && alert < opening + kLongest;
                      });
}

Status DeviceHistory::CheckAlerts() {
  InvariantCounter counter;
  counter.result.name = "each alert has failed checks before it";
  const auto there = list_.CanAsk({"alerts", "health_checks"});
  if (!there.ok()) return there.status();
  if (!*there) {
    list_.Add(std::move(counter.result));
    return Status::Ok();
  }
  std::map<std::string, int64_t, std::less<>> numbers;
  std::map<int64_t, std::vector<int64_t>> of_site;
  TS_RETURN_IF_ERROR(list_.database().Query(
      "SELECT id, device_id, site_id FROM devices", [&](QueryRow row) {
        numbers.emplace(row[1].text, row[0].integer);
        of_site[row[2].integer].push_back(row[0].integer);
        return true;
      }));
  Instant first = kNever;
  for (const auto& [device, facts] : devices_) {
    first = std::min(first, facts.first_check);
  }
  if (first == kNever) first = Instant::min();
  const auto failed_before = [this](int64_t device, Instant at) {
    const auto& failed = devices_[device].failed;
    return std::any_of(failed.begin(), failed.end(), [at](Instant check) {
      return check <= at && check > at - Micros{kMicrosPerDay};
    });
  };
  TS_RETURN_IF_ERROR(list_.database().Query(
      fmt::format("SELECT id, device_id, site_id, {} FROM alerts",
                  list_.database().InstantText("timestamp")),
      [&](QueryRow row) {
        Instant at;
        const bool known = ParseSqlDateTime(row[3].text, &at);
        if (known && !CouldBeSeen(at, first)) return true;
        bool holds = false;
        if (known && !row[1].is_null()) {
          const auto device = numbers.find(row[1].text);
          holds = device != numbers.end() && failed_before(device->second, at);
        } else if (known) {
          const auto& all = of_site[row[2].integer];
          holds = std::any_of(all.begin(), all.end(), [&](int64_t device) {
            return failed_before(device, at);
          });
        }
        counter.Count(holds, fmt::format("alerts row {} has no failed health "
                                         "check in the day before it",
                                         row[0].integer));
        return true;
      }));
  list_.Add(std::move(counter.result));
  return Status::Ok();
}

Status DeviceHistory::CheckDevices() {
  InvariantCounter status;
  status.result.name = "devices have the status of their last state";
  InvariantCounter seen;
  seen.result.name = "devices were last seen when they last reported";
  std::map<int64_t, std::string> last_state;
  TS_RETURN_IF_ERROR(list_.database().Query(
      "SELECT device_id, new_state FROM device_state_history ORDER BY "
      "timestamp, id",
      [&](QueryRow row) {
        last_state[row[0].integer] = row[1].text;
        return true;
      }));
  std::map<int64_t, Instant> last_metrics;
  TS_RETURN_IF_ERROR(list_.database().Query(
      fmt::format("SELECT device_id, {} FROM device_metrics GROUP BY device_id",
                  list_.database().InstantText("max(timestamp)")),
      [&](QueryRow row) {
        Instant at;
        if (ParseSqlDateTime(row[1].text, &at)) {
          last_metrics[row[0].integer] = at;
        }
        return true;
      }));
  TS_RETURN_IF_ERROR(list_.database().Query(
      fmt::format("SELECT id, status, {} FROM devices",
                  list_.database().InstantText("last_seen")),
      [&](QueryRow row) {
        const int64_t id = row[0].integer;
        const auto state = last_state.find(id);
        if (state != last_state.end()) {
          status.Count(row[1].text == state->second,
                       fmt::format("devices row {} is '{}', its last state "
                                   "'{}'",
                                   id, row[1].text, state->second));
        }
        const auto metrics = last_metrics.find(id);
        if (metrics == last_metrics.end()) return true;
        // A device writes its own row once a minute and at each change.
        Instant at;
        const bool holds =
            ParseSqlDateTime(row[2].text, &at) &&
            at >= metrics->second - Micros{60 * kMicrosPerSecond} &&
            (!has_checks_ ||
             at <= std::max(devices_[id].last_heard, metrics->second));
        seen.Count(holds,
                   fmt::format("devices row {} was last seen {}, it last "
                               "reported {}",
                               id, row[2].text, SqlDateTime(metrics->second)));
        return true;
      }));
  list_.Add(std::move(status.result));
  list_.Add(std::move(seen.result));
  return Status::Ok();
}

}  // namespace tillstorm
