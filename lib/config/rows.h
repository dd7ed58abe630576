// Ways to write a row of the key table. `kMembers` are the pointers to members
// that lead from T to the place of the value: &Issuer::policy, &Policy::skew.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/config/key.h"

namespace usher::config {

// Adds the entries below a key, whose changes are taken as its own are.
template <typename Part>
void DescribePart(Taken taken, const std::string& prefix,
                  std::span<const Key<Part>> keys,
                  std::vector<Entry>& entries) {
  const size_t first = entries.size();
  Describe<Part>(prefix, keys, Part{}, entries);
  for (size_t i = first; i < entries.size(); ++i) entries[i].taken = taken;
}

// Elements of two lists that have the same name are the same element.
template <typename Part>
void CompareParts(const std::string& path, Taken taken,
                  std::span<const Key<Part>> keys,
                  const std::vector<Part>& before,
                  const std::vector<Part>& after, Changes& changes) {
  absl::flat_hash_map<std::string_view, const Part*> last;
  for (const Part& part : before) last.emplace(part.name, &part);
  for (const Part& part : after) {
    const std::string place = base::StrCat(path, "[", part.name, "]");
    const auto found = last.find(part.name);
    if (found == last.end()) {
      changes.Add(taken, &Changes::added, place);
    } else {
      Compare<Part>(place + ".", keys, taken, *found->second, part, changes);
      last.erase(found);
    }
  }
  for (const Part& part : before) {
    if (!last.contains(part.name)) continue;
    changes.Add(taken, &Changes::removed,
                base::StrCat(path, "[", part.name, "]"));
  }
}

// A single value, read and shown by a Codec (codecs.h).
template <typename T, typename Codec, auto... kMembers>
constexpr Key<T> Leaf(std::string_view name, std::string_view meaning,
                      Presence presence = Presence::kOptional) {
  return {name,
          presence,
          meaning,
          [](const Value& value, T& out) {
            Codec::Read(value, (out.*....*kMembers));
          },
          [](const Key<T>& key, const std::string& path, const T& defaults,
             std::vector<Entry>& entries) {
            const bool required = key.presence == Presence::kRequired;
            entries.push_back(
                {path, Codec::Words(),
                 required ? "" : Codec::Show((defaults.*....*kMembers)),
                 required, key.meaning, key.taken});
          },
          [](const Key<T>& key, const std::string& path,
             std::optional<Taken> around, const T& before, const T& after,
             Changes& changes) {
            if ((before.*....*kMembers) == (after.*....*kMembers)) return;
            changes.Add(around.value_or(key.taken), &Changes::changed, path);
          },
          [](const Key<T>& key, const T& running, T& next) {
            if (key.taken == Taken::kByReload) return;
            (next.*....*kMembers) = (running.*....*kMembers);
          }};
}

// A mapping that only groups values of T itself.
template <typename T, const auto& kKeys>
constexpr Key<T> Group(std::string_view name) {
  return {
      name,
      Presence::kOptional,
      "",
      [](const Value& value, T& out) { ReadMapping<T>(value, kKeys, out); },
      [](const Key<T>&, const std::string& path, const T& defaults,
         std::vector<Entry>& entries) {
        Describe<T>(path + ".", kKeys, defaults, entries);
      },
      [](const Key<T>&, const std::string& path, std::optional<Taken> around,
         const T& before, const T& after, Changes& changes) {
        Compare<T>(path + ".", kKeys, around, before, after, changes);
      },
      [](const Key<T>&, const T& running, T& next) {
        Keep<T>(kKeys, running, next);
      }};
}

// A mapping whose presence means something: an std::optional<Part> of T.
template <typename T, typename Part, const auto& kKeys,
          std::optional<Part> T::*kMember>
constexpr Key<T> OptionalPart(std::string_view name, std::string_view meaning) {
  return {
      name,
      Presence::kOptional,
      meaning,
      [](const Value& value, T& out) {
        (out.*kMember).emplace();
        ReadMapping<Part>(value, kKeys, *(out.*kMember));
      },
      [](const Key<T>& key, const std::string& path, const T&,
         std::vector<Entry>& entries) {
        entries.push_back({path, "mapping", "", false, key.meaning, key.taken});
        DescribePart<Part>(key.taken, path + ".", kKeys, entries);
      },
      [](const Key<T>& key, const std::string& path,
         std::optional<Taken> around, const T& before, const T& after,
         Changes& changes) {
        const auto& one = before.*kMember;
        const auto& other = after.*kMember;
        const Taken taken = around.value_or(key.taken);
        if (one.has_value() != other.has_value()) {
          changes.Add(taken, &Changes::changed, path);
        } else if (one.has_value()) {
          Compare<Part>(path + ".", kKeys, taken, *one, *other, changes);
        }
      },
      [](const Key<T>& key, const T& running, T& next) {
        if (key.taken == Taken::kByReload) return;
        next.*kMember = running.*kMember;
      }};
}

// A list of mappings: an std::vector<Part> of T. The elements keep their
// positions, faulty or not, so that later checks can name them.
template <typename T, typename Part, std::span<const Key<Part>> (*kKeys)(),
          std::vector<Part> T::*kMember>
constexpr Key<T> Parts(std::string_view name, std::string_view meaning,
                       Presence presence = Presence::kOptional) {
  return {name,
          presence,
          meaning,
          [](const Value& value, T& out) {
            if (!value.IsList()) return;
            (out.*kMember).resize(value.node.elements.size());
            for (size_t i = 0; i < value.node.elements.size(); ++i) {
              ReadMapping<Part>(value.Element(i), kKeys(), (out.*kMember)[i]);
            }
          },
          [](const Key<T>& key, const std::string& path, const T&,
             std::vector<Entry>& entries) {
            entries.push_back({path, "list of mappings", "",
                               key.presence == Presence::kRequired, key.meaning,
                               key.taken});
            DescribePart<Part>(key.taken, path + "[].", kKeys(), entries);
          },
          [](const Key<T>& key, const std::string& path,
             std::optional<Taken> around, const T& before, const T& after,
             Changes& changes) {
            CompareParts<Part>(path, around.value_or(key.taken), kKeys(),
                               before.*kMember, after.*kMember, changes);
          },
          [](const Key<T>& key, const T& running, T& next) {
            if (key.taken == Taken::kByReload) return;
            next.*kMember = running.*kMember;
          }};
}

}  // namespace usher::config
