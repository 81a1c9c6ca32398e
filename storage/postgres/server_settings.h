// ServerSettings: what a server of our own is started with. Durable as a server
// should be (fsync, full_page_writes): what an acknowledged row survives is
// decided per session, by synchronous_commit. Sized for loading, and stated in
// every report.
//
// Threads: pure functions.
#ifndef TILLSTORM_STORAGE_POSTGRES_SERVER_SETTINGS_H_
#define TILLSTORM_STORAGE_POSTGRES_SERVER_SETTINGS_H_

#include <map>
#include <string>

#include "harness/core/status.h"

namespace tillstorm {

// PostgreSQL's names and values.
using ServerSettings = std::map<std::string, std::string>;

// Ours, with those that a location sets (`postgres:DIR?shared_buffers=1GB`) in
// place. kUsage for one that is none of them, or a value that cannot be one.
[[nodiscard]] Result<ServerSettings> MakeServerSettings(
    const std::map<std::string, std::string>& options);

// Those that differ from ours.
[[nodiscard]] ServerSettings GivenSettings(const ServerSettings& settings);

}  // namespace tillstorm

#endif  // TILLSTORM_STORAGE_POSTGRES_SERVER_SETTINGS_H_
