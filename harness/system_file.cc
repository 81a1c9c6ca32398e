#include "harness/system_file.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <system_error>

namespace tillstorm {

std::optional<int64_t> ParseCount(std::string_view text) {
  int64_t value = 0;
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

std::optional<std::string> ReadLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

std::optional<int64_t> ReadCount(const std::string& path) {
  const std::optional<std::string> line = ReadLine(path);
  return line ? ParseCount(*line) : std::nullopt;
}

std::optional<std::string> ReadEntry(const std::string& path,
                                     std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return std::nullopt;
}

std::optional<int64_t> ReadField(const std::string& path,
                                 std::string_view key) {
  const std::optional<std::string> entry = ReadEntry(path, key);
  return entry ? ParseCount(*entry) : std::nullopt;
}

}  // namespace tillstorm
