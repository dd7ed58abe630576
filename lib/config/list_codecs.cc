// The codecs of lists and of words from a list.
#include <algorithm>
#include <array>

#include "lib/config/codecs.h"

namespace usher::config {
namespace {

constexpr auto kRpcs =
    std::to_array<std::string_view>({"Verify", "BatchVerify", "Introspect"});

struct LevelName {
  std::string_view name;
  base::LogLevel level;
};
constexpr auto kLevels = std::to_array<LevelName>({
    {"debug", base::LogLevel::kDebug},
    {"info", base::LogLevel::kInfo},
    {"warning", base::LogLevel::kWarning},
    {"error", base::LogLevel::kError},
});

std::vector<std::string_view> AlgorithmNames() {
  std::vector<std::string_view> names;
  for (const jose::AlgRow& row : jose::Algs()) names.push_back(row.name);
  names.push_back("EdDSA");
  return names;
}

}  // namespace

void TokenTypeList::Read(const Value& value, std::vector<std::string>& out) {
  out.clear();
  ForEachText(
      value, /*may_be_empty=*/true,
      [&](const Value&, std::string_view text) { out.emplace_back(text); });
}

void RpcList::Read(const Value& value, std::vector<std::string>& out) {
  out.clear();
  ForEachText(value, false, [&](const Value& element, std::string_view name) {
    if (std::ranges::find(kRpcs, name) == kRpcs.end()) {
      UnknownWord(element, "RPC", name, kRpcs);
    } else {
      out.emplace_back(name);
    }
  });
}

void AlgorithmList::Read(const Value& value, jose::AlgSet& out) {
  out = {};
  ForEachText(value, false, [&](const Value& element, std::string_view name) {
    const jose::AlgSet named = jose::DefaultAlgs(name);
    if (!named.empty()) {
      out = out | named;
    } else if (name == "none" || name.starts_with("HS")) {
      element.Fault(
          "is never accepted: whoever knows the key to check it could sign");
    } else {
      UnknownWord(element, "algorithm", name, AlgorithmNames());
    }
  });
}

std::string AlgorithmList::Show(jose::AlgSet algs) {
  return base::StrCat("[", jose::NamesOf(algs), "]");
}

void Level::Read(const Value& value, base::LogLevel& out) {
  const auto text = value.Text();
  if (!text) return;
  const auto row = std::ranges::find(kLevels, *text, &LevelName::name);
  if (row == kLevels.end()) {
    return value.Fault(base::StrCat("must be ", Words()));
  }
  out = row->level;
}

std::string Level::Show(base::LogLevel level) {
  const auto row = std::ranges::find(kLevels, level, &LevelName::level);
  return std::string(row->name);
}

}  // namespace usher::config
