#include "harness/stoppable_backend.h"

#include <string>

#include "harness/command_line.h"
#include "storage/abandon.h"

namespace tillstorm {

Status RunOpening(StopSignal& signal, Backend& backend,
                  const std::function<Status()>& open) {
  StoppableJob job;
  job.run = [&open](const std::atomic<bool>&) { return open(); };
  job.interrupt = [&backend] { backend.Interrupt(); };
  job.abandon = AbandonStorage;
  job.grace = kServerGrace;
  job.after_stop = [] { return "nothing was done yet"; };
  return RunStoppable(signal, job);
}

Status CloseStoppable(StopSignal& signal, Backend& backend, Status status) {
  StoppableJob job;
  job.run = [&backend](const std::atomic<bool>& stop) {
    return backend.Close(stop, ReportError);
  };
  job.abandon = AbandonStorage;
  job.grace = kServerGrace;
  job.after_stop = [] { return "all but waiting for others was done"; };
  const Status closed = RunStoppable(signal, job);
  return status.ok() ? closed : status;
}

}  // namespace tillstorm
