#include "usher/claim_rule.h"

#include <algorithm>

#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/claims/document.h"

namespace usher {
namespace {

using Condition = ClaimRule::Condition;

bool HasDuplicates(const std::vector<ClaimValue>& values) {
  for (auto value = values.begin(); value != values.end(); ++value) {
    if (std::find(values.begin(), value, *value) != value) return true;
  }
  return false;
}

bool HasEmptyText(const std::vector<ClaimValue>& values) {
  return std::find(values.begin(), values.end(), ClaimValue("")) !=
         values.end();
}

std::string_view ErrorIn(const ClaimRule& rule) {
  const auto& names = rule.path().names();
  if (names.empty() || std::count(names.begin(), names.end(), "") != 0) {
    return "must have a name";
  }
  if (HasEmptyText(rule.values())) return "a value must not be empty";
  if (rule.condition() == Condition::kIsOneOf && rule.values().empty()) {
    return "needs at least one value";
  }
  return HasDuplicates(rule.values()) ? "has a duplicate value" : "";
}

// Whether no token can fulfil both rules, which are about the same claim.
bool Contradict(const ClaimRule& one, const ClaimRule& other) {
  // An array can contain many values.
  if (one.condition() == Condition::kContains &&
      other.condition() == one.condition()) {
    return false;
  }
  if (one.values().empty() || other.values().empty()) return false;
  return std::none_of(
      one.values().begin(), one.values().end(), [&](const ClaimValue& value) {
        return std::find(other.values().begin(), other.values().end(), value) !=
               other.values().end();
      });
}

}  // namespace

std::string ClaimValue::Text() const {
  if (const auto* boolean = std::get_if<bool>(&value_)) {
    return *boolean ? "true" : "false";
  }
  if (const auto* number = std::get_if<int64_t>(&value_)) {
    return std::to_string(*number);
  }
  std::string text;
  base::AppendJsonString(text, std::get<std::string>(value_));
  return text;
}

std::string ClaimRule::Text() const {
  std::string list;
  for (const ClaimValue& value : values_) {
    list += base::StrCat(list.empty() ? "" : ", ", value.Text());
  }
  const std::string claim = path_.Text();
  switch (condition_) {
    case Condition::kIs:
      return base::StrCat(claim, " is ", list);
    case Condition::kIsOneOf:
      return base::StrCat(claim, " is one of ", list);
    case Condition::kContains:
      return base::StrCat(claim, " contains ", list);
    case Condition::kIsPresent:
      break;
  }
  return base::StrCat(claim, " is present");
}

bool ClaimRule::Holds(const Claims& claims) const {
  const Claims::Document& document = *claims.document_;
  const auto found = document.Find(path_);
  if (!found) return false;
  const ClaimType type = document.TypeOf(*found);
  if (condition_ == Condition::kIsPresent) return type != ClaimType::kNull;

  const auto equals = [&](size_t place, const ClaimValue& expected) {
    switch (document.TypeOf(place)) {
      case ClaimType::kString: {
        const auto* text = std::get_if<std::string>(&expected.value());
        return text != nullptr && *text == document.Text(place);
      }
      case ClaimType::kBool: {
        const auto* boolean = std::get_if<bool>(&expected.value());
        return boolean != nullptr && *boolean == document.Bool(place);
      }
      case ClaimType::kInteger: {
        const auto* number = std::get_if<int64_t>(&expected.value());
        return number != nullptr && document.Integer(place) == *number;
      }
      default:
        return false;
    }
  };
  const auto matches_a_value = [&](size_t place) {
    return std::any_of(
        values_.begin(), values_.end(),
        [&](const ClaimValue& expected) { return equals(place, expected); });
  };
  if (type != ClaimType::kArray || condition_ != Condition::kContains) {
    return matches_a_value(*found);
  }
  for (size_t i = document.First(*found); i != document.End(*found);
       i = document.Next(i)) {
    if (matches_a_value(i)) return true;
  }
  return false;
}

std::vector<std::string> Validate(const std::vector<ClaimRule>& rules) {
  std::vector<std::string> errors;
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    const auto add_error = [&](std::string_view message) {
      errors.push_back(
          base::StrCat("claim ", rule->path().Text(), ": ", message));
    };
    if (const std::string_view error = ErrorIn(*rule); !error.empty()) {
      add_error(error);
      continue;
    }
    for (auto other = rules.begin(); other != rule; ++other) {
      if (other->path() != rule->path()) continue;
      if (*other == *rule) {
        add_error("listed twice");
      } else if (Contradict(*other, *rule)) {
        add_error(base::StrCat("no token can fulfil both \"", other->Text(),
                               "\" and \"", rule->Text(), "\""));
      }
    }
  }
  return errors;
}

}  // namespace usher
