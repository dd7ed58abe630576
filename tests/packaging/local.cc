#include <usher/local_verifier.h>

#include <iostream>

// local CONFIGURATION TOKEN
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto verifier = usher::LocalVerifier::Create({.config_file = argv[1]});
  if (!verifier.ok()) return (std::cerr << verifier.status() << "\n", 2);
  usher::VerifyResult result =
      (*verifier)->Verify({.token = argv[2], .audiences = {"orders"}});
  if (!result.verified()) return result.denial() ? 1 : 3;
  std::cout << "hello, " << *result.verified()->subject() << "\n";
}
