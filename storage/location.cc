#include "storage/location.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "harness/core/secrets.h"
#include "storage/null/null_backend.h"
#include "storage/postgres/local_backend.h"
#include "storage/postgres/postgres_backend.h"
#include "storage/postgres/postgres_url.h"
#include "storage/postgres/server_settings.h"
#include "storage/sqlite/sqlite_backend.h"
#include "storage/sqlite/sqlite_setup.h"

namespace tillstorm {
namespace {

constexpr std::string_view kSqlite = "sqlite";
constexpr std::string_view kNull = "null";
constexpr std::string_view kPostgres = "postgres";
constexpr std::string_view kPostgresql = "postgresql";
constexpr std::string_view kForms =
    "PATH, sqlite:PATH, postgresql://..., postgres:DIR or null:";

Status Usage(std::string sentence) {
  return {StatusCode::kUsage, std::move(sentence)};
}

// The word before a colon, if `text` looks like `word:...`.
std::string_view SchemeOf(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view word = text.substr(0, colon);
  const bool is_word = word.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789+-.") == std::string_view::npos;
  return is_word ? word : std::string_view();
}

Status ParseOptions(std::string_view text,
                    std::map<std::string, std::string>* options) {
  while (!text.empty()) {
    const std::string_view option = text.substr(0, text.find('&'));
    const size_t equals = option.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return Usage(fmt::format(
          "'{}' is no option of a location; it must be option=value", option));
    }
    const std::string name(option.substr(0, equals));
    if (!options->emplace(name, option.substr(equals + 1)).second) {
      return Usage(fmt::format("the location has the option {} twice", name));
    }
    text.remove_prefix(std::min(text.size(), option.size() + 1));
  }
  return Status::Ok();
}

Status MakeAbsolute(std::string* path) {
  if (path->front() == '/') return Status::Ok();
  const std::unique_ptr<char, decltype(&std::free)> here(getcwd(nullptr, 0),
                                                         &std::free);
  if (here == nullptr) {
    return Usage(fmt::format(
        "{} cannot be made absolute, because the current directory is gone "
        "({}); give an absolute path",
        *path, std::strerror(errno)));
  }
  const std::string directory = here.get();
  *path = (directory == "/" ? directory : directory + "/") + *path;
  return Status::Ok();
}

// `PATH?option=value&...`; no path at all is a throw-away.
Status ParsePathAndOptions(std::string_view text, Location* location) {
  const size_t question = text.find('?');
  location->path = text.substr(0, question);
  if (question != std::string_view::npos) {
    TS_RETURN_IF_ERROR(
        ParseOptions(text.substr(question + 1), &location->options));
  }
  return location->path.empty() ? Status::Ok() : MakeAbsolute(&location->path);
}

// What follows `sqlite:`.
Status ParseSqlite(std::string_view text, Location* location) {
  TS_RETURN_IF_ERROR(ParsePathAndOptions(text, location));
  return ParseSqliteOptions(location->options).status();
}

// What follows `null:`.
Status ParseNull(std::string_view text, Location* location) {
  location->engine = Engine::kNull;
  if (text.empty()) return Status::Ok();
  return Usage(fmt::format(
      "null: takes nothing after the colon, found '{}'; it stores nothing (a "
      "file of that name is ./{})",
      text, location->text));
}

// What follows `postgres:`, of a server of our own.
Status ParseLocalServer(std::string_view text, Location* location) {
  location->engine = Engine::kPostgresLocal;
  TS_RETURN_IF_ERROR(ParsePathAndOptions(text, location));
  return MakeServerSettings(location->options).status();
}

Status ParseServer(Location* location) {
  location->engine = Engine::kPostgres;
  return ParsePostgresUrl(location->text).status();
}

// `scheme:` and what follows it.
Status ParseScheme(std::string_view scheme, std::string_view text,
                   Location* location) {
  if (scheme == kSqlite) return ParseSqlite(text, location);
  if (scheme == kNull) return ParseNull(text, location);
  const bool is_url = text.starts_with("//");
  if (is_url && (scheme == kPostgresql || scheme == kPostgres)) {
    return ParseServer(location);
  }
  if (scheme == kPostgres) return ParseLocalServer(text, location);
  if (scheme == kPostgresql) {
    return Usage(
        "postgresql: needs two slashes, postgresql://[user@]host/database; a "
        "server of our own is postgres:DIR");
  }
  // The rest of a URL may hold what only its user knows.
  return Usage(fmt::format(
      "{}: is no kind of location that this program knows; it must be {}{}",
      scheme, kForms,
      is_url ? ""
             : fmt::format(" (a file of that name is ./{})", location->text)));
}

Result<std::unique_ptr<Backend>> OpenSqlite(const Location& location) {
  const Result<SqliteOptions> options = ParseSqliteOptions(location.options);
  if (!options.ok()) return options.status();
  return std::unique_ptr<Backend>(
      std::make_unique<SqliteBackend>(location.path, *options));
}

Result<std::unique_ptr<Backend>> OpenServer(const Location& location) {
  Result<PostgresTarget> target = ParsePostgresUrl(location.text);
  if (!target.ok()) return target.status();
  return std::unique_ptr<Backend>(
      std::make_unique<PostgresBackend>(std::move(*target)));
}

Result<std::unique_ptr<Backend>> OpenLocalServer(const Location& location) {
  Result<ServerSettings> settings = MakeServerSettings(location.options);
  if (!settings.ok()) return settings.status();
  return std::unique_ptr<Backend>(
      std::make_unique<LocalBackend>(location.path, std::move(*settings)));
}

}  // namespace

Result<Location> ParseLocation(std::string_view text) {
  if (text.empty()) {
    return Usage(fmt::format("the location is empty; it must be {}", kForms));
  }
  if (text.find('\0') != std::string_view::npos) {
    return Usage("the location holds a NUL character; no path does");
  }
  if (HoldsPassword(text)) {
    return Usage(
        "the location holds a password, which every user of this machine could "
        "read while the program runs; leave it out and give it in PGPASSWORD, "
        "in ~/.pgpass or in a service file (an at sign that is part of a name "
        "is written %40)");
  }
  Location location;
  location.text = text;
  const std::string_view scheme = SchemeOf(text);
  if (scheme.empty()) {  // a path, whatever else is in it
    location.path = text;
    TS_RETURN_IF_ERROR(MakeAbsolute(&location.path));
    return location;
  }
  TS_RETURN_IF_ERROR(
      ParseScheme(scheme, text.substr(scheme.size() + 1), &location));
  return location;
}

Result<std::unique_ptr<Backend>> OpenBackend(const Location& location) {
  switch (location.engine) {
    case Engine::kSqlite:
      return OpenSqlite(location);
    case Engine::kPostgres:
      return OpenServer(location);
    case Engine::kPostgresLocal:
      return OpenLocalServer(location);
    case Engine::kNull:
      break;
  }
  return std::unique_ptr<Backend>(std::make_unique<NullBackend>());
}

}  // namespace tillstorm
