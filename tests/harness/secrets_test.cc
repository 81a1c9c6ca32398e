#include "harness/core/secrets.h"

#include "tests/support/catch.h"

namespace tillstorm {
namespace {

TEST_CASE("A password is found wherever a location can hold one", "[secrets]") {
  const std::string text = GENERATE(
      "postgresql://user:canary@host/db", "postgres://:canary@host",
      "mysql://user:canary@host", "postgresql://user:can/ary@host:5432/db",
      "postgresql://user:can@ary@host/db", "postgresql://user:can?ary@host/db",
      "postgresql://user%3Acanary@host/db", "postgresql://user:can%40ary@host",
      "postgresql://user%3acanary%40host/db",
      "postgresql://host/db?password=canary",
      "postgresql://host/db?user=a&PassWord=canary",
      "postgresql://host/db?%70assword=canary",
      "postgresql://host/db?pass%77ord%3Dcanary",
      "postgresql://host/db?sslpassword=canary",
      "host=localhost password=canary", "password = 'canary' host=localhost",
      "unexpected argument 'postgresql://user:canary@host/db': no");
  INFO(text);
  CHECK(HoldsPassword(text));
  const std::string hidden = HidePasswords(text);
  INFO(hidden);
  CHECK(hidden.find("ary") == std::string::npos);
  CHECK_THAT(hidden, HoldsText("***"));
}

TEST_CASE("What holds no password is left as it is", "[secrets]") {
  const std::string text = GENERATE(
      "", "fleet.db", "/tmp/a:b@c.db", "sqlite:/tmp/a.db?page_size=512",
      "postgresql://user@host:5432/db", "postgresql://host:5432/a%40b",
      "postgresql://user@[::1]:5432/db?sslmode=require",
      "postgresql://host/db?passfile=/home/a/.pgpass", "postgres:/var/tmp/x",
      "the password of user 'a' is wrong", "set PGPASSWORD or ~/.pgpass",
      "100%", "a%4");
  INFO(text);
  CHECK_FALSE(HoldsPassword(text));
  CHECK(HidePasswords(text) == text);
}

TEST_CASE("What stands around a password stays to be read", "[secrets]") {
  CHECK(HidePasswords("postgresql://user:canary@host/db") ==
        "postgresql://user:***@host/db");
  CHECK(HidePasswords("postgresql://host/db?password=canary&user=a") ==
        "postgresql://host/db?password=***&user=a");
  CHECK(HidePasswords("x?sslpassword=canary&password=canary&user=a") ==
        "x?sslpassword=***&password=***&user=a");
}

}  // namespace
}  // namespace tillstorm
