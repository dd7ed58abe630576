// Checks of settings against each other.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/config/config.h"
#include "tests/lib/config/config_support.h"

namespace usher::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kCallers =
    "callers: [{name: orders, certificate: orders.example, "
    "audiences: [orders]}]\n";
constexpr std::string_view kMutual =
    "tls: {certificate: tls/server.crt, private_key: tls/server.key, "
    "client_ca: tls/callers-ca.crt}\n";
constexpr std::string_view kServerOnly =
    "tls: {certificate: tls/server.crt, private_key: tls/server.key}\n";

// Configurations whose files exist. The added text begins on line 5.
class CrossChecks : public testing::Test {
 protected:
  CrossChecks() { directory_.WriteFilesOfFullExample(); }

  template <typename... Parts>
  std::string Errors(const Parts&... parts) {
    return ErrorsOf(WithOneIssuer(base::StrCat(parts...)), directory_.path());
  }
  template <typename... Parts>
  std::string Warnings(const Parts&... parts) {
    return WarningsOf(WithOneIssuer(base::StrCat(parts...)), directory_.path());
  }

  Directory directory_;
};

TEST_F(CrossChecks, LocalListenersNeedNeitherTlsNorCallers) {
  for (const std::string_view listen :
       {"127.0.0.1:9443", "'[::1]:9443'", "localhost:9443",
        "unix:/run/usher.sock"}) {
    EXPECT_EQ(Errors("listen: ", listen, "\n"), "");
  }
}

TEST_F(CrossChecks, WarnOfABlockedKeyAddress) {
  const std::string url = "  keys: {jwks_url: 'https://10.1.2.3/keys'}\n";
  EXPECT_EQ(Warnings(url),
            "issuers[0].keys.jwks_url: is at a private address, so its keys "
            "cannot be fetched without insecure_allow_private_addresses: "
            "true\n");
  EXPECT_EQ(Warnings("- {name: near, issuer: 'https://[::1]:8443', "
                     "audiences: [orders]}\n"),
            "issuers[1].issuer: is at a loopback address, so its keys cannot "
            "be fetched without insecure_allow_private_addresses: true\n");
  // Allowed, behind a proxy, or public.
  EXPECT_THAT(Warnings(url, "  insecure_allow_private_addresses: true\n"),
              Not(HasSubstr("cannot be fetched")));
  EXPECT_EQ(Warnings(url, "  proxy: http://proxy:3128\n"), "");
  EXPECT_EQ(Warnings("  keys: {jwks_url: 'https://8.8.8.8/keys'}\n"), "");
}

TEST_F(CrossChecks, RemoteListenersAreValidWithTlsAndCallers) {
  EXPECT_EQ(Errors("listen: 0.0.0.0:9443\n", kMutual, kCallers), "");
  EXPECT_EQ(Warnings("listen: 0.0.0.0:9443\n", kMutual, kCallers), "");
}

TEST_F(CrossChecks, RejectPlaintextOnRemoteListeners) {
  EXPECT_EQ(Errors("listen: 0.0.0.0:9443\n"),
            "listen: other machines can reach this address, so tls is "
            "required (or insecure_allow_plaintext: true) (line 5)\n"
            "callers: other machines can reach listen, so callers are "
            "required (or insecure_allow_anonymous_callers: true) "
            "(line 1)\n");
}

TEST_F(CrossChecks, AllowInsecureSettingsWithWarnings) {
  constexpr std::string_view kYaml =
      "listen: 0.0.0.0:9443\ninsecure_allow_plaintext: true\n"
      "insecure_allow_anonymous_callers: true\n";
  EXPECT_EQ(Errors(kYaml), "");
  EXPECT_THAT(Warnings(kYaml), HasSubstr("insecure_allow_plaintext: "));
  EXPECT_THAT(Warnings(kYaml), HasSubstr("insecure_allow_anonymous_callers: "));
}

TEST_F(CrossChecks, RejectAnonymousCallersOnRemoteListeners) {
  EXPECT_EQ(Errors("listen: 0.0.0.0:9443\n", kMutual),
            "callers: other machines can reach listen, so callers are "
            "required (or insecure_allow_anonymous_callers: true) "
            "(line 1)\n");
  EXPECT_EQ(Errors("listen: 0.0.0.0:9443\n", kServerOnly,
                   "insecure_allow_anonymous_callers: true\n"),
            "");
}

