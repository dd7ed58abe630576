// Functions that make the rows of a table of fields. `kMembers` are pointers to
// members that lead from T to the value: &Issuer::policy, &Policy::skew.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/yaml/field.h"

namespace usher::yaml {

// Appends the documentation of the fields inside a field, which are applied
// when that field is.
template <typename Inner>
void DescribeInner(AppliedOn applied_on, const std::string& prefix,
                   std::span<const Field<Inner>> fields,
                   std::vector<FieldDoc>& docs) {
  const size_t first = docs.size();
  Describe<Inner>(prefix, fields, Inner{}, docs);
  for (size_t i = first; i < docs.size(); ++i) docs[i].applied_on = applied_on;
}

// Compares two lists. Elements are identified by their `name`.
template <typename Element>
void CompareLists(const std::string& path, AppliedOn applied_on,
                  std::span<const Field<Element>> fields,
                  const std::vector<Element>& before,
                  const std::vector<Element>& after, Changes& changes) {
  absl::flat_hash_map<std::string_view, const Element*> unmatched;
  for (const Element& element : before) {
    unmatched.emplace(element.name, &element);
  }
  for (const Element& element : after) {
    const std::string place = base::StrCat(path, "[", element.name, "]");
    const auto found = unmatched.find(element.name);
    if (found == unmatched.end()) {
      changes.Add(applied_on, &Changes::added, place);
    } else {
      Compare<Element>(place + ".", fields, applied_on, *found->second, element,
                       changes);
      unmatched.erase(found);
    }
  }
  for (const Element& element : before) {
    if (!unmatched.contains(element.name)) continue;
    changes.Add(applied_on, &Changes::removed,
                base::StrCat(path, "[", element.name, "]"));
  }
}

// A single value, read and formatted by a Codec (codecs.h).
template <typename T, typename Codec, auto... kMembers>
constexpr Field<T> SimpleField(std::string_view name,
                               std::string_view description,
                               Presence presence = Presence::kOptional) {
  return {name,
          presence,
          description,
          [](const Value& value, T& out) {
            Codec::Read(value, (out.*....*kMembers));
          },
          [](const Field<T>& field, const std::string& path, const T& defaults,
             std::vector<FieldDoc>& docs) {
            const bool required = field.presence == Presence::kRequired;
            docs.push_back(
                {path, Codec::TypeName(),
                 required ? "" : Codec::Format((defaults.*....*kMembers)),
                 required, field.description, field.applied_on});
          },
          [](const Field<T>& field, const std::string& path,
             std::optional<AppliedOn> inherited, const T& before,
             const T& after, Changes& changes) {
            if ((before.*....*kMembers) == (after.*....*kMembers)) return;
            changes.Add(inherited.value_or(field.applied_on), &Changes::changed,
                        path);
          },
          [](const Field<T>& field, const T& running, T& next) {
            if (field.applied_on == AppliedOn::kReload) return;
            (next.*....*kMembers) = (running.*....*kMembers);
          }};
}

// A mapping that groups fields of T itself.
template <typename T, const auto& kFields>
constexpr Field<T> Section(std::string_view name) {
  return {
      name,
      Presence::kOptional,
      "",
      [](const Value& value, T& out) { ReadMapping<T>(value, kFields, out); },
      [](const Field<T>&, const std::string& path, const T& defaults,
         std::vector<FieldDoc>& docs) {
        Describe<T>(path + ".", kFields, defaults, docs);
      },
      [](const Field<T>&, const std::string& path,
         std::optional<AppliedOn> inherited, const T& before, const T& after,
         Changes& changes) {
        Compare<T>(path + ".", kFields, inherited, before, after, changes);
      },
      [](const Field<T>&, const T& running, T& next) {
        KeepUntilRestart<T>(kFields, running, next);
      }};
}

// A mapping whose presence has a meaning: an std::optional<Inner> of T.
template <typename T, typename Inner, const auto& kFields,
          std::optional<Inner> T::*kMember>
constexpr Field<T> OptionalSection(std::string_view name,
                                   std::string_view description) {
  return {name,
          Presence::kOptional,
          description,
          [](const Value& value, T& out) {
            (out.*kMember).emplace();
            ReadMapping<Inner>(value, kFields, *(out.*kMember));
          },
          [](const Field<T>& field, const std::string& path, const T&,
             std::vector<FieldDoc>& docs) {
            docs.push_back({path, "mapping", "", false, field.description,
                            field.applied_on});
            DescribeInner<Inner>(field.applied_on, path + ".", kFields, docs);
          },
          [](const Field<T>& field, const std::string& path,
             std::optional<AppliedOn> inherited, const T& before,
             const T& after, Changes& changes) {
            const auto& one = before.*kMember;
            const auto& other = after.*kMember;
            const AppliedOn applied_on = inherited.value_or(field.applied_on);
            if (one.has_value() != other.has_value()) {
              changes.Add(applied_on, &Changes::changed, path);
            } else if (one.has_value()) {
              Compare<Inner>(path + ".", kFields, applied_on, *one, *other,
                             changes);
            }
          },
          [](const Field<T>& field, const T& running, T& next) {
            if (field.applied_on == AppliedOn::kReload) return;
            next.*kMember = running.*kMember;
          }};
}

// A list of mappings: an std::vector<Element> of T. Invalid elements keep their
// positions, so that later checks can name the others by their index.
template <typename T, typename Element,
          std::span<const Field<Element>> (*kFields)(),
          std::vector<Element> T::*kMember>
constexpr Field<T> List(std::string_view name, std::string_view description,
                        Presence presence = Presence::kOptional) {
  return {
      name,
      presence,
      description,
      [](const Value& value, T& out) {
        if (!value.IsNonEmptyList()) return;
        (out.*kMember).resize(value.node.elements.size());
        for (size_t i = 0; i < value.node.elements.size(); ++i) {
          ReadMapping<Element>(value.Element(i), kFields(), (out.*kMember)[i]);
        }
      },
      [](const Field<T>& field, const std::string& path, const T&,
         std::vector<FieldDoc>& docs) {
        docs.push_back({path, "list of mappings", "",
                        field.presence == Presence::kRequired,
                        field.description, field.applied_on});
        DescribeInner<Element>(field.applied_on, path + "[].", kFields(), docs);
      },
      [](const Field<T>& field, const std::string& path,
         std::optional<AppliedOn> inherited, const T& before, const T& after,
         Changes& changes) {
        CompareLists<Element>(path, inherited.value_or(field.applied_on),
                              kFields(), before.*kMember, after.*kMember,
                              changes);
      },
      [](const Field<T>& field, const T& running, T& next) {
        if (field.applied_on == AppliedOn::kReload) return;
        next.*kMember = running.*kMember;
      }};
}

}  // namespace usher::yaml
