#include "lib/config/policy_keys.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "lib/config/plain_codecs.h"
#include "lib/config/rows.h"

namespace usher::config {
namespace {

using About = PolicyStatement::About;
using Demand = WantedClaim::Demand;
using ClaimScalar = std::variant<std::string, bool, int64_t>;

// Text, true or false, or a whole number; quotes make anything text.
std::optional<ClaimScalar> ReadScalar(const Value& value) {
  const auto text = value.Text();
  if (!text) return std::nullopt;
  if (value.node.quoted) return std::string(*text);
  if (*text == "true" || *text == "false") return *text == "true";
  const bool numeric =
      text->find_first_not_of("0123456789+-.eE_") == std::string_view::npos &&
      text->find_first_of("0123456789") != std::string_view::npos;
  if (!numeric) return std::string(*text);
  int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  if (read.ec == std::errc() && read.ptr == end &&
      std::to_string(number) == *text) {
    return number;
  }
  value.Fault(
      "must be a whole number in decimal digits; in quotes it would be text");
  return std::nullopt;
}

void Want(ClaimDemands& out, Demand demand, std::vector<ClaimScalar> values) {
  out.wanted.push_back({out.path, demand, std::move(values)});
}

struct IsCodec {
  static std::string Words() { return "text, number, true or false"; }
  static void Read(const Value& value, ClaimDemands& out) {
    if (auto scalar = ReadScalar(value)) {
      Want(out, Demand::kIs, {std::move(*scalar)});
    }
  }
  static std::string Show(const ClaimDemands&) { return ""; }
};

std::vector<ClaimScalar> ReadScalars(const Value& list) {
  std::vector<ClaimScalar> scalars;
  if (!list.IsList()) return scalars;
  for (size_t i = 0; i < list.node.elements.size(); ++i) {
    if (auto scalar = ReadScalar(list.Element(i))) {
      scalars.push_back(std::move(*scalar));
    }
  }
  return scalars;
}

struct OneOfCodec {
  static std::string Words() { return "list of such values"; }
  static void Read(const Value& value, ClaimDemands& out) {
    auto scalars = ReadScalars(value);
    if (!scalars.empty()) Want(out, Demand::kIsOneOf, std::move(scalars));
  }
  static std::string Show(const ClaimDemands&) { return ""; }
};

struct ContainsCodec {
  static std::string Words() { return "such a value, or a list of them"; }
  static void Read(const Value& value, ClaimDemands& out) {
    if (value.node.kind != Node::Kind::kList) {
      if (auto scalar = ReadScalar(value)) {
        Want(out, Demand::kContains, {std::move(*scalar)});
      }
      return;
    }
    for (ClaimScalar& scalar : ReadScalars(value)) {
      Want(out, Demand::kContains, {std::move(scalar)});
    }
  }
  static std::string Show(const ClaimDemands&) { return ""; }
};

struct PresentCodec {
  static std::string Words() { return "true"; }
  static void Read(const Value& value, ClaimDemands& out) {
    bool on = true;
    Switch::Read(value, on);
    if (!on) return value.Fault("can only be true; else leave it out");
    Want(out, Demand::kIsPresent, {});
  }
  static std::string Show(const ClaimDemands&) { return ""; }
};

constexpr auto kClaim = std::to_array<Key<ClaimDemands>>({
    Leaf<ClaimDemands, IsCodec>(
        "is", "The claim is exactly this. `tenant: acme` is short for it."),
    Leaf<ClaimDemands, OneOfCodec>("one_of", "The claim is one of these."),
    Leaf<ClaimDemands, ContainsCodec>(
        "contains",
        "The claim is an array with this, or with each of these, among its "
        "elements; or it is this value itself. No part of a text is enough."),
    Leaf<ClaimDemands, PresentCodec>("present",
                                     "The claim is there and not null."),
});

struct ClaimsCodec {
  static std::string Words() { return "mapping of claims"; }

  static void Read(const Value& value, std::vector<WantedClaim>& out) {
    if (!value.IsMapping()) return;
    Report& report = value.reading.report;
    if (value.node.members.empty()) {
      return value.Fault("must not be empty; leave the key out instead");
    }
    absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>>
        seen;
    for (const Node::Member& member : value.node.members) {
      ClaimDemands demands = {ParseClaimPath(member.key), {}};
      const auto fault = [&](std::string_view what) {
        report.FaultInside(value.path, member.line,
                           base::StrCat(Quoted(member.key), " ", what));
      };
      if (!seen.insert(member.key).second) {
        fault("is said twice");
      } else if (demands.path.empty()) {
        fault(
            "must be a claim's name; of its dots, those that do not lead "
            "into an object are written \\.");
      } else if (demands.path.size() > 1 &&
                 member.key.find("://") != std::string::npos) {
        fault("is a URL: write its dots as \\. (in single quotes or none)");
      } else {
        ReadOne({member.value, value.PathOf(member.key), value.reading},
                demands);
        for (WantedClaim& wanted : demands.wanted) {
          out.push_back(std::move(wanted));
        }
      }
    }
  }

  static std::string Show(const std::vector<WantedClaim>&) { return ""; }

