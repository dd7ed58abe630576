#include "client/cli/print/revocations.h"

#include <string>
#include <vector>

#include "client/cli/print/format.h"
#include "client/cli/print/table.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/time.h"

namespace usher::cli {
namespace {

using rpc::FromWire;

std::string TokensOf(const v1::RevocationTarget& target) {
  using Wire = v1::RevocationTarget;
  switch (target.target_case()) {
    case Wire::kTokenId:
      return "token " + Visible(target.token_id());
    case Wire::kSessionId:
      return "session " + Visible(target.session_id());
    case Wire::kSubject:
      return "subject " + Visible(target.subject());
    case Wire::kClientId:
      return "client " + Visible(target.client_id());
    case Wire::kEverything:
      return "everything";
    case Wire::TARGET_NOT_SET:
      break;
  }
  return "unknown";
}

std::string IssuerOf(const v1::RevocationTarget& target) {
  const std::string issuer = Visible(target.issuer_name());
  return target.tenant().empty()
             ? issuer
             : base::StrCat(issuer, " (", Visible(target.tenant()), ")");
}

std::string IssuedUntil(const v1::Revocation& revocation) {
  return revocation.has_not_issued_after()
             ? UtcTime(FromWire(revocation.not_issued_after()))
             : "any time";
}

std::string KeptUntil(const v1::Revocation& revocation) {
  return revocation.has_expires_at()
             ? UtcTime(FromWire(revocation.expires_at()))
             : "lifted";
}

}  // namespace

void Print(const v1::RevokeResponse& response, Console& console) {
  const v1::Revocation& revocation = response.revocation();
  Fields fields;
  fields.Add("issuer", IssuerOf(revocation.target()));
  fields.Add("tokens", TokensOf(revocation.target()));
  fields.Add("issued until", IssuedUntil(revocation));
  fields.Add("kept until", KeptUntil(revocation));
  console.out << console.paint(Colour::kGreen, "revoked") << "\n";
  fields.Print(console.out);
}

void Print(const v1::ListRevocationsResponse& response, Console& console) {
  std::vector<std::vector<std::string>> rows = {{"ISSUER", "TOKENS",
                                                 "ISSUED UNTIL", "REVOKED",
                                                 "KEPT UNTIL", "BY", "REASON"}};
  for (const v1::Revocation& revocation : response.revocations()) {
    rows.push_back({IssuerOf(revocation.target()),
                    TokensOf(revocation.target()), IssuedUntil(revocation),
                    UtcTime(FromWire(revocation.revoked_at())),
                    KeptUntil(revocation),
                    revocation.operator_name().empty()
                        ? "-"
                        : Visible(revocation.operator_name()),
                    Visible(revocation.reason())});
  }
  PrintTable(rows, console.out);
  console.out << response.revocations_size() << " shown, " << response.total()
              << " in all\n";
}

}  // namespace usher::cli
