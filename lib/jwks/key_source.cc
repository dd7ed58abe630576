#include "lib/jwks/key_source.h"

#include "lib/base/text/strings.h"

namespace usher::jwks {
namespace {

struct Description {
  std::string operator()(const Discovery& source) const {
    return source.url ? base::StrCat("discovery_url ", *source.url)
                      : "discovery";
  }
  std::string operator()(const JwksUrl& source) const {
    return base::StrCat("jwks_url ", source.url);
  }
  std::string operator()(const JwksFile& source) const {
    return base::StrCat("jwks_file ", source.path);
  }
  std::string operator()(const InlineKeys&) const { return "inline"; }
};

}  // namespace

bool IsRemote(const Source& source) {
  return std::holds_alternative<Discovery>(source) ||
         std::holds_alternative<JwksUrl>(source);
}

std::string Describe(const Source& source) {
  return std::visit(Description{}, source);
}

}  // namespace usher::jwks
