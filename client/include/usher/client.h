// Verifies tokens by asking usherd.
//
//   auto client = usher::Client::Create({.target = "dns:///usher:9443"});
//   if (!client.ok()) return client.status();
//   usher::VerifyResult result =
//       (*client)->Verify({.token = token, .audiences = {"orders"}});
//
// A verified or denied result is final. If there is none, the client asks once
// more (another replica if there is one), after the delay that usherd named or
// a short random one, and always within the deadline.
//
// A circuit breaker keeps an usherd that is down or silent from costing each
// request its deadline: after five requests in a row that reached no usherd or
// ran out of time, requests end at once with Undecided (kUnreachable), except
// one per second, which tests whether usherd is back. The next answer of any
// kind closes the breaker. It reacts to silence, not to slowness: a request
// that got no answer does not count if another one was answered since it was
// sent, nor if it allowed less than half of ClientOptions::deadline.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "usher/client_options.h"
#include "usher/introspection.h"
#include "usher/token_verifier.h"
#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace usher {

// Thread-safe. One per process and usherd is enough. Owns one thread, which
// does all network work and runs the callbacks: a callback must be short, must
// not block and must not throw. A second thread polls certificate files, if
// TlsOptions name any. Connects on the first request.
class Client final : public TokenVerifier {
 public:
  using IntrospectCallback = absl::AnyInvocable<void(Introspection)>;
  using BatchCallback = absl::AnyInvocable<void(std::vector<VerifyResult>)>;

  // Never touches the network; reads the files that `options` name.
  // INVALID_ARGUMENT or FAILED_PRECONDITION says which option is wrong.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options);

  // Ends the requests in flight with Undecided (kStopped), runs their callbacks
  // and waits for them. Must not run inside a callback.
  ~Client() override;

  // Blocks until there is a result, at most until the deadline. Inside a
  // callback of this client it cannot wait, because it would block the thread
  // that brings the result: it returns Undecided (kBadRequest) at once.
  VerifyResult Verify(const VerifyRequest& request);
  Introspection Introspect(const IntrospectRequest& request);
  // One result per request, in the same order, in one round trip. At most 256
  // requests and 4 MiB of tokens, audiences and scopes; beyond that every
  // result is Undecided (kBadRequest), so split larger batches. The earliest
  // deadline among the requests counts for all. The client repeats a batch only
  // if it failed as a whole.
  std::vector<VerifyResult> BatchVerify(
      std::span<const VerifyRequest> requests);

  // The same without blocking. `done` runs exactly once: on the client's
  // thread, or inside this call if usherd need not be asked.
  void Verify(const VerifyRequest& request, VerifyCallback done) override;
  void Introspect(const IntrospectRequest& request, IntrospectCallback done);
  void BatchVerify(std::span<const VerifyRequest> requests, BatchCallback done);

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher
