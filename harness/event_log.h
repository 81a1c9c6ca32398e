// EventLog: says what acknowledged events mean to a reader of the log.
//
//   jobs                 created; completed or failed
//   tillstorm_truth      a fault begins
//   alerts               raised; resolved
//   api_request_logs     a log-in that was refused (401)
//
// Cost: one look at the table's number per event; of those four tables the few
// columns that tell whether there is a line; the line is made only while the
// log has room, so at most LogStreamOptions::lines_per_s times a second. What
// is not made is counted there.
//
// Threads: one owner, that of the writer.
#ifndef TILLSTORM_HARNESS_EVENT_LOG_H_
#define TILLSTORM_HARNESS_EVENT_LOG_H_

#include <span>
#include <string>

#include "harness/core/event.h"
#include "harness/log_stream.h"

namespace tillstorm {

struct EventLogOptions {
  // Whether lines bear the instant of the event: where it is not the wall
  // clock's, which the log has anyway.
  bool show_instants = false;
};

class EventLog {
 public:
  // Borrows the log.
  EventLog(LogStream& log, const EventLogOptions& options)
      : log_(log), options_(options) {}

  // Call it after the commit that holds the events; they are borrowed during
  // the call.
  void Observe(std::span<const Event* const> events);

 private:
  void Say(const Event& event, bool warning, const std::string& text);

  LogStream& log_;
  const EventLogOptions options_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_EVENT_LOG_H_
