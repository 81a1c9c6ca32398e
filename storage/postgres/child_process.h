// ChildProcess: running another program to its end, or starting one that goes
// on by itself, as this user or, for root, as another one.
//
// Threads: any.
// Errors: what the system says, as errno; 0 is none.
#ifndef TILLSTORM_STORAGE_POSTGRES_CHILD_PROCESS_H_
#define TILLSTORM_STORAGE_POSTGRES_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "storage/postgres/wait.h"

namespace tillstorm {

// Whom a program runs as.
struct UserIdentity {
  uid_t user = 0;
  gid_t group = 0;
  std::string name;

  // Of this process.
  static UserIdentity Own();
  // Found by name or by number; false when there is no such user.
  static bool Find(const std::string& name, UserIdentity* identity);
  static bool Find(uid_t user, UserIdentity* identity);
};

struct ProgramResult {
  int error = 0;         // it did not start, or its end is unknown
  int exit_code = 0;     // 128 and more: it died of that signal
  bool stopped = false;  // because the flag was raised
  std::string output;    // standard output and error, the last 64 KiB

  [[nodiscard]] bool ok() const { return error == 0 && exit_code == 0; }
};

// Runs a program to its end, in the root directory, with nothing to read. It
// does not outlive the calling thread. When `stop` is raised it is killed with
// everything that it started: nothing of it runs any more on return.
// `arguments` begin with the path of the program.
[[nodiscard]] ProgramResult RunProgram(
    const std::vector<std::string>& arguments, const UserIdentity& identity,
    StopFlag stop = nullptr);

// Starts a program in a session of its own, where signals of a terminal do not
// reach it, with nothing to read and both outputs to the descriptor `output`.
// It is a child of this process: see HasEnded().
[[nodiscard]] int StartProgram(const std::vector<std::string>& arguments,
                               const UserIdentity& identity, int output,
                               pid_t* process);

// Whether a process is no more; one of ours that has ended is then forgotten by
// the system too.
[[nodiscard]] bool HasEnded(pid_t process);

// Whether that user can reach a directory: each of its parents, and itself.
[[nodiscard]] int ReachDirectory(const std::string& directory,
                                 const UserIdentity& identity);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_CHILD_PROCESS_H_
