#include "server/net/tls/client_certificates.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/time/clock.h"
#include "tests/support/certificate_authority.h"

namespace usher::server {
namespace {

using enum CertificateRefusal;
using testing::Certificate;
using testing::CertificateAuthority;

class ClientCertificatesTest : public ::testing::Test {
 protected:
  std::optional<CertificateRefusal> Judge(const std::string& leaf,
                                          absl::Time at,
                                          const std::string& chain = "") {
    return judge.Judge(leaf, chain, lists.get(), lists_required, at);
  }
  void Revoke(const std::vector<std::string>& chains,
              absl::Duration until = absl::Hours(24)) {
    lists = *RevocationLists::Parse(
        ca.RevocationList(chains, -absl::Hours(1), until), ca.pem(), now);
  }

  const absl::Time now = absl::Now();
  const CertificateAuthority ca;
  const Certificate good = ca.Issue();
  ClientCertificates judge;
  std::shared_ptr<const RevocationLists> lists;
  bool lists_required = false;
};

TEST_F(ClientCertificatesTest, AreGoodBetweenBothDates) {
  const Certificate brief = ca.Issue(
      {.valid_from = -absl::Minutes(1), .valid_until = absl::Minutes(1)});
  EXPECT_EQ(Judge(brief.chain, now), std::nullopt);
  EXPECT_EQ(Judge(brief.chain, now + absl::Minutes(2)), kExpired);
  EXPECT_EQ(Judge(brief.chain, now - absl::Minutes(2)), kNotYetValid);
  // What is remembered are the dates, not the answer.
  EXPECT_EQ(Judge(brief.chain, now), std::nullopt);
}

TEST_F(ClientCertificatesTest, OneThatCannotBeReadIsRefused) {
  for (const char* leaf : {"x", "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
    EXPECT_EQ(Judge(leaf, now), kUnreadable);
  }
}

TEST_F(ClientCertificatesTest, ARevokedOneIsRefusedAndNoOther) {
  const Certificate revoked = ca.Issue();
  Revoke({revoked.chain});
  EXPECT_EQ(Judge(revoked.chain, now), kRevoked);
  EXPECT_EQ(Judge(good.chain, now), std::nullopt);
  // Nor one of the same number of another issuer.
  EXPECT_EQ(Judge(CertificateAuthority("other").Issue().chain, now),
            std::nullopt);
  Revoke({});
  EXPECT_EQ(Judge(revoked.chain, now), std::nullopt);
}

TEST_F(ClientCertificatesTest, AnExpiredListIsUsedUnlessListsAreRequired) {
  const Certificate revoked = ca.Issue();
  Revoke({revoked.chain}, absl::Hours(1));
  const absl::Time later = now + absl::Hours(2);
  EXPECT_EQ(Judge(revoked.chain, later), kRevoked);
  EXPECT_EQ(Judge(good.chain, later), std::nullopt);
  lists_required = true;
  EXPECT_EQ(Judge(good.chain, later), kNoRevocationList);
  EXPECT_EQ(Judge(good.chain, now), std::nullopt);
}

TEST_F(ClientCertificatesTest, WithoutAListOfItsIssuerARequiredOneIsMissing) {
  Revoke({});
  lists_required = true;
  EXPECT_EQ(Judge(CertificateAuthority("other").Issue().chain, now),
            kNoRevocationList);
}

TEST_F(ClientCertificatesTest, ARevokedIntermediateCountsOnResumedSessionsToo) {
  const Certificate intermediate = ca.Issue({.common_name = "intermediate"});
  const Certificate leaf = CertificateAuthority("intermediate").Issue();
  Revoke({intermediate.chain});
  EXPECT_EQ(Judge(leaf.chain, now), std::nullopt);  // no chain was ever seen
  EXPECT_EQ(Judge(leaf.chain, now, leaf.chain + intermediate.chain), kRevoked);
  EXPECT_EQ(Judge(leaf.chain, now), kRevoked);
}

TEST(RevocationLists, RefuseWhatIsNoListOrOnlyHalfOfOne) {
  const CertificateAuthority ca;
  const std::string list = ca.RevocationList({});
  for (const std::string& pem : {std::string(), std::string("x"), ca.pem(),
                                 list.substr(0, list.size() / 2),
                                 list + list.substr(0, list.size() / 2)}) {
    EXPECT_FALSE(RevocationLists::Parse(pem, ca.pem(), absl::Now()).ok());
  }
  EXPECT_TRUE(RevocationLists::Parse(list, ca.pem(), absl::Now()).ok());
}

TEST(RevocationLists, RefuseAListThatNoAuthoritySigned) {
  const CertificateAuthority ca;
  const CertificateAuthority same_name;
  EXPECT_FALSE(RevocationLists::Parse(same_name.RevocationList({}), ca.pem(),
                                      absl::Now())
                   .ok());
  EXPECT_TRUE(RevocationLists::Parse(same_name.RevocationList({}),
                                     ca.pem() + same_name.pem(), absl::Now())
                  .ok());
}

TEST(RevocationLists, RefuseAListOfTheFuture) {
  const CertificateAuthority ca;
  EXPECT_FALSE(RevocationLists::Parse(ca.RevocationList({}, absl::Hours(1)),
                                      ca.pem(), absl::Now())
                   .ok());
}

}  // namespace
}  // namespace usher::server
