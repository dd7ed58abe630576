#include "client/cli/print/table.h"

#include <algorithm>

namespace usher::cli {

size_t Width(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
}

void Fields::Print(std::ostream& out) const {
  size_t widest = 0;
  for (const auto& [name, value] : rows_) {
    widest = std::max(widest, Width(name));
  }
  for (const auto& [name, value] : rows_) {
    out << "  " << name << std::string(widest - Width(name) + 2, ' ') << value
        << "\n";
  }
}

void PrintTable(const std::vector<std::vector<std::string>>& rows,
                std::ostream& out) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

}  // namespace usher::cli
