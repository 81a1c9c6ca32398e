#include "storage/postgres/postgres_probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include "storage/dataset_probe.h"
#include "storage/directory_probe.h"
#include "storage/postgres/local_server.h"
#include "storage/postgres/postgres_connection.h"
#include "storage/postgres/postgres_lock.h"
#include "storage/postgres/postgres_open.h"
#include "storage/postgres/postgres_url.h"
#include "storage/postgres/pqxx_version.h"

namespace tillstorm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kServerCheck = "server";
constexpr const char* kRunsCheck = "other runs";
constexpr const char* kDoing = "looking at the server";

int Number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

PreflightLine Failure(const char* check, const Status& why) {
  return PreflightLine::Failed(why.code(), check, why.message(), "");
}

Result<PostgresFacts> ReadFacts(PostgresConnection* connection) {
  const Result<PostgresRowSet> row = connection->Query(
      "SELECT current_setting('server_version_num'), "
      "current_setting('server_version'), pg_is_in_recovery(), "
      "current_setting('transaction_read_only')='on', "
      "current_setting('server_encoding'), coalesce(current_schema(), ''), "
      "coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), "
      "has_database_privilege(current_database(), 'TEMPORARY'), "
      // This connection, which counts as used, goes before others come.
      "current_setting('max_connections')::int + 1 - "
      "CASE WHEN current_setting('is_superuser')='on' THEN 0 ELSE "
      "current_setting('superuser_reserved_connections')::int END - "
      "(SELECT count(*) FROM pg_stat_activity "
      "WHERE backend_type='client backend')",
      kDoing);
  if (!row.ok()) return row.status();
  PostgresFacts facts;
  facts.version = Number(row->text(0, 0));
  facts.version_text = row->text(0, 1);
  facts.is_standby = row->text(0, 2) == "t";
  facts.is_read_only = row->text(0, 3) == "t";
  facts.encoding = row->text(0, 4);
  facts.schema = row->text(0, 5);
  facts.may_create = row->text(0, 6) == "t";
  facts.may_make_temporary = row->text(0, 7) == "t";
  facts.free_connections = Number(row->text(0, 8));
  return facts;
}

// A lane is a connection, and one more reads what is there.
PreflightLine JudgeConnections(int free, int lanes) {
  constexpr const char* kCheck = "connections";
  const int needed = lanes + 1;
  std::string found = fmt::format("the server takes {} more, {} are needed",
                                  std::max(free, 0), needed);
  if (free >= needed) return PreflightLine::Passed(kCheck, std::move(found));
  return PreflightLine::Failed(
      StatusCode::kUnavailable, kCheck, std::move(found),
      fmt::format("raise max_connections{} or end other clients",
                  lanes > 1 ? ", give fewer --lanes" : ""));
}

PreflightLine ProbeRuns(const std::string& name,
                        PostgresConnection* connection) {
  const Result<std::string> writer = FindWriter(connection);
  if (!writer.ok()) return Failure(kRunsCheck, writer.status());
  if (writer->empty()) {
    return PreflightLine::Passed(
        kRunsCheck, fmt::format("no other tillstorm writes {}", name));
  }
  return PreflightLine::Failed(
      StatusCode::kUnavailable, kRunsCheck,
      fmt::format("another tillstorm (process {} of the server) is writing {}",
                  *writer, name),
      "wait for it, stop it or choose another database");
}

void ProbeContent(const std::string& name, const ProbeNeeds& needs,
                  PostgresConnection* connection, LocationProbe* probe) {
  const Result<PostgresContent> content = FindContent(connection);
  if (!content.ok()) {
    probe->lines.push_back(Failure(kDatasetCheck, content.status()));
  } else if (*content == PostgresContent::kNothing) {
    probe->lines.push_back(PreflightLine::Passed(
        kDatasetCheck,
        fmt::format("{} is empty, collect will make a dataset", name)));
  } else {
    const Status tables = CheckTables(connection);
    JudgeDataset(
        name, tables.ok() ? ReadManifest(connection) : Result<Manifest>(tables),
        needs, probe);
  }
}

bool HasFailed(const LocationProbe& probe) {
  for (const PreflightLine& line : probe.lines) {
    if (line.verdict == Verdict::kFailed) return true;
  }
  return false;
}

// The user that a server would run as must be able to work in a directory that
// is there.
PreflightLine ProbeReach(const std::string& directory) {
  constexpr const char* kCheck = "server user";
  Result<UserIdentity> user = ServerUser();
  if (!user.ok()) return Failure(kCheck, user.status());
  const int error =
      user->user == geteuid() ? 0 : ReachDirectory(directory, *user);
  if (error == 0) {
    return PreflightLine::Passed(
        kCheck, fmt::format("the server will run as {}", user->name));
  }
  return PreflightLine::Failed(
      StatusCode::kPermission, kCheck,
      fmt::format("the user {}, as whom a PostgreSQL server is started by "
                  "root, cannot reach {}",
                  user->name, directory),
      "give a directory that it can, such as one under /var/tmp");
}

