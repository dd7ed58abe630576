// A row of the key table: what one key is called, how it is read into a T, and
// what the documents say about it. Reading, the check for unknown keys and
// docs/configuration.md all walk the same rows, so they cannot disagree.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "lib/config/changes.h"
#include "lib/config/characters.h"
#include "lib/config/nearest.h"
#include "lib/config/value.h"

namespace usher::config {

// A key as the documents show it.
struct Entry {
  std::string path;  // "issuers[].refresh.cooldown"
  std::string type;  // "duration"
  // The default, as one would write it; "" where there is none.
  std::string fallback;
  bool required = false;
  std::string_view meaning;
  Taken taken = Taken::kAtRestart;
};

// Whether switching the key on loosens security.
inline bool IsLoud(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot != std::string_view::npos) path.remove_prefix(dot + 1);
  return path.starts_with("insecure_");
}

enum class Presence { kOptional, kRequired };

template <typename T>
struct Key {
  std::string_view name;
  Presence presence;
  std::string_view meaning;
  // Reads the value into its place in T; faults go to the report.
  void (*read)(const Value&, T&);
  // Adds this key's entry, and those below it. `path` is the key's own.
  void (*describe)(const Key& key, const std::string& path, const T& defaults,
                   std::vector<Entry>& entries);
  // Puts down where two values differ at this key. `around`: when a change of
  // what the key stands in is taken, which then holds for the key too.
  void (*compare)(const Key& key, const std::string& path,
                  std::optional<Taken> around, const T& before, const T& after,
                  Changes& changes) = nullptr;
  // Makes `next` what `running` is at this key, if only a restart takes a new
  // value.
  void (*keep)(const Key& key, const T& running, T& next) = nullptr;
  // Of a key that nobody has thought about it is said that it needs a restart.
  Taken taken = Taken::kAtRestart;

  constexpr Key ByReload() const {
    Key key = *this;
    key.taken = Taken::kByReload;
    return key;
  }
};

template <typename T>
std::string DidYouMeanKey(std::string_view name, std::span<const Key<T>> keys) {
  std::vector<std::string_view> names;
  for (const Key<T>& key : keys) names.push_back(key.name);
  return DidYouMean(name, names);
}

// Reads a mapping with `keys`: unknown, repeated and missing keys are faults.
template <typename T>
void ReadMapping(const Value& value, std::span<const Key<T>> keys, T& out) {
  if (!value.IsMapping()) return;
  Report& report = value.reading.report;
  absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>> seen;
  for (const Node::Member& member : value.node.members) {
    const auto key = std::ranges::find(keys, member.key, &Key<T>::name);
    if (!seen.insert(member.key).second) {
      report.FaultInside(value.path, member.line,
                         base::StrCat(Quoted(member.key), " is said twice"));
    } else if (key != keys.end()) {
      key->read({member.value, value.PathOf(key->name), value.reading}, out);
    } else if (!report.full()) {
      report.FaultInside(value.path, member.line,
                         base::StrCat("unknown key ", Quoted(member.key),
                                      DidYouMeanKey(member.key, keys)));
    }
  }
  for (const Key<T>& key : keys) {
    if (key.presence == Presence::kRequired && !seen.contains(key.name)) {
      report.Fault(value.PathOf(key.name), value.node.line, "is required");
    }
  }
}

// Adds the entries of `keys` and of all below them.
template <typename T>
void Describe(std::string_view prefix, std::span<const Key<T>> keys,
              const T& defaults, std::vector<Entry>& entries) {
  for (const Key<T>& key : keys) {
    key.describe(key, base::StrCat(prefix, key.name), defaults, entries);
  }
}

// Puts down where two values differ at `keys`.
template <typename T>
void Compare(std::string_view prefix, std::span<const Key<T>> keys,
             std::optional<Taken> around, const T& before, const T& after,
             Changes& changes) {
  for (const Key<T>& key : keys) {
    key.compare(key, base::StrCat(prefix, key.name), around, before, after,
                changes);
  }
}

// Makes `next` what `running` is wherever only a restart takes a new value.
template <typename T>
void Keep(std::span<const Key<T>> keys, const T& running, T& next) {
  for (const Key<T>& key : keys) key.keep(key, running, next);
}

}  // namespace usher::config
