// Puts verification in front of every handler of a gRPC server.
//
//   auto guard = usher::Guard::Create(
//       {.client = {.target = "dns:///usher:9443"},
//        .audiences = {"orders"},
//        .policy = policy});
//   if (!guard.ok()) return guard.status();
//   grpc::ServerBuilder builder;
//   builder.AddListeningPort(address, (*guard)->SslCredentials(options));
//   (*guard)->Install(builder);
//
// No handler runs for a call that was not admitted: the credentials hold the
// gate, which refuses before the call is matched to a method, in every style
// of server (sync, callback, completion queue, generic) and for every kind of
// call. What Install() adds tells the handler who is calling (usher/caller.h).
//
// A call is told UNAUTHENTICATED where its token is no good, PERMISSION_DENIED
// where the policy says no to a good one, and UNAVAILABLE where nobody can tell
// just now. Its message reads "invalid_token: TOKEN_EXPIRED: expired 12s ago".
// Services in sync and callback style can tell it more: guarded_service.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/security/tls_credentials_options.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/server_interceptor.h"
#include "usher/caller.h"
#include "usher/client_options.h"
#include "usher/guard_observer.h"
#include "usher/method_policy.h"
#include "usher/token_verifier.h"

namespace usher {

struct GuardOptions {
  // What verifies the tokens: exactly one of the two.
  //
  // `client`: the guard asks usherd with a usher::Client of its own. A call
  // waits for the result at most ClientOptions::deadline, then it is refused
  // with UNAVAILABLE; while usherd is down calls do not wait (usher/client.h).
  ClientOptions client = {};
  // `verifier`: any other, shared with whoever else uses it: a Client of
  // several guards, a LocalVerifier, a fake, your own.
  std::shared_ptr<TokenVerifier> verifier = nullptr;

  // A token must be meant for one of these, where the policy names none.
  std::vector<std::string> audiences;
  // In code, or in a file (docs/policy.md), which is read again when it
  // changes; a faulty change leaves the policy as it is and is told to
  // `observer` and to gRPC's log. Not both.
  MethodPolicy policy = {};
  std::string policy_file = {};

  // Calls that may wait for a verification at once. They hold memory, but no
  // threads.
  size_t max_pending_calls = 10'000;

  // What is remembered of verified tokens.
  size_t max_verdicts = 65'536;
  size_t max_verdict_bytes = 64u << 20;
  // For how long a refusal is repeated without asking again.
  absl::Duration denied_life = absl::Seconds(5);

  // Hears of each call; see usher/guard_prometheus.h for a ready one.
  std::shared_ptr<GuardObserver> observer = nullptr;

  // Leaves `authorization` in the metadata that handlers see. Whatever a
  // handler logs or forwards may then hold tokens that open other doors.
  bool insecure_show_token_to_handlers = false;

  // Keeps the token of each admitted call in memory until the call ends, for
  // usher/forward_caller.h. Handlers cannot read it, but they can call other
  // services in their callers' names.
  bool keep_tokens_to_forward = false;

  // Takes OpenID Connect ID tokens, and no access tokens. For the service
  // behind a proxy or a web client that signs people in and has nothing else to
  // send (Google, Dex). An ID token says that somebody signed in at
  // `audiences`, a client; it was not made to open this service, it has no
  // scopes, and whoever signs people in with the same client holds as good a
  // one. Where there is a choice, take access tokens.
  bool take_id_tokens_instead_of_access_tokens = false;
};

// Create() says each of these that loosens something in gRPC's log, and a
// server each port with InsecureCredentials() that others can reach.

// Thread-safe. May serve several servers. Meant to outlive them: once it is
// gone, their ports refuse whatever needs a token.
class Guard {
 public:
  using Interceptors = std::vector<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;

  // Never touches the network. INVALID_ARGUMENT or FAILED_PRECONDITION names
  // every option that is wrong, and every fault in the policy file.
  static absl::StatusOr<std::unique_ptr<Guard>> Create(GuardOptions options);

  // Refuses the calls that wait.
  ~Guard();

  // The gate on a port, which otherwise is what grpc::SslServerCredentials()
  // and its like make of the same options. Never null; options that gRPC
  // cannot use make the server's start fail.
  std::shared_ptr<grpc::ServerCredentials> SslCredentials(
      const grpc::SslServerCredentialsOptions& options);
  // Takes over what `options` point to, as gRPC's own function does: give each
  // port options of its own.
  std::shared_ptr<grpc::ServerCredentials> TlsCredentials(
      const grpc::experimental::TlsServerCredentialsOptions& options);
  std::shared_ptr<grpc::ServerCredentials> LocalCredentials(
      grpc_local_connect_type type);
  // Without TLS: whoever listens on the network can use the tokens he hears.
  std::shared_ptr<grpc::ServerCredentials> InsecureCredentials();

  // Once for each builder. Adds the interceptor that FindCaller() needs,
  // behind `others`: a builder has one list of interceptors, so give this
  // function yours instead of calling SetInterceptorCreators(). Raises the
  // limit on metadata to 32 KiB, so that the largest token arrives.
  //
  // From then on BuildAndStart() returns null, and gRPC's log says why, where
  // Check() finds a fault.
  void Install(grpc::ServerBuilder& builder, Interceptors others = {});

  // Reads the policy file now instead of within some seconds. Blocks on the
  // disk. INVALID_ARGUMENT: its faults; the policy stays as it was.
  // FAILED_PRECONDITION: there is no such file.
  absl::Status ReloadPolicy();

  // FAILED_PRECONDITION says what to write where a port of `builder` has no
  // gate of this guard, where it has no port, or where the interceptor is not
  // installed or was replaced. Does not see external connection acceptors.
  absl::Status Check(grpc::ServerBuilder& builder) const;

 private:
  struct Impl;
  explicit Guard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher
