// ServerDirectory: the directory that a server of our own lives in.
//
//   DIR/tillstorm_server    marks it as ours; locked by who started the server
//   DIR/tillstorm_clients   locked, shared, by every tillstorm that uses it
//   DIR/server.log          what the server says
//   DIR/data/               PostgreSQL's own; made as data.partial
//
// Root's servers run as the user postgres, or as whoever owns data/: PostgreSQL
// refuses to run as root.
//
// Threads: one; processes are kept apart by the locks.
// Errors: kCannotCreate for a directory to be made, kBadInput for one that
// should be there; kPermission; kUnavailable without PostgreSQL.
#ifndef TILLSTORM_STORAGE_POSTGRES_SERVER_DIRECTORY_H_
#define TILLSTORM_STORAGE_POSTGRES_SERVER_DIRECTORY_H_

#include <sys/types.h>

#include <string>

#include "harness/core/status.h"
#include "storage/postgres/child_process.h"
#include "storage/postgres/server_programs.h"

namespace tillstorm {

// What a running server's postmaster.pid says.
struct RunningServer {
  pid_t process = 0;
  std::string socket_folder;
  bool ready = false;
};

// Removes a directory with all that is in it, as far as that can be done.
void RemoveTree(const std::string& directory);

// Whom a server that this process makes runs as: kUnavailable when root finds
// no user for it.
[[nodiscard]] Result<UserIdentity> ServerUser();

class ServerDirectory {
 public:
  // `path` is absolute. With `create` a missing directory is made, and an empty
  // one taken; whatever else is in the place of one of ours is refused.
  [[nodiscard]] static Result<ServerDirectory> Open(const std::string& path,
                                                    bool create);
  // Whether one of ours is there.
  [[nodiscard]] static bool IsOurs(const std::string& path);

  // Makes data/ (initdb), synced to the disk if that is wanted. kInterrupted
  // when `stop` is raised; nothing of it is left then. REQUIRES: it is not
  // there, and tillstorm_server is locked.
  Status MakeData(bool sync, StopFlag stop) const;
  [[nodiscard]] bool HasData() const;
  // Takes our files out of a directory that was none of ours before Open(), and
  // removes it if that made it. REQUIRES: both locks held, exclusively.
  void LeaveAsFound() const;
  // The server that runs on data/, if one does.
  [[nodiscard]] bool FindRunning(RunningServer* server) const;
  // A postmaster.pid of a server that is gone, whose number another program has
  // now, would keep PostgreSQL from starting.
  void RemoveStalePid() const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const UserIdentity& identity() const { return identity_; }
  // Those of the data's version, or the newest ones where there is none.
  [[nodiscard]] const ServerPrograms& programs() const { return programs_; }
  [[nodiscard]] std::string data() const { return path_ + "/data"; }
  [[nodiscard]] std::string log() const { return path_ + "/server.log"; }
  [[nodiscard]] std::string server_lock() const {
    return path_ + "/tillstorm_server";
  }
  [[nodiscard]] std::string clients_lock() const {
    return path_ + "/tillstorm_clients";
  }

 private:
  Status CheckContents(bool create) const;
  Status ChooseIdentity();
  Status CheckReach() const;
  Status ChoosePrograms();

  std::string path_;
  bool is_new_ = false;  // it was none of ours before Open()
  bool made_ = false;    // by Open()
  UserIdentity identity_;
  ServerPrograms programs_;
};

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_SERVER_DIRECTORY_H_
