// Ways to write a row of the key table. `kMembers` are the pointers to members
// that lead from T to the place of the value: &Issuer::policy, &Policy::skew.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/key.h"

namespace usher::config {

// A single value, read and shown by a Codec (codecs.h).
template <typename T, typename Codec, auto... kMembers>
constexpr Key<T> Leaf(std::string_view name, std::string_view meaning,
                      Presence presence = Presence::kOptional) {
  return {name, presence, meaning,
          [](const Value& value, T& out) {
            Codec::Read(value, (out.*....*kMembers));
          },
          [](const Key<T>& key, const std::string& path, const T& defaults,
             std::vector<Entry>& entries) {
            const bool required = key.presence == Presence::kRequired;
            entries.push_back(
                {path, Codec::Words(),
                 required ? "" : Codec::Show((defaults.*....*kMembers)),
                 required, key.meaning});
          }};
}

// A mapping that only groups values of T itself.
template <typename T, const auto& kKeys>
constexpr Key<T> Group(std::string_view name) {
  return {name, Presence::kOptional, "",
          [](const Value& value, T& out) { ReadMapping<T>(value, kKeys, out); },
          [](const Key<T>&, const std::string& path, const T& defaults,
             std::vector<Entry>& entries) {
            Describe<T>(path + ".", kKeys, defaults, entries);
          }};
}

// A mapping whose presence means something: an std::optional<Part> of T.
template <typename T, typename Part, const auto& kKeys,
          std::optional<Part> T::*kMember>
constexpr Key<T> OptionalPart(std::string_view name, std::string_view meaning) {
  return {name, Presence::kOptional, meaning,
          [](const Value& value, T& out) {
            (out.*kMember).emplace();
            ReadMapping<Part>(value, kKeys, *(out.*kMember));
          },
          [](const Key<T>& key, const std::string& path, const T&,
             std::vector<Entry>& entries) {
            entries.push_back({path, "mapping", "", false, key.meaning});
            Describe<Part>(path + ".", kKeys, Part{}, entries);
          }};
}

// A list of mappings: an std::vector<Part> of T. The elements keep their
// positions, faulty or not, so that later checks can name them.
template <typename T, typename Part, std::span<const Key<Part>> (*kKeys)(),
          std::vector<Part> T::*kMember>
constexpr Key<T> Parts(std::string_view name, std::string_view meaning,
                       Presence presence = Presence::kOptional) {
  return {
      name, presence, meaning,
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
                           key.presence == Presence::kRequired, key.meaning});
        Describe<Part>(path + "[].", kKeys(), Part{}, entries);
      }};
}

}  // namespace usher::config
