#include "usher/local_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>

#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "tests/support/test_issuer.h"

namespace usher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using testing::TestIssuer;

class LocalVerifierTest : public ::testing::Test {
 protected:
  LocalVerifierTest() {
    std::string pattern = ::testing::TempDir() + "usher-local-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~LocalVerifierTest() override { std::filesystem::remove_all(directory_); }

  LocalIssuer Issuer(std::vector<std::string> audiences = {"orders"}) const {
    return {.name = "corp",
            .issuer = issuer_.issuer(),
            .audiences = std::move(audiences),
            .jwks = issuer_.Jwks()};
  }

  static std::unique_ptr<LocalVerifier> Make(LocalVerifierOptions options) {
    auto verifier = LocalVerifier::Create(std::move(options));
    EXPECT_TRUE(verifier.ok()) << verifier.status();
    return *std::move(verifier);
  }

  std::string WriteConfig(std::string_view audience) const {
    const std::string path = directory_ + "/usher.yaml";
    std::ofstream(directory_ + "/keys.json") << issuer_.Jwks();
    WriteAtOnce(path,
                base::StrCat("issuers:\n  - name: corp\n    issuer: ",
                             issuer_.issuer(), "\n    audiences: [", audience,
                             "]\n    keys: {jwks_file: keys.json}\n"));
    return path;
  }

  // A reader sees the old content or the new one, never a part.
  static void WriteAtOnce(const std::string& path, std::string_view text) {
    const std::string other = path + ".new";
    std::ofstream(other) << text;
    std::filesystem::rename(other, path);
  }

  base::SystemClock clock_;
  TestIssuer issuer_{clock_};
  std::string directory_;
};

// The results that a LocalVerifier reports, in order.
class Reloads {
 public:
  std::function<void(const absl::Status&)> Callback() {
    return [this](const absl::Status& status) {
      base::MutexLock lock(mutex_);
      // A copy of its own: ThreadSanitizer does not see the reference counts of
      // Debian's Abseil, and takes a shared text for a race.
      results_.emplace_back(status.code(), status.message());
      added_.SignalAll();
    };
  }
  // Waits for the next one.
  absl::Status Next() {
    base::MutexLock lock(mutex_);
    while (results_.empty()) added_.Wait(mutex_);
    absl::Status status = std::move(results_.front());
    results_.pop_front();
    return status;
  }

