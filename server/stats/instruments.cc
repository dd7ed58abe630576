#include "server/stats/instruments.h"

namespace usher::server {

void IssuerRows::Follow(std::span<const std::string> names) {
  auto next = std::make_unique<ByName>();
  const auto last = rows_.Read();
  const auto add = [&](const std::string& name) {
    const auto [row, added] = next->try_emplace(name);
    if (!added) return;
    const auto found = last->find(name);
    row->second =
        found != last->end() ? found->second : Row(new Counter[size_]());
  };
  add("");
  for (const std::string& name : names) add(name);
  rows_.Publish(std::move(next));
}

Counter* IssuerRows::Find(const ByName& rows, std::string_view name) {
  auto found = rows.find(name);
  if (found == rows.end()) found = rows.find("");
  return found->second.get();
}

}  // namespace usher::server
