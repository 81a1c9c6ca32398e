#include "storage/location.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "storage/null/null_backend.h"
#include "storage/sqlite/sqlite_backend.h"
#include "storage/sqlite/sqlite_setup.h"

namespace tillstorm {
namespace {

constexpr std::string_view kSqlite = "sqlite";
constexpr std::string_view kNull = "null";

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

// What follows `sqlite:`.
Status ParseSqlite(std::string_view text, Location* location) {
  const size_t question = text.find('?');
  location->path = text.substr(0, question);
  if (question != std::string_view::npos) {
    TS_RETURN_IF_ERROR(
        ParseOptions(text.substr(question + 1), &location->options));
  }
  TS_RETURN_IF_ERROR(ParseSqliteOptions(location->options).status());
  return location->path.empty() ? Status::Ok() : MakeAbsolute(&location->path);
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

// `scheme:` and what follows it.
Status ParseScheme(std::string_view scheme, std::string_view text,
                   Location* location) {
  if (scheme == kSqlite) return ParseSqlite(text, location);
  if (scheme == kNull) return ParseNull(text, location);
  return Usage(fmt::format(
      "{}: is no kind of location that this program knows; it must be PATH, "
      "sqlite:PATH or null: (a file of that name is ./{})",
      scheme, location->text));
}

}  // namespace

Result<Location> ParseLocation(std::string_view text) {
  if (text.empty()) {
    return Usage(
        "the location is empty; it must be PATH, sqlite:PATH or null:");
  }
  if (text.find('\0') != std::string_view::npos) {
    return Usage("the location holds a NUL character; no path does");
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
  if (location.engine == Engine::kNull) {
    return std::unique_ptr<Backend>(std::make_unique<NullBackend>());
  }
  const Result<SqliteOptions> options = ParseSqliteOptions(location.options);
  if (!options.ok()) return options.status();
  return std::unique_ptr<Backend>(
      std::make_unique<SqliteBackend>(location.path, *options));
}

}  // namespace tillstorm
