#include <fmt/format.h>

#include "harness/commands/commands.h"

namespace tillstorm {

Result<Dialect> ReadDialect(const FlagValues& flags) {
  const std::string* text = flags.Find("backend");
  if (text == nullptr || *text == "sqlite") return Dialect::kSqlite;
  if (*text == "postgres") return Dialect::kPostgres;
  return Status(StatusCode::kUsage,
                fmt::format("--backend is '{}'; it must be one of sqlite, "
                            "postgres",
                            *text));
}

Command SchemaCommand() {
  Command command;
  command.name = "schema";
  command.summary = "print the DDL of every table and index";
  command.description =
      "Prints the statements that make the schema on standard output: "
      "HOMEPOT's "
      "25 tables with their names, types, keys and indexes, then tillstorm's "
      "own, whose names begin with tillstorm_.";
  command.flags = {{"Output", "backend", "ENGINE",
                    "the dialect: sqlite or postgres", "sqlite"}};
  command.examples = {"tillstorm schema | sqlite3 empty.db",
                      "tillstorm schema --backend postgres > schema.sql"};
  command.run = [](const FlagValues& flags) -> Status {
    const Result<Dialect> dialect = ReadDialect(flags);
    if (!dialect.ok()) return dialect.status();
    return WriteStandardOutput(SchemaScript(*dialect));
  };
  return command;
}

}  // namespace tillstorm
