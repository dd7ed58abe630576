#include "server/rpc/request_checks.h"

#include <algorithm>

#include "lib/base/text/strings.h"

namespace usher::server {
namespace {

using base::StrCat;
using Texts = google::protobuf::RepeatedPtrField<std::string>;

struct ListLimit {
  const char* field;
  size_t most;
  size_t bytes_each;
};
constexpr ListLimit kAudienceLimit = {"audiences", kMaxAudiences,
                                      kMaxAudienceBytes};
constexpr ListLimit kScopeLimit = {"scopes", kMaxScopes, kMaxScopeBytes};

void CheckToken(const std::string& token, const std::string& path,
                FieldViolations& violations) {
  if (!token.empty()) return;
  violations.push_back({path + "token",
                        "must not be empty: send the token itself, without "
                        "\"Bearer \""});
}

void CheckList(const Texts& list, const ListLimit& limit,
               const std::string& path, FieldViolations& violations) {
  if (static_cast<size_t>(list.size()) > limit.most) {
    violations.push_back(
        {path + limit.field,
         StrCat("must be at most ", limit.most, ", not ", list.size())});
    return;
  }
  for (int i = 0; i < list.size(); ++i) {
    const std::string field = StrCat(path, limit.field, "[", i, "]");
    if (list[i].empty()) {
      violations.push_back({field, "must not be empty"});
    } else if (list[i].size() > limit.bytes_each) {
      violations.push_back(
          {field, StrCat("must be at most ", limit.bytes_each, " bytes")});
    }
  }
}

// "read write" as one scope would never match, silently.
void CheckSpaces(const Texts& scopes, const std::string& path,
                 FieldViolations& violations) {
  for (int i = 0; i < std::min<int>(scopes.size(), kMaxScopes); ++i) {
    if (scopes[i].find(' ') == std::string::npos) continue;
    violations.push_back(
        {StrCat(path, "scopes[", i, "]"),
         "must be one scope, without spaces: use one element for "
         "each scope"});
  }
}

void CheckEnums(const v1::VerifyRequest& request, const std::string& path,
                FieldViolations& violations) {
  if (!v1::TokenKind_IsValid(request.kind())) {
    violations.push_back({path + "kind", "is not a known TokenKind"});
  }
  if (!v1::ScopeMatch_IsValid(request.scope_match())) {
    violations.push_back({path + "scope_match", "is not a known ScopeMatch"});
  }
}

template <typename Request>
void CheckIssuer(const Request& request, const std::string& path,
                 FieldViolations& violations) {
  if (!request.has_issuer()) return;
  if (request.issuer().empty()) {
    violations.push_back({path + "issuer",
                          "must not be empty: leave it out to "
                          "accept any configured issuer"});
  } else if (request.issuer().size() > kMaxIssuerBytes) {
    violations.push_back({path + "issuer", StrCat("must be at most ",
                                                  kMaxIssuerBytes, " bytes")});
  }
}

}  // namespace

FieldViolations CheckFields(const v1::VerifyRequest& request,
                            const std::string& path) {
  FieldViolations violations;
  CheckToken(request.token(), path, violations);
  CheckList(request.audiences(), kAudienceLimit, path, violations);
  CheckList(request.scopes(), kScopeLimit, path, violations);
  CheckSpaces(request.scopes(), path, violations);
  CheckEnums(request, path, violations);
  CheckIssuer(request, path, violations);
  return violations;
}

FieldViolations CheckFields(const v1::IntrospectRequest& request) {
  FieldViolations violations;
  CheckToken(request.token(), "", violations);
  CheckList(request.audiences(), kAudienceLimit, "", violations);
  CheckIssuer(request, "", violations);
  return violations;
}

FieldViolations CheckFields(const v1::BatchVerifyRequest& request) {
  FieldViolations violations;
  for (int i = 0; i < request.requests_size(); ++i) {
    FieldViolations found =
        CheckFields(request.requests(i), StrCat("requests[", i, "]."));
    std::move(found.begin(), found.end(), std::back_inserter(violations));
  }
  return violations;
}

}  // namespace usher::server
