#include "client/cli/print/verdict.h"

#include <optional>
#include <string>
#include <vector>

#include "client/cli/print/format.h"
#include "client/cli/print/table.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/time.h"
#include "usher/reason.h"

namespace usher::cli {
namespace {

using rpc::FromWire;

std::string List(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return Visible(Join(std::vector<std::string>(texts.begin(), texts.end())));
}

// "TOKEN_EXPIRED"; "reason 99" for one that this version does not know.
std::string NameOfReason(v1::Reason reason) {
  if (reason != v1::REASON_UNSPECIFIED && v1::Reason_IsValid(reason)) {
    return v1::Reason_Name(reason);
  }
  return base::StrCat("reason ", static_cast<int>(reason));
}

void PrintVerified(const v1::VerifiedToken& token, Console& console) {
  Fields fields;
  const auto text = [&](std::string_view name, bool there,
                        const std::string& value) {
    if (there) fields.Add(name, Visible(value));
  };
  const auto time = [&](std::string_view name, bool there, const auto& value) {
    if (there) fields.Add(name, UtcTime(FromWire(value), console.now));
  };
  text("issuer", true,
       base::StrCat(token.issuer_name(), " (", token.issuer(), ")"));
  text("subject", token.has_subject(), token.subject());
  text("client", token.has_client_id(), token.client_id());
  fields.Add("audiences", List(token.audiences()));
  fields.Add("scopes", List(token.scopes()));
  fields.Add("kind",
             token.kind() == v1::ID_TOKEN ? "ID token" : "access token");
  text("token id", token.has_token_id(), token.token_id());
  text("session", token.has_session_id(), token.session_id());
  time("issued", token.has_issued_at(), token.issued_at());
  time("not before", token.has_not_before(), token.not_before());
  time("expires", token.has_expires_at(), token.expires_at());
  if (!token.has_expires_at()) {
    fields.Add("expires", "when its issuer says so");
  }
  if (token.has_key_id() || token.has_algorithm()) {
    fields.Add("key", Visible(base::StrCat(
                          token.has_key_id() ? token.key_id() : "(no kid)", " ",
                          token.algorithm())));
  }
  // An older usherd has verified nothing without a key.
  if (!token.has_key_id() && !token.has_algorithm()) {
    fields.Add("key", "none: its issuer was asked about it");
  }
  text("bound to", token.has_confirmation_json(), token.confirmation_json());
  fields.Add("reusable",
             base::StrCat("for ", ShortDuration(FromWire(token.cache_for()))));
  if (token.stale_keys()) {
    fields.Add("keys", console.paint(Colour::kYellow,
                                     "stale: the issuer has been unreachable"));
  }
  console.out << console.paint(Colour::kGreen, "verified") << "\n";
  fields.Print(console.out);
}

void PrintDenial(const v1::Denial& denial, Console& console) {
  const std::string name = NameOfReason(denial.reason());
  console.out << console.paint(Colour::kRed, "denied") << "  " << name << ": "
              << Visible(denial.message()) << "\n";
  Fields fields;
  if (denial.has_claim()) fields.Add("claim", Visible(denial.claim()));
  if (const auto reason = ReasonNamed(name)) {
    fields.Add("meaning", std::string(InfoOf(*reason).meaning));
    fields.Add("advice", std::string(InfoOf(*reason).advice));
  }
  fields.Print(console.out);
}

void PrintUndecided(const v1::Undecided& undecided, Console& console) {
  console.out << console.paint(Colour::kYellow, "undecided") << "  "
              << NameOfReason(undecided.reason()) << ": "
              << Visible(undecided.message());
  if (undecided.has_retry_after()) {
    console.out << " (retry in "
                << ShortDuration(FromWire(undecided.retry_after())) << ")";
  }
  console.out << "\n";
}

}  // namespace

void Print(const v1::VerifyResponse& response, Console& console) {
  switch (response.result_case()) {
    case v1::VerifyResponse::kVerified:
      return PrintVerified(response.verified(), console);
    case v1::VerifyResponse::kDenial:
      return PrintDenial(response.denial(), console);
    case v1::VerifyResponse::kUndecided:
    case v1::VerifyResponse::RESULT_NOT_SET:
      return PrintUndecided(response.undecided(), console);
  }
}

void Print(const v1::IntrospectResponse& response, Console& console) {
  if (!response.active()) {
    console.out << console.paint(Colour::kRed, "not active") << "\n"
                << "  Introspection gives no reason; `usher verify` does.\n";
    return;
  }
  Fields fields;
  const auto text = [&](std::string_view name, bool there,
                        const std::string& value) {
    if (there) fields.Add(name, Visible(value));
  };
  const auto time = [&](std::string_view name, bool there, int64_t seconds) {
    if (!there) return;
    fields.Add(name, UtcTime(absl::FromUnixSeconds(seconds), console.now));
  };
  text("iss", response.has_iss(), response.iss());
  text("sub", response.has_sub(), response.sub());
  text("username", response.has_username(), response.username());
  text("client_id", response.has_client_id(), response.client_id());
  fields.Add("aud", List(response.aud()));
  text("scope", response.has_scope(), response.scope());
  text("token_type", response.has_token_type(), response.token_type());
  text("jti", response.has_jti(), response.jti());
  time("iat", response.has_iat(), response.iat());
  time("nbf", response.has_nbf(), response.nbf());
  time("exp", response.has_exp(), response.exp());
  console.out << console.paint(Colour::kGreen, "active") << "\n";
  fields.Print(console.out);
}

ExitStatus StatusOf(const v1::VerifyResponse& response) {
  if (response.has_verified()) return ExitStatus::kOk;
  return response.has_denial() ? ExitStatus::kNo : ExitStatus::kUndecided;
}

}  // namespace usher::cli