TEST_F(CrossChecks, RejectCallersWithoutClientCa) {
  constexpr std::string_view kError =
      "callers: are identified by their certificates, so tls.client_ca is "
      "required (or insecure_allow_anonymous_callers: true) (line 6)\n";
  EXPECT_EQ(Errors("listen: 127.0.0.1:9443\n", kCallers), kError);
  EXPECT_EQ(Errors("listen: 0.0.0.0:9443\n", kCallers, kServerOnly), kError);
}

TEST_F(CrossChecks, RejectARemoteAdminListenerWithoutMutualTls) {
  constexpr std::string_view kError =
      "admin.listen: other machines can reach this address, so "
      "admin.tls with client_ca is required (or insecure_allow_remote_admin: "
      "true) (line 5)\n";
  EXPECT_EQ(Errors("admin: {listen: 0.0.0.0:9444}\n"), kError);
  EXPECT_EQ(Errors("admin: {listen: 0.0.0.0:9444, ", kServerOnly, "}\n"),
            kError);
  EXPECT_EQ(Errors("admin: {listen: 0.0.0.0:9444, ", kMutual, "}\n"), "");
  EXPECT_EQ(Errors("admin: {listen: 0.0.0.0:9444}\n"
                   "insecure_allow_remote_admin: true\n"),
            "");
  EXPECT_THAT(Warnings("insecure_allow_remote_admin: true\n"),
              HasSubstr("insecure_allow_remote_admin: "));
}

TEST_F(CrossChecks, RejectARemoteStatusPage) {
  constexpr std::string_view kError =
      "status_page.listen: other machines can reach this address, and the "
      "page has no authentication (to allow it: "
      "insecure_allow_remote_status_page: true) (line 5)\n";
  EXPECT_EQ(Errors("status_page: {listen: 0.0.0.0:9465}\n"), kError);
  EXPECT_EQ(Errors("status_page: {listen: '[::1]:9465'}\n"), "");
  EXPECT_EQ(Errors("status_page: {enabled: false, listen: 0.0.0.0:9465}\n"),
            "");
  EXPECT_EQ(Errors("status_page: {listen: 0.0.0.0:9465}\n"
                   "insecure_allow_remote_status_page: true\n"),
            "");
  EXPECT_THAT(Warnings("insecure_allow_remote_status_page: true\n"),
              HasSubstr("insecure_allow_remote_status_page: "));
}

TEST_F(CrossChecks, AllowRemoteMetrics) {
  EXPECT_EQ(Errors("metrics: {listen: 0.0.0.0:9464}\n"), "");
  EXPECT_EQ(Errors("metrics: {listen: unix:/run/metrics.sock}\n"),
            "metrics.listen: must be IP:PORT or localhost:PORT (line 5)\n");
}

TEST_F(CrossChecks, RejectTwoListenersOnOnePort) {
  EXPECT_EQ(Errors("admin: {listen: '[::1]:9443'}\n"),
            "admin.listen: uses the same port or path as listen (line 5)\n");
  EXPECT_EQ(
      Errors("metrics: {listen: 0.0.0.0:9444}\n"),
      "metrics.listen: uses the same port or path as admin.listen (line 5)\n");
  EXPECT_EQ(Errors("status_page: {listen: 127.0.0.1:9464}\n"),
            "status_page.listen: uses the same port or path as metrics.listen "
            "(line 5)\n");
  EXPECT_EQ(Errors("status_page: {enabled: false, listen: 127.0.0.1:9464}\n"),
            "");
  EXPECT_EQ(Errors("listen: unix:/a\nadmin: {listen: unix:/a}\n"),
            "admin.listen: uses the same port or path as listen (line 6)\n");
  EXPECT_EQ(Errors("listen: 127.0.0.1:0\nadmin: {listen: 127.0.0.1:0}\n"), "");
}

TEST_F(CrossChecks, RejectMissingTlsFiles) {
  EXPECT_EQ(
      Errors("tls: {certificate: none.crt, private_key: tls}\n"),
      base::StrCat("tls.certificate: cannot read ", directory_.path(),
                   "/none.crt: No such file or directory (line 5)\n"
                   "tls.private_key: cannot read ",
                   directory_.path(), "/tls: not a regular file (line 5)\n"));
  EXPECT_EQ(Errors("tls: {certificate: tls/server.crt}\n"),
            "tls.private_key: is required (line 5)\n");
}

