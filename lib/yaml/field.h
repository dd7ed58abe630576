// A field: one key of a YAML mapping, how it is read into a struct T, and its
// documentation. Reading, the check for unknown keys, the comparison on reload
// and docs/configuration.md all use the same tables of fields, so they cannot
// disagree.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "lib/yaml/changes.h"
#include "lib/yaml/did_you_mean.h"
#include "lib/yaml/text.h"
#include "lib/yaml/value.h"

namespace usher::yaml {

// A row of the documentation.
struct FieldDoc {
  std::string path;           // "issuers[].refresh.cooldown"
  std::string type;           // "duration"
  std::string default_value;  // as written in YAML; "": none
  bool required = false;
  std::string_view description;
  AppliedOn applied_on = AppliedOn::kRestart;
};

// Whether setting the field weakens security.
inline bool IsInsecure(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot != std::string_view::npos) path.remove_prefix(dot + 1);
  return path.starts_with("insecure_");
}

enum class Presence { kOptional, kRequired };

// Made by the functions of field_kinds.h.
template <typename T>
struct Field {
  std::string_view name;
  Presence presence;
  std::string_view description;
  // Reads the value into its member of T. Errors go to the report.
  void (*read)(const Value&, T&);
  // Appends the documentation of this field, at `path`, and of those inside it.
  void (*describe)(const Field& field, const std::string& path,
                   const T& defaults, std::vector<FieldDoc>& docs);
  // Adds the differences between two values. `inherited` is set for fields of a
  // list element or optional section: it replaces their own `applied_on`.
  // Null for fields of files that are replaced as a whole.
  void (*compare)(const Field& field, const std::string& path,
                  std::optional<AppliedOn> inherited, const T& before,
                  const T& after, Changes& changes) = nullptr;
  // Copies the value of `running` to `next` if only a restart applies a new
  // value. Null where `compare` is null.
  void (*keep_until_restart)(const Field& field, const T& running,
                             T& next) = nullptr;
  AppliedOn applied_on = AppliedOn::kRestart;

  constexpr Field AppliedOnReload() const {
    Field field = *this;
    field.applied_on = AppliedOn::kReload;
    return field;
  }
};

template <typename T>
std::string DidYouMeanField(std::string_view name,
                            std::span<const Field<T>> fields) {
  std::vector<std::string_view> names;
  for (const Field<T>& field : fields) names.push_back(field.name);
  return DidYouMean(name, names);
}

// Reads a mapping. Unknown, duplicate and missing keys are errors.
template <typename T>
void ReadMapping(const Value& value, std::span<const Field<T>> fields, T& out) {
  if (!value.IsMapping()) return;
  Report& report = value.reading.report;
  absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>> seen;
  for (const Node::Member& member : value.node.members) {
    const auto field = std::ranges::find(fields, member.key, &Field<T>::name);
    if (!seen.insert(member.key).second) {
      report.AddErrorInside(value.path, member.line,
                            base::StrCat("duplicate key ", Quoted(member.key)));
    } else if (field != fields.end()) {
      field->read({member.value, value.PathOf(field->name), value.reading},
                  out);
    } else if (!report.full()) {
      report.AddErrorInside(value.path, member.line,
                            base::StrCat("unknown key ", Quoted(member.key),
                                         DidYouMeanField(member.key, fields)));
    }
  }
  for (const Field<T>& field : fields) {
    if (field.presence == Presence::kRequired && !seen.contains(field.name)) {
      report.AddError(value.PathOf(field.name), value.node.line, "is required");
    }
  }
}

// Appends the documentation of `fields` and of those inside them.
template <typename T>
void Describe(std::string_view prefix, std::span<const Field<T>> fields,
              const T& defaults, std::vector<FieldDoc>& docs) {
  for (const Field<T>& field : fields) {
    field.describe(field, base::StrCat(prefix, field.name), defaults, docs);
  }
}

// Adds the differences between `before` and `after`.
template <typename T>
void Compare(std::string_view prefix, std::span<const Field<T>> fields,
             std::optional<AppliedOn> inherited, const T& before,
             const T& after, Changes& changes) {
  for (const Field<T>& field : fields) {
    field.compare(field, base::StrCat(prefix, field.name), inherited, before,
                  after, changes);
  }
}

// Sets the fields of `next` that only a restart applies to their values in
// `running`.
template <typename T>
void KeepUntilRestart(std::span<const Field<T>> fields, const T& running,
                      T& next) {
  for (const Field<T>& field : fields) {
    field.keep_until_restart(field, running, next);
  }
}

}  // namespace usher::yaml
