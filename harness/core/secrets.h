// Secrets: telling whether a text holds a password, and hiding it.
//
// What a user writes as a location may hold the password of a database, as
// `postgresql://user:password@host/db` or `...?password=...`, even in places
// where no location belongs. Whatever of it comes back in a message, a report
// or the log passes through here.
//
// Both err on the side of finding one: a colon that an at sign follows anywhere
// after `://` counts (an at sign that is none of these is written %40), and so
// does `password=` in upper case, in `sslpassword=` or percent-encoded.
//
// Threads: pure functions.
#ifndef TILLSTORM_HARNESS_CORE_SECRETS_H_
#define TILLSTORM_HARNESS_CORE_SECRETS_H_

#include <string>
#include <string_view>

namespace tillstorm {

[[nodiscard]] bool HoldsPassword(std::string_view text);

// The text with `***` in place of what may be a password, and of more than that
// where it cannot be told where a password ends.
[[nodiscard]] std::string HidePasswords(std::string_view text);

}  // namespace tillstorm

#endif  // TILLSTORM_HARNESS_CORE_SECRETS_H_
