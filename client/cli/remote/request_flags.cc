#include "client/cli/remote/request_flags.h"

#include "client/cli/token/token_source.h"
#include "lib/base/result.h"

namespace usher::cli {

void AddTokenOption(std::optional<std::string>& token, Arguments& arguments) {
  arguments.Text({"token", "TOKEN",
                  "@FILE, or - for standard input (also the default), or the "
                  "token itself"},
                 token);
}

void AddAudienceOption(std::vector<std::string>& audiences,
                       Arguments& arguments) {
  arguments.Group("Request");
  arguments.List({"--audience", "NAME",
                  "The token must be meant for this audience; repeat it for "
                  "any of several"},
                 audiences);
  arguments.Group("");
}

void AddIssuerOptions(std::optional<std::string>& issuer, bool& check_at_issuer,
                      Arguments& arguments) {
  arguments.Group("Request");
  arguments.Text({"--issuer", "URL",
                  "Take tokens of this issuer only; compared byte for byte"},
                 issuer);
  arguments.Flag({"--check-at-issuer", "",
                  "Ask the issuer whether the token is active, even if it is a "
                  "JWT"},
                 check_at_issuer);
  arguments.Group("");
}

void AddOptions(RequestFlags& flags, Arguments& arguments) {
  AddTokenOption(flags.token, arguments);
  AddAudienceOption(flags.audiences, arguments);
  arguments.Group("Request");
  arguments.List({"--scope", "NAME",
                  "The token must hold this scope; repeat it for all of "
                  "several"},
                 flags.scopes);
  arguments.Flag({"--any-scope", "", "One of the scopes is enough"},
                 flags.any_scope);
  arguments.OneOf({"--kind", "KIND", "What kind of token it must be"},
                  {"access", "id"}, flags.kind);
  arguments.Group("");
  AddIssuerOptions(flags.issuer, flags.check_at_issuer, arguments);
}

absl::StatusOr<v1::VerifyRequest> RequestOf(const RequestFlags& flags,
                                            Console& console) {
  USHER_TRY(const Secret token, ReadToken(flags.token, console));
  v1::VerifyRequest request;
  request.set_token(std::string(token.Reveal()));
  request.mutable_audiences()->Add(flags.audiences.begin(),
                                   flags.audiences.end());
  request.mutable_scopes()->Add(flags.scopes.begin(), flags.scopes.end());
  request.set_scope_match(flags.any_scope ? v1::ANY : v1::ALL);
  request.set_kind(flags.kind == "id" ? v1::ID_TOKEN : v1::ACCESS_TOKEN);
  if (flags.issuer) request.set_issuer(*flags.issuer);
  request.set_check_at_issuer(flags.check_at_issuer);
  return request;
}

}  // namespace usher::cli