// Of a server that is yet to be made, in `parent` or below.
LocationProbe ProbeNewServer(const std::string& parent, const std::string& what,
                             const ServerSettings& settings,
                             const ProbeNeeds& needs) {
  LocationProbe probe;
  const Result<ServerPrograms> programs = ChooseServerPrograms();
  probe.lines.push_back(
      programs.ok() ? PreflightLine::Passed(
                          kServerCheck,
                          fmt::format("{} is new, collect will make it with "
                                      "PostgreSQL {}",
                                      what, programs->version_text))
                    : Failure(kServerCheck, programs.status()));
  std::vector<PreflightLine> more =
      ProbeDirectory(parent, needs.expected_bytes);
  std::move(more.begin(), more.end(), std::back_inserter(probe.lines));
  probe.lines.push_back(ProbeReach(parent));
  // Nobody else uses it, and we come as its superuser.
  probe.lines.push_back(
      JudgeConnections(Number(settings.at("max_connections")), needs.lanes));
  return probe;
}

}  // namespace

std::vector<PreflightLine> ProbePostgresLibraries() {
  return {PreflightLine::Passed(
      "PostgreSQL",
      fmt::format("libpq {}, libpqxx {}", LibpqVersion(), PQXX_VERSION))};
}

LocationProbe ProbePostgresDatabase(const PostgresTarget& target,
                                    const ProbeNeeds& needs) {
  LocationProbe probe;
  const std::string& name = target.display_name;
  Result<PostgresConnection> connection = PostgresConnection::Open(
      {target.conninfo, name, "tillstorm probe"}, nullptr);
  const Result<PostgresFacts> facts =
      connection.ok() ? ReadFacts(&*connection)
                      : Result<PostgresFacts>(connection.status());
  if (!facts.ok()) {
    probe.lines.push_back(Failure(kServerCheck, facts.status()));
    return probe;
  }
  probe.lines = JudgePostgres(name, *facts, needs.lanes);
  if (HasFailed(probe)) return probe;
  probe.lines.push_back(ProbeRuns(name, &*connection));
  if (!HasFailed(probe)) ProbeContent(name, needs, &*connection, &probe);
  return probe;
}

LocationProbe ProbeLocalServer(const std::string& directory,
                               const ServerSettings& settings,
                               const ProbeNeeds& needs) {
  std::error_code error;
  if (directory.empty()) {
    return ProbeNewServer(TemporaryDirectory(), "a throw-away server", settings,
                          needs);
  }
  if (!fs::exists(directory, error)) {
    return ProbeNewServer(fs::path(directory).parent_path(), directory,
                          settings, needs);
  }
  if (fs::is_directory(directory, error) && fs::is_empty(directory, error)) {
    return ProbeNewServer(directory, directory, settings, needs);
  }
  LocationProbe probe;
  auto server = LocalServer::Open(directory, false, settings, needs.stop);
  if (!server.ok()) {
    probe.lines.push_back(Failure(kServerCheck, server.status()));
    return probe;
  }
  probe = ProbePostgresDatabase(
      {(*server)->conninfo(), "postgres:" + directory}, needs);
  std::vector<PreflightLine> more =
      ProbeDirectory(directory, needs.expected_bytes);
  std::move(more.begin(), more.end(), std::back_inserter(probe.lines));
  // Whoever else in this process uses it stops it.
  if (server->use_count() == 1) {
    static_cast<void>((*server)->Stop(needs.stop, needs.say));
  }
  return probe;
}

std::vector<PreflightLine> JudgePostgres(const std::string& name,
                                         const PostgresFacts& facts,
                                         int lanes) {
  constexpr int kVersionMin = 120'000;
  std::vector<PreflightLine> lines;
  const auto judge = [&lines](bool passes, const char* check, StatusCode code,
                              std::string found, std::string cure) {
    lines.push_back(passes
                        ? PreflightLine::Passed(check, std::move(found))
                        : PreflightLine::Failed(code, check, std::move(found),
                                                std::move(cure)));
  };
  judge(facts.version >= kVersionMin, kServerCheck, StatusCode::kUnavailable,
        fmt::format("{} answers, PostgreSQL {}", name, facts.version_text),
        "use version 12 or later");
  const bool writes = !facts.is_standby && !facts.is_read_only;
  judge(writes, "writable", StatusCode::kUnavailable,
        facts.is_standby ? "the server is a standby, which is read-only"
        : writes         ? "transactions can write"
                         : "transactions are read-only "
                           "(default_transaction_read_only)",
        facts.is_standby ? "connect to the primary" : "set it to off");
  judge(facts.encoding == "UTF8", "encoding", StatusCode::kUnavailable,
        fmt::format("the database is encoded in {}", facts.encoding),
        "make one with UTF8");
  const bool permits = facts.may_create && facts.may_make_temporary;
  judge(permits, "permission", StatusCode::kPermission,
        facts.schema.empty() ? "no schema of the search_path exists"
        : permits
            ? fmt::format("tables can be made in the schema {}", facts.schema)
            : fmt::format("no {} can be made in {}",
                          facts.may_create ? "temporary tables" : "tables",
                          facts.may_create ? "the database"
                                           : "the schema " + facts.schema),
        "have its owner grant CREATE on the schema and TEMPORARY on the "
        "database");
  lines.push_back(JudgeConnections(facts.free_connections, lanes));
  return lines;
}

}  // namespace tillstorm
