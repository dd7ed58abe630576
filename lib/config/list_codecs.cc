// The codecs of lists and of words from a list.
#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "absl/container/flat_hash_set.h"
#include "lib/config/characters.h"
#include "lib/config/codecs.h"
#include "lib/config/nearest.h"

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

// Calls `take` for every text of a list; one said twice is a fault.
void ForEachText(
    const Value& list, bool may_be_empty,
    const std::function<void(const Value&, std::string_view)>& take) {
  if (!list.IsList()) return;
  absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>> seen;
  for (size_t i = 0; i < list.node.elements.size(); ++i) {
    const Value value = list.Element(i);
    const bool is_empty_text = value.node.quoted && value.node.text.empty();
    const auto text =
        may_be_empty && is_empty_text ? std::string_view("") : value.Text();
    if (!text) continue;
    if (!seen.insert(*text).second) {
      value.Fault("is in the list twice");
    } else {
      take(value, *text);
    }
  }
}

void ReadTexts(const Value& value, bool may_be_empty,
               std::vector<std::string>& out) {
  out.clear();
  ForEachText(value, may_be_empty, [&](const Value&, std::string_view text) {
    out.emplace_back(text);
  });
}

// A fault for a word that is none of `words`.
void Unknown(const Value& value, std::string_view what, std::string_view word,
             std::span<const std::string_view> words) {
  value.Fault(base::StrCat("unknown ", what, " ", Quoted(word),
                           DidYouMean(word, words)));
}

std::vector<std::string_view> AlgorithmNames() {
  std::vector<std::string_view> names;
  for (const jose::AlgRow& row : jose::Algs()) names.push_back(row.name);
  names.push_back("EdDSA");
  return names;
}

}  // namespace

void TextList::Read(const Value& value, std::vector<std::string>& out) {
  ReadTexts(value, /*may_be_empty=*/false, out);
}

std::string TextList::Show(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ", ";
    out += text.empty() ? "\"\"" : text;
  }
  return out.empty() ? "" : base::StrCat("[", out, "]");
}

void TokenTypeList::Read(const Value& value, std::vector<std::string>& out) {
  ReadTexts(value, /*may_be_empty=*/true, out);
}

void RpcList::Read(const Value& value, std::vector<std::string>& out) {
  out.clear();
  ForEachText(value, false, [&](const Value& element, std::string_view name) {
    if (std::ranges::find(kRpcs, name) == kRpcs.end()) {
      Unknown(element, "RPC", name, kRpcs);
    } else {
      out.emplace_back(name);
    }
  });
}

void AlgorithmList::Read(const Value& value, jose::AlgSet& out) {
  out = {};
  ForEachText(value, false, [&](const Value& element, std::string_view name) {
    const jose::AlgSet named = jose::AlgsConfigured(name);
    if (!named.empty()) {
      out = out | named;
    } else if (name == "none" || name.starts_with("HS")) {
      element.Fault(
          "is never accepted: whoever knows the key to check it could sign");
    } else {
      Unknown(element, "algorithm", name, AlgorithmNames());
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
