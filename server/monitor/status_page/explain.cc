#include "server/monitor/status_page/explain.h"

#include <array>
#include <optional>
#include <string>
#include <variant>

#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/jose/alg.h"
#include "lib/json/json.h"
#include "server/rpc/verification.h"
#include "usher/reason.h"

namespace usher::status_page {
namespace {

using base::JsonArray;
using base::JsonObject;
using json::Value;
using server::FieldViolations;

constexpr char kJson[] = "application/json; charset=utf-8";
// A request with more is refused anyway; this only limits what is read.
constexpr int kMostElements = 1000;

bool ReadText(json::Value value, std::string& out) {
  const auto text = value.String();
  if (text) out = *text;
  return text.has_value();
}

bool ReadTexts(json::Value value,
               google::protobuf::RepeatedPtrField<std::string>& out) {
  bool fine = value.IsArray();
  value.ForEachElement([&](json::Value element) {
    fine = out.size() < kMostElements && ReadText(element, *out.Add());
    return fine;
  });
  return fine;
}

bool ReadKind(json::Value value, v1::VerifyRequest& out) {
  const auto text = value.String();
  if (text == "id_token") out.set_kind(v1::ID_TOKEN);
  return text == "id_token" || text == "access_token";
}

// The members that a request can have.
struct Member {
  std::string_view name;
  bool (*read)(json::Value value, v1::VerifyRequest& out);
  std::string_view must_be;
};
constexpr auto kMembers = std::to_array<Member>({
    {"token",
     [](json::Value value, v1::VerifyRequest& out) {
       return ReadText(value, *out.mutable_token());
     },
     "must be text"},
    {"audiences",
     [](json::Value value, v1::VerifyRequest& out) {
       return ReadTexts(value, *out.mutable_audiences());
     },
     "must be a list of text"},
    {"scopes",
     [](json::Value value, v1::VerifyRequest& out) {
       return ReadTexts(value, *out.mutable_scopes());
     },
     "must be a list of text"},
    {"kind", ReadKind, "must be access_token or id_token"},
    {"issuer",
     [](json::Value value, v1::VerifyRequest& out) {
       return ReadText(value, *out.mutable_issuer());
     },
     "must be text"},
});

const Member* MemberNamed(std::string_view name) {
  for (const Member& member : kMembers) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

FieldViolations ReadRequest(std::string_view body, v1::VerifyRequest& request) {
  json::Reader reader;
  const auto root = reader.Parse(body);
  if (!root || !root->IsObject()) {
    return {{"", "must be one JSON object"}};
  }
  FieldViolations violations;
  root->ForEachMember([&](std::string_view name, json::Value value) {
    const Member* member = MemberNamed(name);
    if (member == nullptr) {
      violations.push_back({"", "has an unknown member"});
    } else if (!member->read(value, request)) {
      violations.push_back({std::string(name), std::string(member->must_be)});
    }
    return violations.size() < kMembers.size();
  });
  return violations;
}

std::string ViolationsJson(const FieldViolations& violations) {
  JsonArray list;
  for (const server::FieldViolation& violation : violations) {
    list.AddRaw(JsonObject()
                    .Add("field", violation.field)
                    .Add("description", violation.description)
                    .Text());
  }
  return JsonObject().AddRaw("faults", list.Text()).Text();
}

constexpr const char* NameOf(verify::Check::Outcome outcome) {
  using Outcome = verify::Check::Outcome;
  switch (outcome) {
    case Outcome::kPassed:
      return "passed";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kUndecided:
      return "undecided";
    case Outcome::kNotReached:
      break;
  }
  return "not_reached";
}

void Add(const base::Refusal& refusal, JsonObject& out) {
  const ReasonInfo& row = InfoOf(refusal.reason);
  out.Add("verdict", row.undecided ? "undecided" : "denied")
      .Add("reason", row.name)
      .Add("message", refusal.message)
      .Add("meaning", row.meaning)
      .Add("advice", row.advice);
  if (!refusal.claim.empty()) out.Add("claim", refusal.claim);
}

void Add(const verify::VerifiedToken& token, JsonObject& out) {
  out.Add("verdict", "verified")
      .Add("issuer_name", token.issuer_name())
      .Add("stale_keys", token.stale_keys());
  if (const auto algorithm = token.algorithm()) {
    out.Add("algorithm", jose::InfoOf(*algorithm).name);
  }
  if (token.key_id()) out.Add("key_id", *token.key_id());
}

std::string ExplainedJson(const verify::Verifier::Explained& explained) {
  JsonObject out;
  if (explained.verdict.ok()) {
    Add(*explained.verdict, out);
  } else {
    Add(explained.verdict.refusal(), out);
  }
  JsonArray checks;
  for (const verify::Check& check : explained.checks) {
    checks.AddRaw(JsonObject()
                      .Add("name", check.name)
                      .Add("outcome", NameOf(check.outcome))
                      .Add("detail", check.detail)
                      .Text());
  }
  return out.AddRaw("checks", checks.Text()).Text();
}

}  // namespace

httpd::Response Inspect(const verify::Verifier& verifier,
                        std::string_view body) {
  v1::VerifyRequest request;
  const FieldViolations unread = ReadRequest(body, request);
  if (!unread.empty()) {
    return {
        .status = 400, .content_type = kJson, .body = ViolationsJson(unread)};
  }
  const auto answer = server::Explain(verifier, request);
  if (const auto* violations = std::get_if<FieldViolations>(&answer)) {
    return {.status = 400,
            .content_type = kJson,
            .body = ViolationsJson(*violations)};
  }
  return {.content_type = kJson,
          .body = ExplainedJson(std::get<verify::Verifier::Explained>(answer))};
}

}  // namespace usher::status_page
