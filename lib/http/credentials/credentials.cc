#include "lib/http/credentials/credentials.h"

#include <atomic>
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/http/credentials/key_pair.h"

namespace usher::http {
namespace {

absl::Status Error(std::string_view text) {
  return absl::InvalidArgumentError(base::Absl(text));
}

std::atomic<uint64_t> last_serial = 0;

}  // namespace

ClientCertificate::ClientCertificate(std::string certificates,
                                     Secret private_key)
    : certificates_(std::move(certificates)),
      private_key_(std::move(private_key)),
      serial_(++last_serial) {}

absl::StatusOr<std::shared_ptr<const ClientCertificate>>
ClientCertificate::Create(std::string certificates, Secret private_key) {
  for (const KeyPairProblem& problem :
       ProblemsOf(certificates, private_key.Reveal())) {
    if (!problem.is_error) continue;
    return Error(base::StrCat(problem.file == KeyPairProblem::File::kKey
                                  ? "the private key "
                                  : "the certificate file ",
                              problem.text));
  }
  return std::shared_ptr<const ClientCertificate>(
      new ClientCertificate(std::move(certificates), std::move(private_key)));
}

}  // namespace usher::http