TEST_F(CrossChecks, RejectCallersWhoseDnsNamesDifferOnlyByCase) {
  EXPECT_EQ(
      Errors(kMutual,
             "callers:\n"
             "- {name: a, certificate: X.example, audiences: [orders]}\n"
             "- {name: b, certificate: x.Example, audiences: [orders]}\n"
             "- {name: c, certificate: 'spiffe://x/A', audiences: [orders]}\n"
             "- {name: d, certificate: 'spiffe://x/a', audiences: [orders]}\n"),
      "callers[1].certificate: duplicate of callers[0] (line 8)\n");
}

TEST_F(CrossChecks, RejectCallersWithTheSameNameOrCertificate) {
  EXPECT_EQ(Errors(kMutual,
                   "callers:\n"
                   "- {name: a, certificate: x, audiences: [orders]}\n"
                   "- {name: a, certificate: y, audiences: [orders]}\n"
                   "- {name: b, certificate: x, audiences: [orders]}\n"),
            "callers[1].name: duplicate of callers[0] (line 8)\n"
            "callers[2].certificate: duplicate of callers[0] "
            "(line 9)\n");
}

TEST_F(CrossChecks, RejectCertificateNamesThatMatchNothing) {
  const auto errors = [this](std::string_view certificate) {
    return Errors(kMutual, "callers: [{name: a, certificate: ", certificate,
                  ", audiences: [orders]}]\n");
  };
  EXPECT_EQ(errors("'*.example'"),
            "callers[0].certificate: must be a whole name: wildcards match "
            "nothing (line 6)\n");
  EXPECT_EQ(errors("\"a\\0b\""),
            "callers[0].certificate: must not contain control characters "
            "(line 6)\n");
  EXPECT_EQ(errors("'spiffe://corp/sa/*'"), "");
}

TEST_F(CrossChecks, RejectRevocationListsThatNothingCanCheck) {
  EXPECT_EQ(Errors("tls: {certificate: tls/server.crt, private_key: "
                   "tls/server.key, client_crl: tls/callers-crl.pem}\n"),
            "tls.client_crl: needs tls.client_ca, which signs the lists "
            "(line 5)\n");
  EXPECT_EQ(Errors("admin:\n  tls: {certificate: tls/server.crt, private_key: "
                   "tls/server.key, client_ca: tls/callers-ca.crt, "
                   "client_crl_required: true}\n"),
            "admin.tls.client_crl_required: needs admin.tls.client_crl "
            "(line 6)\n");
}

TEST_F(CrossChecks, RejectInvalidCallerNames) {
  EXPECT_EQ(Errors(kMutual,
                   "callers: [{name: A b, certificate: x, "
                   "audiences: [orders]}]\n"),
            "callers[0].name: must be 1 to 63 characters of a-z, 0-9, _ and - "
            "(line 6)\n");
}

TEST_F(CrossChecks, RejectAudiencesThatNoIssuerHas) {
  EXPECT_EQ(
      Errors(kMutual,
             "callers: [{name: a, certificate: x, "
             "audiences: [orders, order]}]\n"),
      "callers[0].audiences[1]: is not an audience of any issuer: did you mean "
      "orders? (line 6)\n");
}

TEST_F(CrossChecks, RejectUnknownRpcs) {
  EXPECT_EQ(Errors(kMutual,
                   "callers: [{name: a, certificate: x, audiences: [orders], "
                   "rpcs: [Verify, verify, Explain]}]\n"),
            "callers[0].rpcs[1]: unknown RPC \"verify\": did you mean Verify? "
            "(line 6)\n"
            "callers[0].rpcs[2]: unknown RPC \"Explain\" (line 6)\n");
}

TEST_F(CrossChecks, IgnoreConsequencesOfOtherErrors) {
  // Neither "is not an audience of any issuer" nor "must not be empty".
  EXPECT_EQ(ErrorsOf("issuers:\n- {name: 5x5, issuer: https://a.example, "
                     "audiences: orders}\n"),
            "issuers[0].audiences: must be a list, such as [one, other] "
            "(line 2)\n");
}

