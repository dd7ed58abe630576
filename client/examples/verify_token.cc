// Asks usherd about the token on standard input:
//
//   verify_token TARGET AUDIENCE < token
//
// The README quotes the part between the marks; a test runs it.
#include <usher/client.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace {

// Exit status: 0 verified, 1 denied, 3 undecided.
// [readme]
int Admit(usher::Client& usher, const std::string& token,
          const std::string& audience) {
  const usher::VerifyResult result =
      usher.Verify({.token = token, .audiences = {audience}});
  if (const usher::VerifiedToken* caller = result.verified()) {
    std::cout << "hello, " << caller->subject().value_or("stranger") << "\n";
    return 0;
  }
  if (const usher::Denial* denial = result.denial()) {
    std::cout << denial->reason_name() << ": " << denial->message << "\n";
    return 1;
  }
  // Keys or usherd cannot be reached. Do not admit the call.
  std::cout << "try later: " << result.undecided()->message << "\n";
  return 3;
}
// [readme]

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: verify_token TARGET AUDIENCE < token\n";
    return 2;
  }
  // Plaintext is for loopback targets only; elsewhere leave `tls` as it is.
  absl::StatusOr<std::unique_ptr<usher::Client>> client =
      usher::Client::Create({.target = argv[1], .tls = std::nullopt});
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 2;
  }
  std::string token;
  std::getline(std::cin, token);
  return Admit(**client, token, argv[2]);
}
