#include "lib/http/credentials/credential_files.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::http {
namespace {

using base::Absl;
using base::StrCat;

constexpr size_t kMaxToken = 64 * 1024;
constexpr size_t kMaxPem = 1 << 20;

// RFC 6750 section 2.1: b64token. Anything else would break the header.
bool IsTokenCharacter(char c) {
  constexpr std::string_view kOther = "-._~+/=";
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         kOther.find(c) != std::string_view::npos;
}

absl::Status ErrorIn(const std::string& path, std::string_view why) {
  return absl::FailedPreconditionError(Absl(StrCat(path, ": ", why)));
}

}  // namespace

absl::StatusOr<Credentials> CredentialFiles::Read(absl::Time now) {
  const bool is_recent =
      read_at_ && now >= *read_at_ && now < *read_at_ + absl::Seconds(1);
  if (is_recent) return credentials_;
  read_at_.reset();  // an error is not remembered
  if (paths_.token) {
    if (absl::Status read = ReadToken(); !read.ok()) return read;
  }
  if (paths_.certificate && paths_.key) {
    if (absl::Status read = ReadCertificate(); !read.ok()) return read;
  }
  read_at_ = now;
  return credentials_;
}

absl::Status CredentialFiles::ReadToken() {
  USHER_TRY(std::string text, base::ReadFile(*paths_.token, kMaxToken));
  Secret content(std::move(text));
  const std::string_view token =
      base::Std(absl::StripAsciiWhitespace(Absl(content.Reveal())));
  if (token.empty()) return ErrorIn(*paths_.token, "is empty");
  if (!std::all_of(token.begin(), token.end(), IsTokenCharacter)) {
    return ErrorIn(*paths_.token,
                   "is not one bearer token: it holds a character that no "
                   "token has");
  }
  credentials_.authorization =
      std::make_shared<const Secret>(StrCat("Bearer ", token));
  return absl::OkStatus();
}

absl::Status CredentialFiles::ReadCertificate() {
  USHER_TRY(std::string certificate,
            base::ReadFile(*paths_.certificate, kMaxPem));
  USHER_TRY(std::string text, base::ReadFile(*paths_.key, kMaxPem));
  const base::ContentId certificate_id = base::ContentIdOf(certificate);
  const base::ContentId key_id = base::ContentIdOf(text);
  Secret key(std::move(text));
  if (credentials_.certificate && certificate_id == certificate_id_ &&
      key_id == key_id_) {
    return absl::OkStatus();
  }
  auto read = ClientCertificate::Create(std::move(certificate), std::move(key));
  if (!read.ok()) {
    return ErrorIn(StrCat(*paths_.certificate, " and ", *paths_.key),
                   base::Std(read.status().message()));
  }
  credentials_.certificate = *std::move(read);
  certificate_id_ = certificate_id;
  key_id_ = key_id;
  return absl::OkStatus();
}

}  // namespace usher::http
