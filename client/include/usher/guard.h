// Verifies the caller of every call to a gRPC server before its handler runs.
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
// No handler runs for a call that was not admitted: the credentials contain the
// gate, which refuses before the call is matched to a method, in every style
// of server (sync, callback, completion queue, generic) and for every kind of
// call. What Install() adds gives the handler its caller (usher/caller.h).
//
// A refused call ends with UNAUTHENTICATED if its token is not valid, with
// PERMISSION_DENIED if the policy does not allow a valid one, and with
// UNAVAILABLE if the token cannot be verified now. The message has the form
// "invalid_token: TOKEN_EXPIRED: expired 12s ago". Services in sync and
// callback style can add details: guarded_service.h.
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

// A value: it can be stored, copied and used for several guards. Create()
// writes each option that weakens security to gRPC's log; so does the start of
// a server for each port with InsecureCredentials() that other machines can
// reach.
struct GuardOptions {
  // What verifies the tokens: exactly one of the two.
  //
  // `client`: the guard asks usherd with a usher::Client of its own. A call
  // waits for the result at most ClientOptions::deadline, then it is refused
  // with UNAVAILABLE; while usherd is down calls do not wait (usher/client.h).
  ClientOptions client = {};
  // `verifier`: any other, which may be shared: a Client of several guards, a
  // LocalVerifier (usher/local_verifier.h), a fake, your own.
  std::shared_ptr<TokenVerifier> verifier = nullptr;

  // A token must be meant for one of these, unless the policy names others.
  std::vector<std::string> audiences;
  // In code, or in a file (docs/policy.md), which is read again when it
  // changes. A change with errors does not change the policy; it is reported to
  // `observer` and to gRPC's log. Not both.
  MethodPolicy policy = {};
  std::string policy_file = {};

  // Questions to the verifier that are under way at once. A connection has at
  // most as many, those that wait for their turn included, and while others
  // need the verifier too, its share; beyond that its calls with unknown tokens
  // are refused at once (OVERLOADED). A question waits for its turn at most
  // half of ClientOptions::deadline.
  size_t max_questions = 256;

  // Calls that may wait for a verification at once, and the memory that they
  // may hold: each about 20 KiB, most of which is gRPC's, and twice its token.
  // They hold no threads. A connection may have half of either, less while
  // others have some too. Admitted calls that wait for a handler may hold
  // `max_pending_bytes` once more: about 1 KiB, the token and four times its
  // claims for each token that is not in the cache.
  size_t max_pending_calls = 10'000;
  size_t max_pending_bytes = 128u << 20;

  // Refuses a token that is not three base64url parts (TOKEN_MALFORMED) without
  // a question to the verifier. Only for services whose callers all have JWTs:
  // an opaque token is refused too.
  bool jwt_only = false;

  // The metadata key of the token, in lower case, and its only source.
  // `authorization` needs the scheme Bearer; under any other name, which a
  // proxy in front may use, the scheme may be missing, and `authorization` is
  // then not read.
  std::string token_header = "authorization";

  // The cache of verified tokens.
  size_t max_verdicts = 65'536;
  size_t max_verdict_bytes = 64u << 20;
  // How long a denial is repeated without another verification.
  absl::Duration denied_life = absl::Seconds(5);

  // Observes each call. usher/guard_prometheus.h has a ready one.
  std::shared_ptr<GuardObserver> observer = nullptr;

  // Leaves the token's header and `authorization` in the metadata that handlers
  // see. What a handler logs or forwards may then contain tokens that are valid
  // elsewhere.
  bool insecure_show_token_to_handlers = false;

  // Keeps the token of each admitted call in memory until the call ends, for
  // usher/forward_caller.h. Handlers cannot read it, but they can call other
  // services as their callers.
  bool keep_tokens_to_forward = false;

  // Accepts OpenID Connect ID tokens, and no access tokens. For a service
  // behind a proxy or a web client that signs users in and has no other token
  // to send (Google, Dex). An ID token says that a user signed in at a client
  // (`audiences`). It is not meant for this service, it has no scopes, and
  // every other service of the same client has tokens that are valid here. If
  // you can choose, use access tokens.
  bool take_id_tokens_instead_of_access_tokens = false;
};

// Thread-safe. One guard can serve several servers. It should outlive them:
// once it is destroyed, their ports refuse every call that needs a token.
class Guard {
 public:
  using Interceptors = std::vector<
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;

  // Never touches the network. INVALID_ARGUMENT or FAILED_PRECONDITION names
  // every option that is wrong, and every error in the policy file.
  static absl::StatusOr<std::unique_ptr<Guard>> Create(GuardOptions options);

  // Refuses the calls that wait. Must not run in a callback of the verifier.
  ~Guard();

  // The gate for a port. Apart from that, the same credentials as those of
  // grpc::SslServerCredentials() etc. with the same options. Never null; with
  // options that gRPC cannot use, the start of the server fails. Nothing may
  // stand around them (XdsServerCredentials()), and they take no
  // AuthMetadataProcessor: either would replace the gate.
  std::shared_ptr<grpc::ServerCredentials> SslCredentials(
      const grpc::SslServerCredentialsOptions& options);
  // Takes ownership of what `options` point to, as gRPC's own function does:
  // each port needs its own options.
  std::shared_ptr<grpc::ServerCredentials> TlsCredentials(
      const grpc::experimental::TlsServerCredentialsOptions& options);
  std::shared_ptr<grpc::ServerCredentials> LocalCredentials(
      grpc_local_connect_type type);
  // Without TLS: everyone who listens on the network can use the tokens.
  std::shared_ptr<grpc::ServerCredentials> InsecureCredentials();

  // To be called once for each builder. Adds the interceptor that FindCaller()
  // needs, after `others`: a builder has one list of interceptors, so pass
  // yours to this function instead of SetInterceptorCreators(). Raises the
  // limit for metadata to 32 KiB, so that the largest token fits.
  //
  // From then on BuildAndStart() returns null if Check() finds an error, and
  // gRPC's log has the reason.
  void Install(grpc::ServerBuilder& builder, Interceptors others = {});

  // Reads the policy file now and not only within some seconds. Blocks on the
  // disk. INVALID_ARGUMENT: its errors; the policy is unchanged.
  // FAILED_PRECONDITION: the guard has no policy file.
  absl::Status ReloadPolicy();

  // FAILED_PRECONDITION, with what to write instead, if a server of `builder`
  // would not be protected; after BuildAndStart() also why the server did not
  // start (a port in use, for example). docs/guard.md lists what it finds.
  absl::Status Check(grpc::ServerBuilder& builder) const;

 private:
  struct Impl;
  explicit Guard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace usher
