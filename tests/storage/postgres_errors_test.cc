// The policy of SQLSTATEs, checked against PostgreSQL 15's Appendix A.
#include "storage/postgres/postgres_errors.h"

#include <array>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

struct Expected {
  std::string_view sqlstate;
  bool is_lost;
  int exit_code;
  Remedy remedy;
};

TEST_CASE("Each class of SQLSTATE has its remedy", "[postgres]") {
  constexpr std::array<Expected, 33> kTable = {{
      // The connection is gone, whatever it said last.
      {"", true, 69, Remedy::kResolveDoubt},
      {"08006", false, 69, Remedy::kResolveDoubt},
      {"08007", false, 69, Remedy::kResolveDoubt},  // transaction unknown
      {"40003", false, 69, Remedy::kResolveDoubt},  // completion unknown
      {"57P01", false, 69, Remedy::kResolveDoubt},  // admin shutdown
      {"57P02", false, 69, Remedy::kResolveDoubt},  // crash shutdown
      {"57P03", false, 69, Remedy::kResolveDoubt},  // cannot connect now
      {"57P05", false, 69, Remedy::kResolveDoubt},  // idle session timeout
      {"25P03", false, 69, Remedy::kResolveDoubt},  // idle in transaction
      {"53100", true, 69, Remedy::kResolveDoubt},
      // Passing: the whole batch again.
      {"40001", false, 69, Remedy::kRetryBatch},  // serialization failure
      {"40P01", false, 69, Remedy::kRetryBatch},  // deadlock
      {"55P03", false, 69, Remedy::kRetryBatch},  // lock timeout
      {"57014", false, 69, Remedy::kRetryBatch},  // statement timeout
      // Resources.
      {"53100", false, 74, Remedy::kStop},  // disk full
      {"53200", false, 71, Remedy::kStop},  // out of memory
      {"53300", false, 69, Remedy::kStop},  // too many connections
      {"53400", false, 71, Remedy::kStop},
      {"54000", false, 71, Remedy::kStop},
      // The wrong place, or not allowed.
      {"25006", false, 69, Remedy::kStop},  // read-only standby
      {"28P01", false, 77, Remedy::kStop},  // wrong password
      {"28000", false, 77, Remedy::kStop},
      {"42501", false, 77, Remedy::kStop},
      {"3D000", false, 69, Remedy::kStop},  // no such database
      {"2BP01", false, 73, Remedy::kStop},  // something depends on it
      // Data that contradict what was promised.
      {"23505", false, 70, Remedy::kStop},
      {"23503", false, 70, Remedy::kStop},
      {"22001", false, 70, Remedy::kStop},
      // The server itself.
      {"58030", false, 70, Remedy::kStop},
      {"XX001", false, 70, Remedy::kStop},
      // A database that is not what it should be.
      {"42P01", false, 65, Remedy::kStop},
      {"42703", false, 65, Remedy::kStop},
      // libpq, without a word of the server.
      {"", false, 74, Remedy::kStop},
  }};
  for (const Expected& expected : kTable) {
    INFO("SQLSTATE " << expected.sqlstate << ", lost " << expected.is_lost);
    const PostgresVerdict verdict =
        JudgeStatement(expected.sqlstate, expected.is_lost);
    CHECK(static_cast<int>(verdict.code) == expected.exit_code);
    CHECK(verdict.remedy == expected.remedy);
  }
}

TEST_CASE("A connection that failed ends with the code of its reason",
          "[postgres]") {
  CHECK(JudgeConnect("") == StatusCode::kUnavailable);
  CHECK(JudgeConnect("28P01") == StatusCode::kPermission);
  CHECK(JudgeConnect("3D000") == StatusCode::kUnavailable);
  CHECK(JudgeConnect("53300") == StatusCode::kUnavailable);
  CHECK(MayConnectLater(""));
  CHECK(MayConnectLater("57P03"));
  CHECK(MayConnectLater("53300"));
  CHECK_FALSE(MayConnectLater("28P01"));
  CHECK_FALSE(MayConnectLater("3D000"));
}

TEST_CASE("What the user can do about an error follows it", "[postgres]") {
  CHECK_THAT(std::string(CureOf("25006")), HoldsText("standby"));
  CHECK_THAT(std::string(CureOf("53100")), HoldsText("make room"));
  CHECK_THAT(std::string(CureOf("53300")), HoldsText("--lanes"));
  CHECK(CureOf("23505").empty());
  CHECK(CureOf("").empty());
}

TEST_CASE("The SQLSTATE is found in what libpq says of a connection",
          "[postgres]") {
  CHECK(SqlstateIn("connection to server at \"h\" failed: FATAL:  28P01: "
                   "password authentication failed\nLOCATION:  auth.c:326\n") ==
        "28P01");
  CHECK(SqlstateIn("FATAL:  3D000: database \"x\" does not exist").size() == 5);
  CHECK(SqlstateIn("connection to server on socket \"/x\" failed: No such file "
                   "or directory")
            .empty());
  CHECK(SqlstateIn("FATAL:  short").empty());
  CHECK(SqlstateIn("FATAL:  28p01: lower case").empty());
}

}  // namespace
}  // namespace tillstorm
