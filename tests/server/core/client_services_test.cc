#include "server/core/client_services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using Names = std::map<std::string, std::vector<std::string>>;

// Iteration is of no use to anybody here; the base cannot be made directly.
struct NoProperties final : grpc::AuthPropertyIterator {};

// A peer whose handshake brought these certificate names.
class FakePeer final : public grpc::AuthContext {
 public:
  explicit FakePeer(Names names) : names_(std::move(names)) {}

  bool IsPeerAuthenticated() const override { return !names_.empty(); }
  std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return ""; }
  std::vector<grpc::string_ref> FindPropertyValues(
      const std::string& name) const override {
    const auto found = names_.find(name);
    if (found == names_.end()) return {};
    return {found->second.begin(), found->second.end()};
  }
  grpc::AuthPropertyIterator begin() const override { return NoProperties(); }
  grpc::AuthPropertyIterator end() const override { return NoProperties(); }
  void AddProperty(const std::string&, const grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override {
    return false;
  }

 private:
  const Names names_;
};

const std::vector<config::ClientService> kConfigured = {
    {"orders", "spiffe://corp/sa/orders", {"orders"}},
    {"billing", "billing.corp", {"billing"}, {"Introspect"}},
};

grpc::Status Admit(const FakePeer& peer, Rpc rpc = Rpc::kVerify,
                   const ClientService** found = nullptr,
                   bool allow_anonymous = false) {
  static std::vector<std::unique_ptr<ClientServices>> kept;
  kept.push_back(
      std::make_unique<ClientServices>(kConfigured, allow_anonymous));
  const ClientService* client_service = nullptr;
  const grpc::Status status = kept.back()->Admit(peer, rpc, client_service);
  if (found) *found = client_service;
  return status;
}

TEST(ClientServices, FindAServiceByItsUri) {
  const ClientService* client_service = nullptr;
  EXPECT_TRUE(Admit(FakePeer(Names{{"peer_uri", {"spiffe://corp/sa/orders"}}}),
                    Rpc::kVerify, &client_service)
                  .ok());
  ASSERT_NE(client_service, nullptr);
  EXPECT_EQ(client_service->name, "orders");
  EXPECT_THAT(client_service->audiences, ::testing::ElementsAre("orders"));
}

TEST(ClientServices, FindAServiceByAnyOfItsDnsNames) {
  const ClientService* client_service = nullptr;
  EXPECT_TRUE(
      Admit(FakePeer(Names{{"peer_dns", {"other.corp", "billing.corp"}}}),
            Rpc::kIntrospect, &client_service)
          .ok());
  ASSERT_NE(client_service, nullptr);
  EXPECT_EQ(client_service->name, "billing");
}

TEST(ClientServices, UseTheCommonNameOnlyWithoutAlternativeNames) {
  EXPECT_TRUE(Admit(FakePeer(Names{{"x509_common_name", {"billing.corp"}}}),
                    Rpc::kIntrospect)
                  .ok());
  const grpc::Status status =
      Admit(FakePeer(Names{{"x509_common_name", {"billing.corp"}},
                           {"peer_dns", {"evil.example"}}}),
            Rpc::kIntrospect);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST(ClientServices, MatchANameByItsTypeOnly) {
  for (const Names& names :
       {Names{{"peer_dns", {"spiffe://corp/sa/orders"}}},
        Names{{"x509_common_name", {"spiffe://corp/sa/orders"}}},
        Names{{"peer_uri", {"billing.corp"}}},
        Names{{"peer_email", {"billing.corp"}}}}) {
    for (const Rpc rpc : {Rpc::kVerify, Rpc::kIntrospect}) {
      EXPECT_EQ(Admit(FakePeer(names), rpc).error_code(),
                grpc::StatusCode::PERMISSION_DENIED);
    }
  }
}

// As those of e-mail or IP addresses, or of types that gRPC does not know.
TEST(ClientServices, AnAlternativeNameOfAnyTypeHidesTheCommonName) {
  EXPECT_EQ(Admit(FakePeer(Names{{"x509_common_name", {"billing.corp"}},
                                 {"x509_subject_alternative_name",
                                  {"other types of SAN"}}}),
                  Rpc::kIntrospect)
                .error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST(ClientServices, CompareDnsNamesInAnyCaseAndCommonNamesByteForByte) {
  EXPECT_TRUE(
      Admit(FakePeer(Names{{"peer_dns", {"Billing.CORP"}}}), Rpc::kIntrospect)
          .ok());
  const std::string nul("billing.corp\0.evil", 18);
  for (const Names& names :
       {Names{{"x509_common_name", {"Billing.corp"}}},
        Names{{"peer_dns", {"*.corp"}}}, Names{{"peer_dns", {nul}}},
        Names{{"x509_common_name", {nul}}},
        Names{{"peer_dns", {"billing.corp."}}}}) {
    EXPECT_EQ(Admit(FakePeer(names), Rpc::kIntrospect).error_code(),
              grpc::StatusCode::PERMISSION_DENIED);
  }
}

TEST(ClientServices, CompareUrisByteForByte) {
  for (const char* name :
       {"spiffe://corp/sa/Orders", "spiffe://corp/sa/orders/",
        "spiffe://corp/sa/order", "spiffe://corp/sa/*", ""}) {
    const grpc::Status status = Admit(FakePeer(Names{{"peer_uri", {name}}}));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED) << name;
    EXPECT_EQ(ReasonOf(status), "CALLER_NOT_ALLOWED") << name;
  }
}

TEST(ClientServices, RefuseAPeerWithoutACertificateAsUnauthenticated) {
  const grpc::Status status = Admit(FakePeer(Names{}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(status), "CALLER_NOT_ALLOWED");
}

TEST(ClientServices, RefuseAnRpcThatIsNotListed) {
  const FakePeer billing(Names{{"peer_dns", {"billing.corp"}}});
  EXPECT_TRUE(Admit(billing, Rpc::kIntrospect).ok());
  for (const Rpc rpc : {Rpc::kVerify, Rpc::kBatchVerify}) {
    const grpc::Status status = Admit(billing, rpc);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(ReasonOf(status), "CALLER_NOT_ALLOWED");
  }
}

TEST(ClientServices, AcceptEveryPeerWhenNoneIsConfigured) {
  const ClientServices none({}, false);
  const ClientService* client_service = nullptr;
  EXPECT_TRUE(none.Admit(FakePeer(Names{}), Rpc::kVerify, client_service).ok());
  EXPECT_EQ(client_service, nullptr);
}

TEST(ClientServices, AcceptAnonymousPeersOnlyWhenConfigured) {
  const ClientService* client_service = nullptr;
  EXPECT_TRUE(
      Admit(FakePeer(Names{}), Rpc::kVerify, &client_service, true).ok());
  EXPECT_EQ(client_service, nullptr);
  // A peer with a certificate still has only its own rights.
  EXPECT_FALSE(Admit(FakePeer(Names{{"peer_dns", {"billing.corp"}}}),
                     Rpc::kVerify, &client_service, true)
                   .ok());
}

}  // namespace
}  // namespace usher::server
