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
  arguments.Group("Question");
  arguments.List({"--audience", "NAME",
                  "The token must be meant for this audience; repeat it for "
                  "any of several"},
                 audiences);
  arguments.Group("");
}

void AddOptions(Question& question, Arguments& arguments) {
  AddTokenOption(question.token, arguments);
  AddAudienceOption(question.audiences, arguments);
  arguments.Group("Question");
  arguments.List({"--scope", "NAME",
                  "The token must hold this scope; repeat it for all of "
                  "several"},
                 question.scopes);
  arguments.Flag({"--any-scope", "", "One of the scopes is enough"},
                 question.any_scope);
  arguments.OneOf({"--kind", "KIND", "What kind of token it must be"},
                  {"access", "id"}, question.kind);
  arguments.Text({"--issuer", "URL",
                  "Take tokens of this issuer only; compared byte for byte"},
                 question.issuer);
  arguments.Group("");
}

absl::StatusOr<v1::VerifyRequest> RequestOf(const Question& question,
                                            Console& console) {
  USHER_TRY(const Secret token, ReadToken(question.token, console));
  v1::VerifyRequest request;
  request.set_token(std::string(token.Reveal()));
  request.mutable_audiences()->Add(question.audiences.begin(),
                                   question.audiences.end());
  request.mutable_scopes()->Add(question.scopes.begin(), question.scopes.end());
  request.set_scope_match(question.any_scope ? v1::ANY : v1::ALL);
  request.set_kind(question.kind == "id" ? v1::ID_TOKEN : v1::ACCESS_TOKEN);
  if (question.issuer) request.set_issuer(*question.issuer);
  return request;
}

}  // namespace usher::cli
