// Names and values in two columns, and tables with any number of columns.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace usher::cli {

// The number of columns that UTF-8 text takes; wide characters count as one.
size_t Width(std::string_view text);

// Lines such as "  subject    alice", with aligned values.
class Fields {
 public:
  void Add(std::string_view name, std::string value) {
    rows_.emplace_back(name, std::move(value));
  }
  void Print(std::ostream& out) const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

// Aligned cells: two spaces between columns, none after the last.
// Every row has as many cells as the first.
void PrintTable(const std::vector<std::vector<std::string>>& rows,
                std::ostream& out);

}  // namespace usher::cli
