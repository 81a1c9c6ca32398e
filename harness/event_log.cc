#include "harness/event_log.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "harness/core/row_codec.h"

namespace tillstorm {
namespace {

struct Line {
  bool warning = false;
  std::string text;
};

// Walks over the columns of a payload, of a whole row or of an update, and
// stops at those that are asked for.
class PayloadReader {
 public:
  explicit PayloadReader(const Event& event)
      : table_(Table(event.table)),
        is_update_(event.op == EventOp::kUpdate),
        at_(event.payload().data()) {}

  // Of a column that comes after those already read. REQUIRES: the payload has
  // it.
  ValueView Read(std::string_view name) {
    ValueView value;
    for (;; ++next_) {
      TS_CHECK(next_ < table_.columns.size());
      const ColumnInfo& column = table_.columns[next_];
      if (!Carries(column)) continue;
      at_ = DecodeValue(column.type, at_, &value);
      if (column.name != name) continue;
      ++next_;
      return value;
    }
  }

 private:
  [[nodiscard]] bool Carries(const ColumnInfo& column) const {
    if (!is_update_) return table_.Encodes(next_);
    return column.can_change || column.name == "id";
  }

  const TableInfo& table_;
  const bool is_update_;
  const std::byte* at_;
  size_t next_ = 0;
};

std::string_view TextOr(const ValueView& value, std::string_view otherwise) {
  return value.is_null() ? otherwise : value.text;
}

// --- what each table has to say; nothing when there is no line ---
// `make` is false when the line is only to be counted.

std::optional<Line> JobCreated(PayloadReader row, bool make) {
  Line line;
  if (!make) return line;
  const int64_t id = row.Read("id").integer;
  const std::string_view action = row.Read("action").text;
  const std::string_view priority = TextOr(row.Read("priority"), "normal");
  const int64_t site = row.Read("site_id").integer;
  const ValueView device = row.Read("device_id");
  line.text =
      fmt::format("job {} created: {} for {}, priority {}", id, action,
                  device.is_null() ? fmt::format("site {}", site)
                                   : fmt::format("device {}", device.integer),
                  priority);
  return line;
}

std::optional<Line> JobChanged(PayloadReader row, bool make) {
  const int64_t id = row.Read("id").integer;
  const std::string_view status = row.Read("status").text;
  if (status != "completed" && status != "failed") return std::nullopt;
  Line line;
  line.warning = status == "failed";
  if (!make) return line;
  const ValueView error = row.Read("error_message");
  line.text = fmt::format("job {} {}{}{}", id, status,
                          error.is_null() ? "" : ": ", TextOr(error, ""));
  return line;
}

std::optional<Line> FaultBegins(PayloadReader row, bool make) {
  Line line;
  line.warning = true;
  if (!make) return line;
  const std::string_view kind = row.Read("kind").text;
  const std::string_view entity = row.Read("entity_type").text;
  const std::string_view identifier = row.Read("entity_id").text;
  const int64_t end = row.Read("planned_end").integer;
  const double severity = row.Read("severity").real;
  line.text = fmt::format(
      "fault begins: {} on {} {}, severity {:.2f}, until {}", kind, entity,
      identifier, severity, SqlDateTime(FromMicros(end)).substr(0, 19));
  return line;
}

std::optional<Line> AlertRaised(PayloadReader row, bool make) {
  Line line;
  line.warning = true;
  if (!make) return line;
  const int64_t id = row.Read("id").integer;
  const std::string_view title = row.Read("title").text;
  const std::string_view severity = row.Read("severity").text;
  line.text = fmt::format("alert {} raised, {}: {}", id, severity, title);
  return line;
}

std::optional<Line> AlertChanged(PayloadReader row, bool make) {
  const int64_t id = row.Read("id").integer;
  if (row.Read("status").text != "resolved") return std::nullopt;
  Line line;
  if (!make) return line;
  const std::string_view by = TextOr(row.Read("resolved_by"), "nobody");
  line.text = fmt::format("alert {} resolved by {}", id, by);
  return line;
}

std::optional<Line> RequestAnswered(PayloadReader row, bool make) {
  constexpr int64_t kUnauthorised = 401;
  const std::string_view endpoint = row.Read("endpoint").text;
  const int64_t status = row.Read("status_code").integer;
  if (status != kUnauthorised || !endpoint.ends_with("/login")) {
    return std::nullopt;
  }
  Line line;
  line.warning = true;
  if (!make) return line;
  const std::string_view user = TextOr(row.Read("user_id"), "an unknown user");
  const std::string_view address = TextOr(row.Read("ip_address"), "nowhere");
  const std::string_view error = TextOr(row.Read("error_message"), "");
  line.text = fmt::format("log-in failed: {} from {}{}{}", user, address,
                          error.empty() ? "" : ": ", error);
  return line;
}

std::optional<Line> LineOf(const Event& event, bool make) {
  const bool is_update = event.op == EventOp::kUpdate;
  switch (event.table) {
    case TableId::kJobs:
      return is_update ? JobChanged(PayloadReader(event), make)
                       : JobCreated(PayloadReader(event), make);
    case TableId::kAlerts:
      return is_update ? AlertChanged(PayloadReader(event), make)
                       : AlertRaised(PayloadReader(event), make);
    case TableId::kTruth:
      return FaultBegins(PayloadReader(event), make);
    case TableId::kApiRequestLogs:
      return RequestAnswered(PayloadReader(event), make);
    default:
      return std::nullopt;
  }
}

constexpr uint32_t kHeardTables =
    1U << Index(TableId::kJobs) | 1U << Index(TableId::kAlerts) |
    1U << Index(TableId::kTruth) | 1U << Index(TableId::kApiRequestLogs);
static_assert(kTableCount <= 32);

}  // namespace

void EventLog::Observe(std::span<const Event* const> events) {
  uint64_t skipped = 0;
  for (const Event* const event : events) {
    if ((kHeardTables >> Index(event->table) & 1U) == 0) continue;
    // Most rows of these tables have no line, and asking for room may ask the
    // clock.
    if (!LineOf(*event, false)) continue;
    if (!log_.HasRoom()) {
      ++skipped;
      continue;
    }
    const std::optional<Line> line = LineOf(*event, true);
    if (line) Say(*event, line->warning, line->text);
  }
  if (skipped > 0) log_.Skip(skipped);
}

void EventLog::Say(const Event& event, bool warning, const std::string& text) {
  const std::string line =
      options_.show_instants
          ? fmt::format("{} {}", SqlDateTime(event.instant).substr(0, 19), text)
          : text;
  if (warning) {
    log_.Warning(line);
  } else {
    log_.Info(line);
  }
}

}  // namespace tillstorm
