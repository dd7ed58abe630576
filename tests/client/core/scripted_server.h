// A real gRPC server on loopback that answers what the test says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/server.h"
#include "usher/reason.h"
#include "usher/v1/admin_service.grpc.pb.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::testing {

class ScriptedServer final : public v1::TokenService::Service,
                             public v1::AdminService::Service {
 public:
  // What it does about each kind of call; set before the first one.
  struct Script {
    std::function<grpc::Status(const v1::VerifyRequest&, v1::VerifyResponse&)>
        verify;
    std::function<grpc::Status(const v1::BatchVerifyRequest&,
                               v1::BatchVerifyResponse&)>
        batch;
    std::function<grpc::Status(const v1::IntrospectRequest&,
                               v1::IntrospectResponse&)>
        introspect;
    std::function<grpc::Status(const v1::ExplainRequest&, v1::ExplainResponse&)>
        explain;
    std::function<grpc::Status(const v1::ListIssuersRequest&,
                               v1::ListIssuersResponse&)>
        list_issuers;
    std::function<grpc::Status(const v1::RefreshKeysRequest&,
                               v1::RefreshKeysResponse&)>
        refresh_keys;
  };
  struct Settings {
    std::shared_ptr<grpc::ServerCredentials> credentials;  // null: plaintext
    bool health_service = false;
    std::string address = "127.0.0.1:0";
  };

  explicit ScriptedServer(Script script) : ScriptedServer(script, Settings()) {}
  ScriptedServer(Script script, const Settings& settings);
  ~ScriptedServer() override;

  // "127.0.0.1:12345".
  const std::string& address() const { return address_; }
  // Every Verify request so far.
  std::vector<v1::VerifyRequest> verify_requests() const;
  // The values of this metadata, of every Verify request so far.
  std::vector<std::string> verify_metadata(const std::string& key) const;
  // The addresses from which Verify was called: one per connection.
  std::set<std::string> peers() const;
  size_t verify_calls() const { return verify_requests().size(); }
  void SetServing(bool serving);

  // Implements the services.
  grpc::Status Verify(grpc::ServerContext*, const v1::VerifyRequest*,
                      v1::VerifyResponse*) override;
  grpc::Status BatchVerify(grpc::ServerContext*, const v1::BatchVerifyRequest*,
                           v1::BatchVerifyResponse*) override;
  grpc::Status Introspect(grpc::ServerContext*, const v1::IntrospectRequest*,
                          v1::IntrospectResponse*) override;
  grpc::Status Explain(grpc::ServerContext*, const v1::ExplainRequest*,
                       v1::ExplainResponse*) override;
  grpc::Status ListIssuers(grpc::ServerContext*, const v1::ListIssuersRequest*,
                           v1::ListIssuersResponse*) override;
  grpc::Status RefreshKeys(grpc::ServerContext*, const v1::RefreshKeysRequest*,
                           v1::RefreshKeysResponse*) override;

 private:
  const Script script_;
  std::string address_;
  mutable std::mutex mutex_;
  std::vector<v1::VerifyRequest> verify_requests_;
  std::multimap<std::string, std::string> verify_metadata_;
  std::set<std::string> peers_;
  std::unique_ptr<grpc::Server> server_;
};

// A VerifiedToken with every field.
v1::VerifiedToken WholeToken();
// {verified: WholeToken()}.
grpc::Status SayVerified(const v1::VerifyRequest&, v1::VerifyResponse&);
// A script that denies with that number.
ScriptedServer::Script Denying(int reason_number, std::string message,
                               std::string claim = "");

// A status as usherd makes it, with ErrorInfo and RetryInfo.
grpc::Status UndecidedStatus(grpc::StatusCode code, Reason reason,
                             absl::Duration retry_after);
// INVALID_ARGUMENT with BadRequest.
grpc::Status BadRequestStatus(std::string_view field,
                              std::string_view description);

}  // namespace usher::testing