 private:
  static void ReadOne(const Value& value, ClaimDemands& demands) {
    if (value.node.kind == Node::Kind::kScalar) {
      return IsCodec::Read(value, demands);
    }
    if (value.node.kind != Node::Kind::kMapping || value.node.members.empty()) {
      return value.Fault(
          "must be a value, or a mapping such as {one_of: [a, b]}");
    }
    ReadMapping<ClaimDemands>(value, kClaim, demands);
  }
};

struct ScopeMatchWord {
  static std::string Words() { return "all or any"; }
  static void Read(const Value& value, bool& any) {
    const auto text = value.Text();
    if (!text) return;
    if (*text != "all" && *text != "any") {
      return value.Fault("must be all or any");
    }
    any = *text == "any";
  }
  static std::string Show(bool any) { return any ? "any" : "all"; }
};

constexpr auto kRule = std::to_array<Key<PolicyRule>>({
    Leaf<PolicyRule, TextList, &PolicyRule::scopes>(
        "scopes", "Scopes that the token must hold."),
    Leaf<PolicyRule, ScopeMatchWord, &PolicyRule::any_scope>(
        "scope_match", "Whether all of them are needed, or any one."),
    Leaf<PolicyRule, TextList, &PolicyRule::audiences>(
        "audiences",
        "The token must be meant for one of these, instead of those at the top "
        "of the file or in the guard's options."),
    Leaf<PolicyRule, ClaimsCodec, &PolicyRule::claims>(
        "claims",
        "What claims must be, by their names; all of it holds. A dot leads "
        "into "
        "an object (`realm_access.roles`); a dot of a name is written `\\.`."),
});

void ReadRule(const Value& value, int line, About about, std::string_view name,
              Policy& out) {
  Report& report = value.reading.report;
  const size_t before = report.count();
  PolicyStatement statement = {about, std::string(name), {}, value.path, line};
  if (value.node.kind == Node::Kind::kMapping) {
    ReadMapping<PolicyRule>(value, kRule, statement.rule);
  } else if (value.node.kind == Node::Kind::kScalar &&
             value.node.text == "public") {
    statement.rule.is_public = true;
  } else {
    constexpr auto kWords = std::to_array<std::string_view>({"public"});
    value.Fault(base::StrCat(
        "must be a mapping ({} wants a good token and no more), or public",
        value.node.kind == Node::Kind::kScalar
            ? DidYouMean(value.node.text, kWords)
            : ""));
  }
  if (report.count() == before) out.statements.push_back(std::move(statement));
}

// A key with one rule.
template <About kAbout>
constexpr Key<Policy> OneRule(std::string_view name, std::string_view meaning) {
  return {name, Presence::kOptional, meaning,
          [](const Value& value, Policy& out) {
            ReadRule(value, value.node.line, kAbout, "", out);
          },
          [](const Key<Policy>& key, const std::string& path, const Policy&,
             std::vector<Entry>& entries) {
            entries.push_back({path, "rule", "nobody", false, key.meaning});
          }};
}

// A key with rules by name.
template <About kAbout>
constexpr Key<Policy> NamedRules(std::string_view name,
                                 std::string_view meaning) {
  return {
      name, Presence::kOptional, meaning,
      [](const Value& value, Policy& out) {
        if (!value.IsMapping()) return;
        for (const Node::Member& member : value.node.members) {
          ReadRule({member.value, value.PathOf(member.key), value.reading},
                   member.line, kAbout, member.key, out);
        }
      },
      [](const Key<Policy>& key, const std::string& path, const Policy&,
         std::vector<Entry>& entries) {
        entries.push_back({path, "mapping of rules", "", false, key.meaning});
      }};
}

constexpr auto kPolicy = std::to_array<Key<Policy>>({
    Leaf<Policy, TextList, &Policy::audiences>(
        "audiences",
        "A token must be meant for one of these. Said either here or in the "
        "guard's options."),
    NamedRules<About::kMethod>(
        "methods", "Rules by full method: `/shop.v1.Orders/Delete`."),
    NamedRules<About::kService>(
        "services",
        "Rules by full service name, `shop.v1.Orders`: for its methods that "
        "have no rule of their own."),
    OneRule<About::kDefault>(
        "default",
        "The rule of every other method, those that are added tomorrow "
        "included. May not be public, and does not speak of the three below."),
    OneRule<About::kHealth>("health", "gRPC's health service."),
    OneRule<About::kReflection>("reflection", "gRPC's server reflection."),
    OneRule<About::kChannelz>("channelz", "gRPC's channelz."),
});

}  // namespace

std::span<const Key<Policy>> PolicyKeys() { return kPolicy; }
std::span<const Key<PolicyRule>> RuleKeys() { return kRule; }
std::span<const Key<ClaimDemands>> ClaimKeys() { return kClaim; }

std::vector<std::string> ParseClaimPath(std::string_view text) {
  std::vector<std::string> names(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      names.emplace_back();
    } else if (text[i] == '\\') {
      if (++i == text.size() || (text[i] != '.' && text[i] != '\\')) return {};
      names.back() += text[i];
    } else {
      names.back() += text[i];
    }
  }
  for (const std::string& name : names) {
    if (name.empty()) return {};
  }
  return names;
}

}  // namespace usher::config
