#include "storage/postgres/server_programs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "storage/postgres/child_process.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

bool HasPrograms(const std::string& directory) {
  return access((directory + "/initdb").c_str(), X_OK) == 0 &&
         access((directory + "/postgres").c_str(), X_OK) == 0;
}

std::vector<std::string> SearchPath() {
  std::vector<std::string> directories;
  const char* path = std::getenv("PATH");
  for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(':'));
    if (one.starts_with('/')) directories.emplace_back(one);
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
  }
  return directories;
}

std::vector<std::string> Candidates() {
  std::vector<std::string> directories = SearchPath();
  std::error_code ignored;
  for (const auto& entry :
       fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    directories.push_back(entry.path() / "bin");
  }
  for (const auto& entry : fs::directory_iterator("/usr", ignored)) {
    if (entry.path().filename().string().starts_with("pgsql-")) {
      directories.push_back(entry.path() / "bin");
    }
  }
  return directories;
}

// `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`; false for anything
// else.
bool ReadVersion(const std::string& text, ServerPrograms* programs) {
  constexpr std::string_view kStart = "(PostgreSQL) ";
  const size_t start = text.find(kStart);
  if (start == std::string::npos) return false;
  const size_t begin = start + kStart.size();
  programs->version_text =
      text.substr(begin, text.find_first_of(" \n", begin) - begin);
  const char* digits = programs->version_text.data();
  return std::from_chars(digits, digits + programs->version_text.size(),
                         programs->version)
             .ec == std::errc();
}

}  // namespace

std::vector<ServerPrograms> FindServerPrograms() {
  std::vector<ServerPrograms> found;
  for (const std::string& directory : Candidates()) {
    if (!HasPrograms(directory)) continue;
    ServerPrograms programs;
    programs.directory = directory;
    const ProgramResult result =
        RunProgram({programs.postgres(), "--version"}, UserIdentity::Own());
    if (result.ok() && ReadVersion(result.output, &programs)) {
      found.push_back(std::move(programs));
    }
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const ServerPrograms& a, const ServerPrograms& b) {
                     return a.version > b.version;
                   });
  return found;
}

Result<ServerPrograms> ChooseServerPrograms() {
  std::vector<ServerPrograms> found = FindServerPrograms();
  if (!found.empty()) return std::move(found.front());
  return Status(StatusCode::kUnavailable,
                "no PostgreSQL server is installed (initdb and postgres are in "
                "no folder of PATH or /usr/lib/postgresql); install the "
                "package postgresql");
}

Result<ServerPrograms> ChooseServerPrograms(int version,
                                            const std::string& directory) {
  for (ServerPrograms& programs : FindServerPrograms()) {
    if (programs.version == version) return std::move(programs);
  }
  return Status(StatusCode::kUnavailable,
                fmt::format("{} was made by PostgreSQL {}, which is not "
                            "installed; install the package postgresql-{} or "
                            "give another directory",
                            directory, version, version));
}

}  // namespace tillstorm
