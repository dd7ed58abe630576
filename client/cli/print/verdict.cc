#include "client/cli/print/verdict.h"

#include <optional>
#include <string>
#include <vector>

#include "client/cli/print/format.h"
#include "client/cli/print/table.h"
#include "client/core/wire_time.h"
#include "lib/base/strings.h"
#include "usher/reason.h"

namespace usher::cli {
namespace {

using client::FromWire;

std::string List(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  return Visible(Join(std::vector<std::string>(texts.begin(), texts.end())));
}

// "TOKEN_EXPIRED", and "reason 99" for one that is newer than this program.
std::string NameOfReason(v1::Reason reason) {
  if (reason != v1::REASON_UNSPECIFIED && v1::Reason_IsValid(reason)) {
    return v1::Reason_Name(reason);
  }
  return base::StrCat("reason ", static_cast<int>(reason));
}

void PrintVerified(const v1::VerifiedToken& token, Console& console) {
  Rows rows;
  const auto text = [&](std::string_view name, bool there,
                        const std::string& value) {
    if (there) rows.Add(name, Visible(value));
  };
  const auto time = [&](std::string_view name, bool there, const auto& value) {
    if (there) rows.Add(name, InWords(FromWire(value), console.now));
  };
  text("issuer", true,
       base::StrCat(token.issuer_name(), " (", token.issuer(), ")"));
  text("subject", token.has_subject(), token.subject());
  text("client", token.has_client_id(), token.client_id());
  rows.Add("audiences", List(token.audiences()));
  rows.Add("scopes", List(token.scopes()));
  rows.Add("kind", token.kind() == v1::ID_TOKEN ? "ID token" : "access token");
  text("token id", token.has_token_id(), token.token_id());
  text("session", token.has_session_id(), token.session_id());
  time("issued", token.has_issued_at(), token.issued_at());
  time("not before", token.has_not_before(), token.not_before());
  time("expires", token.has_expires_at(), token.expires_at());
  rows.Add("key", Visible(base::StrCat(
                      token.has_key_id() ? token.key_id() : "(no kid)", " ",
                      token.algorithm())));
  text("bound to", token.has_confirmation_json(), token.confirmation_json());
  rows.Add("reusable",
           base::StrCat("for ", InWords(FromWire(token.cache_for()))));
  if (token.stale_keys()) {
    rows.Add("keys", console.paint(Colour::kYellow,
                                   "stale: the issuer has been unreachable"));
  }
  console.out << console.paint(Colour::kGreen, "verified") << "\n";
  rows.Print(console.out);
}

void PrintDenial(const v1::Denial& denial, Console& console) {
  const std::string name = NameOfReason(denial.reason());
  console.out << console.paint(Colour::kRed, "denied") << "  " << name << ": "
              << Visible(denial.message()) << "\n";
  Rows rows;
  if (denial.has_claim()) rows.Add("claim", Visible(denial.claim()));
  if (const auto reason = ReasonNamed(name)) {
    rows.Add("meaning", std::string(InfoOf(*reason).meaning));
    rows.Add("advice", std::string(InfoOf(*reason).advice));
  }
  rows.Print(console.out);
}

void PrintUndecided(const v1::Undecided& undecided, Console& console) {
  console.out << console.paint(Colour::kYellow, "undecided") << "  "
              << NameOfReason(undecided.reason()) << ": "
              << Visible(undecided.message());
  if (undecided.has_retry_after()) {
    console.out << " (ask again in "
                << InWords(FromWire(undecided.retry_after())) << ")";
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
                << "  Introspection never says why; `usher verify` does.\n";
    return;
  }
  Rows rows;
  const auto text = [&](std::string_view name, bool there,
                        const std::string& value) {
    if (there) rows.Add(name, Visible(value));
  };
  const auto time = [&](std::string_view name, bool there, int64_t seconds) {
    if (!there) return;
    rows.Add(name, InWords(absl::FromUnixSeconds(seconds), console.now));
  };
  text("iss", response.has_iss(), response.iss());
  text("sub", response.has_sub(), response.sub());
  text("username", response.has_username(), response.username());
  text("client_id", response.has_client_id(), response.client_id());
  rows.Add("aud", List(response.aud()));
  text("scope", response.has_scope(), response.scope());
  text("token_type", response.has_token_type(), response.token_type());
  text("jti", response.has_jti(), response.jti());
  time("iat", response.has_iat(), response.iat());
  time("nbf", response.has_nbf(), response.nbf());
  time("exp", response.has_exp(), response.exp());
  console.out << console.paint(Colour::kGreen, "active") << "\n";
  rows.Print(console.out);
}

ExitStatus StatusOf(const v1::VerifyResponse& response) {
  if (response.has_verified()) return ExitStatus::kFine;
  return response.has_denial() ? ExitStatus::kNo : ExitStatus::kUndecided;
}

}  // namespace usher::cli
