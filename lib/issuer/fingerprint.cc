#include <cstring>

#include "lib/base/strings.h"
#include "lib/issuer/config.h"
#include "lib/jose/digest.h"

namespace usher::issuer {
namespace {

// Joins values so that no two lists of values give the same text.
class Joined {
 public:
  void Add(std::string_view text) {
    text_ += base::StrCat(text.size(), ":", text);
  }
  void Add(const std::optional<std::string>& text) {
    text_ += text.has_value() ? '+' : '-';
    if (text.has_value()) Add(std::string_view(*text));
  }
  void Add(const std::vector<std::string>& texts) {
    text_ += base::StrCat("[", texts.size());
    for (const std::string& text : texts) Add(std::string_view(text));
  }
  void Add(absl::Duration duration) {
    Add(std::string_view(absl::FormatDuration(duration)));
  }
  void Add(bool flag) { text_ += flag ? '1' : '0'; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void AddSource(const jwks::Source& source, Joined& joined) {
  joined.Add(std::string_view(jwks::Describe(source)));
  if (const auto* keys = std::get_if<jwks::InlineKeys>(&source)) {
    joined.Add(std::string_view(keys->jwks));
  }
}

}  // namespace

// Everything but readiness and the refresh limits: those change neither whom to
// believe nor what a token must say.
uint64_t FingerprintOf(const Config& config) {
  Joined joined;
  joined.Add(std::string_view(config.name));
  joined.Add(std::string_view(config.issuer));
  joined.Add(config.audiences);
  joined.Add(std::string_view(jose::NamesOf(config.algorithms)));
  AddSource(config.keys, joined);
  joined.Add(config.trust.ca_pem);
  joined.Add(config.trust.proxy);
  joined.Add(config.trust.insecure_allow_private_addresses);
  joined.Add(config.policy.clock_skew);
  joined.Add(config.policy.max_lifetime);
  joined.Add(config.policy.max_age.has_value());
  if (config.policy.max_age.has_value()) joined.Add(*config.policy.max_age);
  joined.Add(config.policy.token_types);
  joined.Add(std::string_view(config.policy.audience_claim));
  joined.Add(config.policy.insecure_ignore_confirmation);

  const jose::Sha256Digest digest = jose::Sha256(joined.text());
  uint64_t fingerprint;
  std::memcpy(&fingerprint, digest.data(), sizeof fingerprint);
  return fingerprint;
}

}  // namespace usher::issuer
