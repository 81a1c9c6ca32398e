// The first and the last job of a command on a backend: opening, which may have
// to make or start a server of our own, and closing, which may have to wait for
// others who use it. What comes between them are jobs of the command's own.
//
//   StopSignal signal;              from here on a signal ends a job
//   OpenBackend()                   touches nothing yet
//   OpenStoppable()                 a reader, say; its sessions and readers
//   RunStoppable(signal, ...)       ... work and go
//   CloseStoppable()
//
// Threads: main thread.
#ifndef TILLSTORM_HARNESS_STOPPABLE_BACKEND_H_
#define TILLSTORM_HARNESS_STOPPABLE_BACKEND_H_

#include <chrono>
#include <functional>
#include <memory>

#include "harness/core/status.h"
#include "harness/stop_signal.h"
#include "storage/backend.h"

namespace tillstorm {

// How long the making or starting of a server, or a server that ends, may take
// after the first signal.
inline constexpr std::chrono::milliseconds kServerGrace{4'900};

// `open` calls the backend and does nothing else that takes long. A signal
// interrupts the backend.
Status RunOpening(StopSignal& signal, Backend& backend,
                  const std::function<Status()>& open);

// The same for what returns something.
template <class T>
[[nodiscard]] Result<T> OpenStoppable(StopSignal& signal, Backend& backend,
                                      const std::function<Result<T>()>& open) {
  Result<T> opened = Status(StatusCode::kInterrupted, "stopped");
  const Status status = RunOpening(signal, backend, [&] {
    opened = open();
    return opened.status();
  });
  if (!status.ok()) return status;
  return opened;
}

[[nodiscard]] inline Result<std::unique_ptr<Reader>> OpenReaderStoppable(
    StopSignal& signal, Backend& backend) {
  return OpenStoppable<std::unique_ptr<Reader>>(
      signal, backend, [&backend] { return backend.OpenReader(); });
}

// Closes the backend, saying on standard error for whom it waits. `status` is
// what came of the command until now, and stays so if it is an error.
Status CloseStoppable(StopSignal& signal, Backend& backend, Status status);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_STOPPABLE_BACKEND_H_
