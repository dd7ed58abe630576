#include <usher/client.h>

#include <iostream>

// No server listens on port 1: the program shows that it compiles, links and
// reports that.
int main() {
  const auto client =
      usher::Client::Create({.target = "127.0.0.1:1", .tls = std::nullopt});
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }
  const usher::VerifyResult result =
      (*client)->Verify({.token = "a.b.c", .audiences = {"orders"}});
  const usher::Undecided* undecided = result.undecided();
  if (undecided == nullptr) return 1;
  std::cout << usher::NameOf(undecided->cause) << "\n";
  return undecided->cause == usher::Undecided::Cause::kUnreachable ? 0 : 1;
}