 private:
  base::Mutex mutex_;
  base::CondVar added_;
  std::deque<absl::Status> results_ ABSL_GUARDED_BY(mutex_);
};

std::optional<Reason> ReasonOf(const VerifyResult& result) {
  if (result.denial()) return result.denial()->reason;
  return result.undecided() ? result.undecided()->reason : std::nullopt;
}

TEST_F(LocalVerifierTest, VerifiesATokenWithKeysGivenInCode) {
  const auto verifier = Make({.issuers = {Issuer()}});
  const VerifyResult result = verifier->Verify(
      {.token = issuer_.Mint({.claims = R"({"sub":"ada","scope":"read"})"}),
       .audiences = {"orders"},
       .scopes = {"read"}});
  ASSERT_TRUE(result.ok()) << result.ToStatus();
  const VerifiedToken& token = *result.verified();
  EXPECT_THAT(token.subject(), Optional(std::string("ada")));
  EXPECT_EQ(token.issuer(), issuer_.issuer());
  EXPECT_EQ(token.issuer_name(), "corp");
  EXPECT_THAT(token.audiences(), ElementsAre("orders"));
  EXPECT_THAT(token.scopes(), ElementsAre("read"));
  EXPECT_TRUE(token.expires_at().has_value());
  EXPECT_TRUE(token.algorithm().has_value());
  EXPECT_THAT(token.claims().FindString("sub"), Optional(std::string("ada")));
  EXPECT_GT(token.cache_for(), absl::ZeroDuration());
}

TEST_F(LocalVerifierTest, DeniesWithTheReasonsOfUsherd) {
  const auto verifier = Make({.issuers = {Issuer()}});
  std::string forged = issuer_.Mint();
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  const std::string token = issuer_.Mint();
  const std::vector<std::pair<VerifyRequest, Reason>> requests = {
      {{.token = "eyJ.garbage"}, Reason::kTokenMalformed},
      {{.token = token, .audiences = {"billing"}}, Reason::kAudienceMismatch},
      {{.token = token, .scopes = {"admin"}}, Reason::kScopeInsufficient},
      {{.token = token, .issuer = "https://other.example"},
       Reason::kIssuerUnknown},
  };
  for (const auto& [request, reason] : requests) {
    EXPECT_EQ(ReasonOf(verifier->Verify(request)), reason);
  }
  EXPECT_FALSE(verifier->Verify({.token = forged}).ok());
}

TEST_F(LocalVerifierTest, DeniesWhatTheProgramHasRevoked) {
  const auto verifier = Make({.issuers = {Issuer()}});
  const std::string token = issuer_.Mint(
      {.claims = R"({"jti":"t1","sid":"s1","sub":"ada","client_id":"shop"})"});
  const auto is_revoked = [&] {
    const VerifyResult result = verifier->Verify({.token = token});
    return result.denial() && result.denial()->reason == Reason::kTokenRevoked;
  };
  using Kind = LocalRevocation::Kind;
  for (const LocalRevocation& revocation :
       {LocalRevocation{"corp", "", Kind::kTokenId, "t1"},
        LocalRevocation{"corp", "", Kind::kSession, "s1"},
        LocalRevocation{"corp", "", Kind::kSubject, "ada"},
        LocalRevocation{"corp", "", Kind::kClient, "shop"},
        LocalRevocation{"corp", "", Kind::kEverything, ""}}) {
    EXPECT_FALSE(is_revoked());
    EXPECT_TRUE(verifier->Revoke(revocation).ok());
    EXPECT_TRUE(is_revoked()) << static_cast<int>(revocation.kind);
    verifier->Unrevoke(revocation);
  }
  // Issued before the token was, by more than the skew.
  LocalRevocation earlier = {"corp", "", Kind::kSubject, "ada",
                             clock_.Now() - absl::Hours(1)};
  EXPECT_TRUE(verifier->Revoke(earlier).ok());
  EXPECT_FALSE(is_revoked());
}

TEST_F(LocalVerifierTest, RefusesWrongRevocations) {
  const auto verifier = Make({.issuers = {Issuer()}});
  using Kind = LocalRevocation::Kind;
  for (const LocalRevocation& wrong :
       {LocalRevocation{"cork", "", Kind::kTokenId, "t1"},
        LocalRevocation{"corp", "acme", Kind::kTokenId, "t1"},
        LocalRevocation{"corp", "", Kind::kTokenId, ""},
        LocalRevocation{"corp", "", Kind::kEverything, "x"},
        LocalRevocation{"corp", "", Kind::kTokenId, "t1", clock_.Now()},
        LocalRevocation{"corp", "", Kind::kSubject, "ada",
                        clock_.Now() + absl::Hours(1)}}) {
    EXPECT_EQ(verifier->Revoke(wrong).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(LocalVerifierTest, CallsBackInsideTheCallIfMemoryDecides) {
  const auto verifier = Make({.issuers = {Issuer()}});
  const std::string token = issuer_.Mint();
  bool verified = false;
  verifier->Verify({.token = token}, [&verified](VerifyResult result) {
    verified = result.ok();
  });
  EXPECT_TRUE(verified);
}

TEST_F(LocalVerifierTest, NeedsAnAudienceIfTheIssuerHasSeveral) {
  const auto verifier = Make({.issuers = {Issuer({"orders", "billing"})}});
  const std::string token = issuer_.Mint();
  const VerifyResult result = verifier->Verify({.token = token});
  ASSERT_NE(result.undecided(), nullptr);
  EXPECT_EQ(result.undecided()->cause, Undecided::Cause::kBadRequest);
  EXPECT_THAT(result.undecided()->message, HasSubstr("audiences: "));
  EXPECT_TRUE(verifier->Verify({.token = token, .audiences = {"orders"}}).ok());
}

TEST_F(LocalVerifierTest, RefusesRequestsBeyondTheLimits) {
  const auto verifier = Make({.issuers = {Issuer()}});
  const std::string token = issuer_.Mint();
  const std::vector<std::pair<VerifyRequest, std::string>> requests = {
      {{.token = ""}, "token: "},
      {{.token = token, .audiences = std::vector<std::string>(33, "a")},
       "audiences: "},
      {{.token = token, .audiences = {""}}, "audiences: "},
      {{.token = token, .scopes = {std::string(257, 's')}}, "scopes: "},
      {{.token = token, .issuer = ""}, "issuer: "},
  };
  for (const auto& [request, member] : requests) {
    const VerifyResult result = verifier->Verify(request);
    ASSERT_NE(result.undecided(), nullptr) << member;
    EXPECT_EQ(result.undecided()->cause, Undecided::Cause::kBadRequest);
    EXPECT_THAT(result.undecided()->message, HasSubstr(member));
  }
}

TEST_F(LocalVerifierTest, ListsEveryErrorOfItsOptions) {
  EXPECT_EQ(LocalVerifier::Create({}).status().code(),
            absl::StatusCode::kInvalidArgument);
  LocalIssuer bad = Issuer({});
  bad.name = "Bad Name";
  const absl::Status status =
      LocalVerifier::Create({.issuers = {bad}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("issuers[0].name"), HasSubstr("issuers[0].audiences")));
  bad = Issuer();
  bad.jwks_url = "https://login.example.com/keys";
  EXPECT_THAT(
      std::string(LocalVerifier::Create({.issuers = {bad}}).status().message()),
      HasSubstr("at most one of"));
}

TEST_F(LocalVerifierTest, ReadsAConfigurationFileAndReloadsIt) {
  const std::string path = WriteConfig("billing");
  const auto verifier = Make({.config_file = path});
  EXPECT_THAT(verifier->IssuersWithoutKeys(), IsEmpty());
  const std::string token = issuer_.Mint();
  EXPECT_EQ(ReasonOf(verifier->Verify({.token = token})),
            Reason::kAudienceMismatch);
  WriteConfig("orders");
  ASSERT_TRUE(verifier->Reload().ok());
  EXPECT_TRUE(verifier->Verify({.token = token}).ok());
  std::ofstream(path) << "issuers: []\n";
  EXPECT_EQ(verifier->Reload().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(verifier->Verify({.token = token}).ok()) << "nothing changed";
  const auto in_code = Make({.issuers = {Issuer()}});
  EXPECT_EQ(in_code->Reload().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LocalVerifierTest, TakesAConfigurationAsText) {
  std::ofstream(directory_ + "/keys.json") << issuer_.Jwks();
  const auto verifier = Make(
      {.config_text = base::StrCat(
           "issuers:\n  - name: corp\n    issuer: ", issuer_.issuer(),
           "\n    audiences: [orders]\n    claims: {sub: {one_of: [ada]}}\n"
           "    keys: {jwks_file: ",
           directory_, "/keys.json}\n")});
  EXPECT_TRUE(
      verifier->Verify({.token = issuer_.Mint({.claims = R"({"sub":"ada"})"})})
          .ok());
  EXPECT_EQ(ReasonOf(verifier->Verify(
                {.token = issuer_.Mint({.claims = R"({"sub":"bob"})"})})),
            Reason::kClaimRejected);
  EXPECT_EQ(verifier->Reload().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      LocalVerifier::Create({.config_text = "issuers: []"}).status().code(),
      absl::StatusCode::kInvalidArgument);
}

TEST_F(LocalVerifierTest, AppliesTheIssuersOtherNamesAndMarks) {
  LocalIssuer corp = Issuer();
  corp.aliases = {"urn:corp"};
  corp.access_token_claims = {"scope"};
  const auto verifier = Make({.issuers = {corp}});
  EXPECT_TRUE(
      verifier
          ->Verify({.token = issuer_.Mint({.claims = R"({"iss":"urn:corp",)"
                                                     R"("scope":"read"})"})})
          .ok());
  EXPECT_EQ(ReasonOf(verifier->Verify({.token = issuer_.Mint()})),
            Reason::kTokenTypeNotAllowed);
}

TEST_F(LocalVerifierTest, AppliesAChangedFileByItself) {
  Reloads reloads;
  const auto verifier = Make({.config_file = WriteConfig("billing"),
                              .reload_interval = absl::Milliseconds(10),
                              .on_reload = reloads.Callback()});
  const std::string token = issuer_.Mint();
  EXPECT_EQ(ReasonOf(verifier->Verify({.token = token})),
            Reason::kAudienceMismatch);
  WriteConfig("orders");
  EXPECT_TRUE(reloads.Next().ok());
  EXPECT_TRUE(verifier->Verify({.token = token}).ok());
}

TEST_F(LocalVerifierTest, KeepsItsIssuersIfTheChangedFileHasErrors) {
  Reloads reloads;
  const std::string path = WriteConfig("orders");
  const auto verifier = Make({.config_file = path,
                              .reload_interval = absl::Milliseconds(10),
                              .on_reload = reloads.Callback()});
  const std::string token = issuer_.Mint();
  WriteAtOnce(path, "issuers: []\nlisten: loud\n");
  const absl::Status refused = reloads.Next();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("issuers: "), HasSubstr("listen: ")));
  EXPECT_TRUE(verifier->Verify({.token = token}).ok());
  std::filesystem::remove(path);
  EXPECT_THAT(std::string(reloads.Next().message()), HasSubstr(path));
  EXPECT_TRUE(verifier->Verify({.token = token}).ok());
  WriteConfig("billing");
  EXPECT_TRUE(reloads.Next().ok()) << "the file is repaired";
  EXPECT_EQ(ReasonOf(verifier->Verify({.token = token})),
            Reason::kAudienceMismatch);
}

TEST_F(LocalVerifierTest, MayBeReloadedByTheCallbackOfAReload) {
  Reloads reloads;
  std::promise<LocalVerifier*> made;
  std::shared_future<LocalVerifier*> verifier_made = made.get_future().share();
  const auto verifier =
      Make({.config_file = WriteConfig("billing"),
            .reload_interval = absl::Milliseconds(10),
            .on_reload = [&, verifier_made](const absl::Status&) {
              reloads.Callback()(verifier_made.get()->Reload());
            }});
  made.set_value(verifier.get());
  WriteConfig("orders");
  EXPECT_TRUE(reloads.Next().ok());
}

TEST_F(LocalVerifierTest, RefusesAnIntervalOutOfRange) {
  const std::string path = WriteConfig("orders");
  for (const absl::Duration interval :
       {-absl::Seconds(1), absl::Milliseconds(9), absl::InfiniteDuration()}) {
    EXPECT_THAT(std::string(LocalVerifier::Create({.config_file = path,
                                                   .reload_interval = interval})
                                .status()
                                .message()),
                HasSubstr("reload_interval: "));
  }
}

TEST_F(LocalVerifierTest, IsUndecidedWithoutKeysAndListsItsWarnings) {
  LocalIssuer issuer = Issuer();
  issuer.jwks.reset();
  issuer.jwks_url = "https://127.0.0.1:1/keys";
  issuer.insecure_allow_private_addresses = true;
  const auto verifier = Make({.issuers = {issuer}});
  EXPECT_THAT(verifier->IssuersWithoutKeys(), ElementsAre("corp"));
  EXPECT_THAT(verifier->Warnings(),
              ElementsAre(HasSubstr("insecure_allow_private_addresses")));
  const std::string token = issuer_.Mint();
  EXPECT_EQ(ReasonOf(verifier->Verify({.token = token})),
            Reason::kKeysUnavailable);
}

TEST_F(LocalVerifierTest, TwoInOneProcessShareNothing) {
  const auto orders = Make({.issuers = {Issuer()}});
  const auto billing = Make({.issuers = {Issuer({"billing"})}});
  const std::string token = issuer_.Mint();
  EXPECT_TRUE(orders->Verify({.token = token}).ok());
  EXPECT_EQ(ReasonOf(billing->Verify({.token = token})),
            Reason::kAudienceMismatch);
}

}  // namespace
}  // namespace usher
