// Whether a certificate chain and a private key, both PEM texts, fit together.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace usher::http {

struct KeyPairProblem {
  enum class File { kCertificate, kKey };

  File file;
  // False: it works with peers that are not strict.
  bool is_error;
  // What is wrong and how to repair it; can follow the name of the file. Quotes
  // nothing of either text.
  std::string text;
};

// The problems of files that a server or a client shows: the certificate of the
// key first, then the one that issued it, and so on, all valid at `now`
// (absent: dates are not checked) and strong enough for OpenSSL; the key
// without a passphrase, because there is no one to ask for it. Pure.
std::vector<KeyPairProblem> ProblemsOf(
    std::string_view certificates, std::string_view private_key,
    std::optional<absl::Time> now = std::nullopt);

// Why PEM text of trusted CA certificates cannot be used; absent: it can. A
// part of a file is an error: the certificate that is needed may be missing.
std::optional<std::string> ProblemOfAuthorities(std::string_view pem);

}  // namespace usher::http