TEST_F(CrossChecks, WarnOfALoopbackAddressByName) {
  const auto warnings = [&](std::string_view url, std::string_view more) {
    return Warnings("- {name: near, issuer: '", url, "', audiences: [orders]",
                    more, "}\n");
  };
  EXPECT_THAT(warnings("https://localhost:8443", ""),
              HasSubstr("issuers[1].issuer: is at a loopback address"));
  EXPECT_THAT(
      warnings("http://localhost:8080", ", insecure_allow_http_loopback: true"),
      Not(HasSubstr("cannot be fetched")));
  EXPECT_THAT(
      warnings("http://localhost:8080", ", insecure_allow_http_loopback: true"),
      HasSubstr("insecure_allow_http_loopback: keys may be fetched"));
}

TEST_F(CrossChecks, NoteIssuersWhoseAccessTokensNothingIdentifies) {
  const auto notes = [&](std::string_view more) {
    return Parse(WithOneIssuer(more), directory_.path()).notes;
  };
  EXPECT_THAT(notes(""), ::testing::ElementsAre(HasSubstr("of corp, ")));
  EXPECT_THAT(notes("  token_types: [at+jwt]\n"), ::testing::IsEmpty());
  EXPECT_THAT(notes("  access_token: {preset: any}\n"), ::testing::IsEmpty());
  std::string many;
  for (int i = 0; i < 7; ++i) {
    many += base::StrCat("- {name: n", i, ", issuer: 'https://n", i,
                         ".example.com', audiences: [orders]}\n");
  }
  EXPECT_THAT(notes(many),
              ::testing::ElementsAre(HasSubstr("n3 and 3 more issuers")));
}

TEST_F(CrossChecks, RevocationsNeedOneStore) {
  EXPECT_EQ(Errors("revocation: {ephemeral: true}\n"), "");
  EXPECT_EQ(Errors("revocation: {file: r.db}\n"), "");
  for (const char* wrong : {"revocation: {retention: 30h}\n",
                            "revocation: {file: r.db, ephemeral: true}\n"}) {
    EXPECT_THAT(Errors(wrong),
                HasSubstr("revocation: needs exactly one of file and "
                          "ephemeral: true"));
  }
  const Config config =
      Good(WithOneIssuer("revocation: {file: r.db}\n"), "/etc/usher");
  EXPECT_EQ(config.revocation->file, "/etc/usher/r.db");
  EXPECT_EQ(config.revocation->retention, absl::Hours(25));
}

TEST_F(CrossChecks, RevocationsOutliveTheTokensThatTheyCover) {
  const auto errors = [&](std::string_view issuer, std::string_view retention) {
    return Errors(
        issuer, "revocation: {ephemeral: true, retention: ", retention, "}\n");
  };
  // The lifetime, and the skew at its beginning and its end.
  constexpr std::string_view kHour = "  max_lifetime: 1h\n  clock_skew: 60s\n";
  EXPECT_EQ(errors(kHour, "62m"), "");
  EXPECT_THAT(errors(kHour, "61m"),
              HasSubstr("issuers[0].max_lifetime: and twice clock_skew are "
                        "1h2m, longer than revocation.retention"));
  EXPECT_EQ(errors("  max_lifetime: 1h\n  no_expiry: true\n", "1m"), "");
  // Only exp bounds the age of such a token.
  constexpr std::string_view kAnyAge = "  insecure_allow_missing_iat: true\n";
  EXPECT_THAT(errors(kAnyAge, "25h"),
              HasSubstr("insecure_allow_missing_iat: lets a token be accepted "
                        "long after it was revoked"));
  EXPECT_EQ(
      Errors(kAnyAge, "  no_expiry: true\n", "revocation: {ephemeral: true}\n"),
      "");
  EXPECT_EQ(Errors(kAnyAge), "");
  // An opaque token may have no exp.
  constexpr std::string_view kOpaque =
      "  introspection: {endpoint: 'https://login.example.com/introspect', "
      "auth: basic, client_id: usher, secret_file: hydra-secret, "
      "default: true}\n";
  EXPECT_THAT(errors(kOpaque, "25h"),
              HasSubstr("issuers[0].introspection: lets a token without exp be "
                        "accepted long after it was revoked"));
}

TEST_F(CrossChecks, RevocationsCountAsMemory) {
  EXPECT_THAT(Errors("limits: {memory: 512MiB}\n"
                     "revocation: {ephemeral: true, max_entries: 5000000}\n"),
              HasSubstr("MiB with this token_cache.bytes and "
                        "revocation.max_entries: raise it, or lower those"));
}

}  // namespace
}  // namespace usher::config
