// Status and Result: how every operating error travels in tillstorm.
//
// A Status is ok or carries one sentence for the user and the class of error,
// which decides the exit code of the program. It also says what is still usable
// (Remedy), so that a caller can go on without parsing messages.
//
// Threads: a value; no sharing.
// Errors: programmer errors do not use Status; see check.h.
#ifndef TILLSTORM_HARNESS_CORE_STATUS_H_
#define TILLSTORM_HARNESS_CORE_STATUS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace tillstorm {

// The class of an error. The number is the exit code of the program.
enum class StatusCode : uint8_t {
  kOk = 0,
  kCheckFailed = 1,    // a comparison or a check said no
  kUsage = 2,          // a flag or its value
  kBadInput = 65,      // a file or database that is not what it should be
  kUnavailable = 69,   // a backend is missing, busy or unreachable
  kIntegrity = 70,     // stored data contradicts what was promised
  kSystemLimit = 71,   // threads, files, memory
  kCannotCreate = 73,  // an output cannot be created
  kIo = 74,            // read or write failed, disk full
  kInDoubt = 75,       // a commit may or may not have happened
  kPermission = 77,    // not allowed, wrong password
  kInterrupted = 130,  // stopped by SIGINT
  kTerminated = 143,   // stopped by SIGTERM
};

// What the caller of a storage call may still do after an error.
enum class Remedy : uint8_t {
  kStop,           // end the run
  kRetryBatch,     // the batch was not applied; the session is usable
  kReopenSession,  // the batch was not applied; the session is not usable
  kResolveDoubt,   // the batch may be applied; ask the ledger on a new session
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(StatusCode code, std::string message, Remedy remedy = Remedy::kStop)
      : code_(code), remedy_(remedy), message_(std::move(message)) {}

  static Status Ok() { return {}; }

  [[nodiscard]] bool ok() const { return code_ == StatusCode::kOk; }
  [[nodiscard]] StatusCode code() const { return code_; }
  [[nodiscard]] Remedy remedy() const { return remedy_; }
  // One sentence: what was found and what would be right. Empty when ok.
  [[nodiscard]] const std::string& message() const { return message_; }
  [[nodiscard]] int exit_code() const { return static_cast<int>(code_); }

 private:
  StatusCode code_ = StatusCode::kOk;
  Remedy remedy_ = Remedy::kStop;
  std::string message_;
};

// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return Status(...);` both read
  // well. REQUIRES: a Status given here is not ok.
  Result(T value) : state_(std::move(value)) {}         // NOLINT
  Result(Status status) : state_(std::move(status)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  [[nodiscard]] Status status() const {
    return ok() ? Status() : std::get<1>(state_);
  }
  // REQUIRES: ok().
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

 private:
  std::variant<T, Status> state_;
};

}  // namespace tillstorm

// Returns from the calling function when `expression` is an error.
#define TS_RETURN_IF_ERROR(expression)                                 \
  do {                                                                 \
    if (::tillstorm::Status ts_status = (expression); !ts_status.ok()) \
      return ts_status;                                                \
  } while (false)

#endif  // TILLSTORM_HARNESS_CORE_STATUS_H_
