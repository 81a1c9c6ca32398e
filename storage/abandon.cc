#include "storage/abandon.h"

#include "storage/postgres/local_server.h"
#include "storage/sqlite/sqlite_file.h"

namespace tillstorm {

void AbandonStorage() {
  DiscardPartialFiles();
  LocalServer::StopAllNow();
}

}  // namespace tillstorm
