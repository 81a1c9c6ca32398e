#include "harness/measure/intervals_csv.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <utility>

#include "harness/measure/run_fields.h"

namespace tillstorm {
namespace {

Status Bad(std::string what) {
  return {StatusCode::kBadInput, std::move(what)};
}

template <class Number>
bool ReadNumber(std::string_view text, Number* number) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size() &&
         std::isfinite(static_cast<double>(*number));
}

Status ReadLine(std::string_view line, IntervalSample* sample) {
  Status status;
  bool more = true;  // whether a field is left
  VisitFields(
      [&](const char* name, auto& field) {
        if (!status.ok()) return;
        const size_t comma = line.find(',');
        if (!more || !ReadNumber(line.substr(0, comma), &field)) {
          status = Bad(fmt::format("has no number for {}", name));
        }
        more = comma != std::string_view::npos;
        line.remove_prefix(more ? comma + 1 : line.size());
      },
      *sample);
  if (status.ok() && more) return Bad("has more numbers than the first line");
  return status;
}

}  // namespace

std::string IntervalsCsvHeader() {
  const IntervalSample sample;
  std::string line;
  VisitFields(
      [&line](const char* name, const auto&) {
        line += line.empty() ? name : std::string(",") + name;
      },
      sample);
  return line + "\n";
}

std::string IntervalsCsvLine(const IntervalSample& sample) {
  std::string line;
  VisitFields(
      [&line](const char*, const auto& field) {
        line += fmt::format("{}{}", line.empty() ? "" : ",", field);
      },
      sample);
  return line + "\n";
}

Result<std::vector<IntervalSample>> ReadIntervalsCsv(std::string_view text,
                                                     std::string_view shown) {
  const std::string header = IntervalsCsvHeader();
  if (!text.starts_with(header)) {
    // Killed before the first line was whole.
    if (text.find('\n') == std::string_view::npos) {
      return std::vector<IntervalSample>();
    }
    return Bad(fmt::format("{}: line 1 is not the names of its columns, {}",
                           shown, header.substr(0, header.size() - 1)));
  }
  text.remove_prefix(header.size());
  std::vector<IntervalSample> samples;
  for (int number = 2;; ++number) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return samples;
    const Status status =
        ReadLine(text.substr(0, end), &samples.emplace_back());
    if (!status.ok()) {
      return Bad(
          fmt::format("{}: line {} {}", shown, number, status.message()));
    }
    text.remove_prefix(end + 1);
  }
}

}  // namespace tillstorm
