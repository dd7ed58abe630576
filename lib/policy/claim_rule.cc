#include "usher/claim_rule.h"

#include <algorithm>

#include "lib/base/json_writer.h"
#include "lib/base/strings.h"
#include "lib/claims/document.h"

namespace usher {
namespace {

using Demand = ClaimRule::Demand;

bool HasTwice(const std::vector<ClaimValue>& values) {
  for (auto value = values.begin(); value != values.end(); ++value) {
    if (std::find(values.begin(), value, *value) != value) return true;
  }
  return false;
}

bool HasEmptyText(const std::vector<ClaimValue>& values) {
  return std::find(values.begin(), values.end(), ClaimValue("")) !=
         values.end();
}

std::string_view FaultIn(const ClaimRule& rule) {
  const auto& names = rule.path().names();
  if (names.empty() || std::count(names.begin(), names.end(), "") != 0) {
    return "must have a name";
  }
  if (HasEmptyText(rule.values())) return "cannot be wanted to be empty";
  if (rule.demand() == Demand::kIsOneOf && rule.values().empty()) {
    return "must have at least one value to be one of";
  }
  return HasTwice(rule.values()) ? "has a value twice" : "";
}

// Whether no token can fulfil both, which are on the same claim.
bool Contradict(const ClaimRule& one, const ClaimRule& other) {
  // Arrays may contain many values.
  if (one.demand() == Demand::kContains && other.demand() == one.demand()) {
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
  if (const auto* truth = std::get_if<bool>(&value_)) {
    return *truth ? "true" : "false";
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
  switch (demand_) {
    case Demand::kIs:
      return base::StrCat(claim, " is ", list);
    case Demand::kIsOneOf:
      return base::StrCat(claim, " is one of ", list);
    case Demand::kContains:
      return base::StrCat(claim, " contains ", list);
    case Demand::kIsPresent:
      break;
  }
  return base::StrCat(claim, " is present");
}

bool ClaimRule::Holds(const Claims& claims) const {
  const Claims::Document& document = *claims.document_;
  const auto found = document.Find(path_);
  if (!found) return false;
  const ClaimType type = document.TypeOf(*found);
  if (demand_ == Demand::kIsPresent) return type != ClaimType::kNull;

  const auto equals = [&](size_t place, const ClaimValue& wanted) {
    switch (document.TypeOf(place)) {
      case ClaimType::kString: {
        const auto* text = std::get_if<std::string>(&wanted.value());
        return text != nullptr && *text == document.Text(place);
      }
      case ClaimType::kBool: {
        const auto* truth = std::get_if<bool>(&wanted.value());
        return truth != nullptr && *truth == document.Truth(place);
      }
      case ClaimType::kInteger: {
        const auto* number = std::get_if<int64_t>(&wanted.value());
        return number != nullptr && document.Integer(place) == *number;
      }
      default:
        return false;
    }
  };
  const auto is_wanted = [&](size_t place) {
    return std::any_of(
        values_.begin(), values_.end(),
        [&](const ClaimValue& wanted) { return equals(place, wanted); });
  };
  if (type != ClaimType::kArray || demand_ != Demand::kContains) {
    return is_wanted(*found);
  }
  for (size_t i = document.First(*found); i != document.End(*found);
       i = document.Next(i)) {
    if (is_wanted(i)) return true;
  }
  return false;
}

std::vector<std::string> FaultsIn(const std::vector<ClaimRule>& rules) {
  std::vector<std::string> faults;
  for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
    const auto fault = [&](std::string_view what) {
      faults.push_back(base::StrCat("claim ", rule->path().Text(), ": ", what));
    };
    if (const std::string_view what = FaultIn(*rule); !what.empty()) {
      fault(what);
      continue;
    }
    for (auto other = rules.begin(); other != rule; ++other) {
      if (other->path() != rule->path()) continue;
      if (*other == *rule) {
        fault("is spoken of twice");
      } else if (Contradict(*other, *rule)) {
        fault(base::StrCat("no token can fulfil both \"", other->Text(),
                           "\" and \"", rule->Text(), "\""));
      }
    }
  }
  return faults;
}

}  // namespace usher
