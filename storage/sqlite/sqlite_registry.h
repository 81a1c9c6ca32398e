// What of SQLite files this process has under way: the datasets that it holds
// for writing, what must disappear if it ends before they are finished, and the
// connections that are open. Paths are resolved ones.
//
// Threads: any.
#ifndef TILLSTORM_STORAGE_SQLITE_SQLITE_REGISTRY_H_
#define TILLSTORM_STORAGE_SQLITE_SQLITE_REGISTRY_H_

#include <string>

namespace tillstorm::sqlite_registry {

// One writer per dataset in this process: false when it has one already.
[[nodiscard]] bool Hold(const std::string& path);
void Release(const std::string& path);

// Around every connection. Closing any descriptor of a file drops all locks
// that SQLite holds on it in this process: CloseDescriptor() gives up the lock
// of a descriptor (flock) and keeps it open while there are connections.
void Connect(const std::string& file);
void Disconnect(const std::string& file);
void CloseDescriptor(const std::string& file, int descriptor);

// For DiscardPartialFiles().
void RememberFile(const std::string& path);
void ForgetFile(const std::string& path);
void RememberDirectory(const std::string& path);
void ForgetDirectory(const std::string& path);

}  // namespace tillstorm::sqlite_registry

#endif  // TILLSTORM_STORAGE_SQLITE_SQLITE_REGISTRY_H_
