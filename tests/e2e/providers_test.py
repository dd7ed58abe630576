"""Tokens shaped as each provider documents them, verified as its page says.

The settings are those of docs/providers, taken from the pages; only where the
keys come from is changed, to an issuer of ours.
"""

import re
import time
import unittest

from harness import documents, tokens, usherd, wire
from harness.scene import Scene
from harness.waiting import wait_until

VERIFIED = "VERIFIED"
ID_TOKEN = {"kind": wire.tokens.ID_TOKEN}
HOUR = 3600
YEAR = 365 * 24 * HOUR


class Shape:
    """A provider's token: the header's typ (None: there is none), the seconds
    it lives, and its claims; iss, iat and exp are added."""

    def __init__(self, type_header, life=HOUR, **claims):
        self.type_header = type_header
        self.life = life
        self.claims = claims

    def but(self, without=(), life=None, type_header=..., **claims):
        changed = {**self.claims, **claims}
        return Shape(
            self.type_header if type_header is ... else type_header,
            life or self.life,
            **{k: v for k, v in changed.items() if k not in without})


KEYCLOAK = Shape(
    "JWT", life=300, jti="trrtcc:0b2c", aud=["orders", "account"],
    sub="7f1b6f0e-ada", typ="Bearer", azp="shop", sid="5d2e", acr="1",
    scope="orders email profile", email_verified=True,
    preferred_username="ada", realm_access={"roles": ["clerk"]},
    resource_access={"account": {"roles": ["view-profile"]}})
AUTH0 = Shape(
    "JWT", life=24 * HOUR, sub="auth0|123456", azp="shop",
    aud=["https://orders.example.com",
         "https://example.eu.auth0.com/userinfo"],
    scope="openid read:orders", permissions=["read:orders"])
OKTA = Shape(
    None, ver=1, jti="AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
    aud="api://default", cid="shop", uid="00u1", scp=["openid", "orders.read"],
    sub="ada@example.com", auth_time=1700000000)
ENTRA = Shape(
    "JWT", aud="66666666-7777-8888-9999-000000000000", aio="A", azp="shop",
    azpacr="1", name="Ada", oid="0000", preferred_username="ada@example.com",
    rh="0.A", scp="Orders.Read", sub="subject", ver="2.0", uti="u",
    tid="11111111-2222-3333-4444-555555555555", roles=["Orders.Clerk"])
ENTRA_V1 = Shape(
    "JWT", aud="api://orders", acr="1", appid="shop", appidacr="1",
    idp="https://sts.windows.net/1/", oid="0000", scp="Orders.Read",
    sub="subject", tid="11111111-2222-3333-4444-555555555555",
    unique_name="ada@example.com", uti="u", ver="1.0")
GOOGLE = Shape(
    "JWT", aud="orders", azp="109", sub="109", email_verified=True,
    email="shop@project.iam.gserviceaccount.com")
COGNITO = Shape(
    None, sub="aaaa", device_key="d", token_use="access",
    scope="openid orders/read", auth_time=1700000000, version=2, jti="j",
    origin_jti="o", event_id="e", client_id="5ab1exampleclientid",
    username="ada", **{"cognito:groups": ["clerks"]})
DEX = Shape(
    None, sub="CgNhZGESBWxvY2Fs", aud=["orders", "shop"], azp="shop",
    at_hash="KQVRP8tTNSZkbrNZSLqiVQ", email="ada@example.com",
    email_verified=True, groups=["clerks"], name="Ada")
ZITADEL = Shape(
    "JWT", sub="170848", client_id="shop", jti="V2_1",
    aud=["170000@shop", "250000000000000001"],
    **{"urn:zitadel:iam:org:project:250000000000000001:roles":
       {"clerk": {"160000": "example.com"}}})
CLUSTER = Shape(
    None, aud=["orders"], jti="ea28ed49", sub="system:serviceaccount:prod:shop",
    **{"kubernetes.io": {
        "namespace": "prod", "serviceaccount": {"name": "shop", "uid": "14ee"},
        "pod": {"name": "shop-1", "uid": "9d23"}}})
SPIRE = Shape("JWT", life=300, aud=["orders"],
              sub="spiffe://example.com/ns/prod/sa/shop")
HYDRA = Shape(
    "JWT", aud=["orders"], client_id="shop", ext={}, jti="5f2e", nbf=1700000000,
    scope="orders.read", scp=["orders.read"], sub="shop")
GLEWLWYD = Shape(
    "at+jwt", sub="ada", aud="orders", client_id="shop", jti="8c1f",
    type="access_token", nbf=1700000000, scope="orders")
SPRING = Shape(
    None, life=300, sub="shop", aud="orders", nbf=1700000000, jti="38aa",
    scope=["orders.read"])
GITLAB = Shape(
    "JWT", aud="orders", jti="c82e", nbf=1700000000, namespace_id="72",
    namespace_path="shop", project_id="20", project_path="shop/web",
    sub="project_path:shop/web:ref_type:branch:ref:main", ref="main",
    ref_type="branch", ref_protected="true", user_login="ada", job_id="302",
    runner_id=1, sha="714a", project_visibility="private")
GITHUB = Shape(
    "JWT", life=300, aud="orders", jti="example-id", nbf=1700000000,
    sub="repo:shop/web:ref:refs/heads/main", ref="refs/heads/main",
    repository="shop/web", repository_id="74", repository_owner="shop",
    repository_owner_id="65", run_id="example-run-id", actor="ada",
    workflow="deploy", job_workflow_ref="shop/web/.github/workflows/d.yml@main",
    runner_environment="github-hosted", event_name="push")
AUTHENTIK = Shape(
    "JWT", life=300, sub="0a1b", aud="orders-client-id", azp="orders-client-id",
    uid="iuG2", auth_time=1700000000, acr="goauthentik.io/providers/oauth2/default",
    scope="openid", sid="9f8e")
PINGONE = Shape(
    "at+jwt", aud=["orders"], client_id="shop", sub="f3a1", env="1111",
    org="2222", scope="orders.read", jti="aa", **{"p1.rid": "bb"})
PINGFEDERATE = Shape(None, aud="orders", client_id="shop", sub="ada",
                     scope=["orders.read"], jti="cc")
APPLE = Shape(
    None, life=24 * HOUR, aud="com.example.orders", sub="001234.abcd.0123",
    email="ada@privaterelay.appleid.com", email_verified="true",
    is_private_email="true", auth_time=1700000000, nonce_supported=True)

# From a code flow with a nonce.
ID_MARKS = {"nonce": "n-0S6_WzA2Mj", "at_hash": "KQVRP8tTNSZkbrNZSLqiVQ"}
OF_APPLE = {"audiences": ["com.example.orders", "com.example.orders.web"]}

# Name of the entry in docs/providers, page, algorithm, a good token and the
# fields of its request, fields of the answer, and what is refused: {what it is:
# (shape, fields of the request, Reason)}.
TABLE = [
    ("keycloak", "keycloak", "RS256", KEYCLOAK, {"scopes": ["orders"]},
     {"subject": "7f1b6f0e-ada", "client_id": "shop", "session_id": "5d2e"}, {
         "no audience mapper":
             (KEYCLOAK.but(aud="account"), {}, "AUDIENCE_MISMATCH"),
         "a service account without roles":
             (KEYCLOAK.but(without=["aud"]), {}, "CLAIM_MISSING"),
         "its ID token":
             (KEYCLOAK.but(aud="orders", typ="ID"), {},
              "TOKEN_TYPE_NOT_ALLOWED"),
         "a nonce in the access token":
             (KEYCLOAK.but(nonce="n"), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "a role asked for as a scope":
             (KEYCLOAK, {"scopes": ["clerk"]}, "SCOPE_INSUFFICIENT"),
         "bound to a key":
             (KEYCLOAK.but(cnf={"jkt": "0ZcOCORZNYy"}), {},
              "TOKEN_BINDING_UNSUPPORTED"),
         "longer than the page's hour":
             (KEYCLOAK.but(life=2 * HOUR), {}, "LIFETIME_TOO_LONG"),
     }),
    ("auth0", "auth0", "RS256", AUTH0, {"scopes": ["read:orders"]},
     {"subject": "auth0|123456", "client_id": "shop"}, {
         "its ID token":
             (AUTH0.but(aud="shop", without=["scope", "permissions"],
                        **ID_MARKS), {}, "AUDIENCE_MISMATCH"),
         "a token for 30 days":
             (AUTH0.but(life=30 * 24 * HOUR), {}, "LIFETIME_TOO_LONG"),
         "a permission that is no scope":
             (AUTH0.but(scope="openid"), {"scopes": ["read:orders"]},
              "SCOPE_INSUFFICIENT"),
     }),
    ("okta", "okta", "RS256", OKTA, {"scopes": ["orders.read"]},
     {"subject": "ada@example.com", "client_id": "shop"}, {
         "its ID token":
             (OKTA.but(aud="shop", **ID_MARKS), {}, "AUDIENCE_MISMATCH"),
         "a type of Okta's own":
             (OKTA.but(type_header="application/okta-internal-at+jwt"), {},
              "TOKEN_TYPE_NOT_ALLOWED"),
     }),
    ("entra", "entra-id", "RS256", ENTRA, {"scopes": ["Orders.Read"]},
     {"subject": "subject", "client_id": "shop"}, {
         "its ID token":
             (ENTRA.but(aud="shop", nonce="n"), {}, "AUDIENCE_MISMATCH"),
         "its ID token, of a client that shares the API's registration":
             (ENTRA.but(nonce="n"), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "the URI where the client ID is expected":
             (ENTRA.but(aud="api://orders"), {}, "AUDIENCE_MISMATCH"),
         "an app role asked for as a scope":
             (ENTRA, {"scopes": ["Orders.Clerk"]}, "SCOPE_INSUFFICIENT"),
     }),
    ("entra-v1", "entra-id", "RS256", ENTRA_V1, {"scopes": ["Orders.Read"]},
     {"client_id": "shop"}, {
         "a token for another API":
             (ENTRA_V1.but(aud="https://graph.microsoft.com"), {},
              "AUDIENCE_MISMATCH"),
     }),
    ("google", "google", "RS256", GOOGLE, ID_TOKEN,
     {"subject": "109", "client_id": "109"}, {
         "a person's, taken for an access token":
             (GOOGLE.but(at_hash="x"), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "of another OAuth client":
             (GOOGLE.but(aud="other.apps.googleusercontent.com"), ID_TOKEN,
              "AUDIENCE_MISMATCH"),
     }),
    ("cognito", "amazon-cognito", "RS256", COGNITO, {"scopes": ["orders/read"]},
     {"subject": "aaaa", "client_id": "5ab1exampleclientid"}, {
         "its ID token":
             (COGNITO.but(token_use="id", aud="5ab1exampleclientid",
                          without=["client_id", "scope"]), {},
              "CLAIM_MISSING"),
         "another app client":
             (COGNITO.but(client_id="other"), {}, "AUDIENCE_MISMATCH"),
         "a refresh token's use":
             (COGNITO.but(token_use="refresh"), {}, "TOKEN_TYPE_NOT_ALLOWED"),
     }),
    ("dex", "dex", "RS256", DEX, ID_TOKEN, {"client_id": "shop"}, {
        "its access token, as what it says it is":
            (DEX, {}, "TOKEN_TYPE_NOT_ALLOWED"),
        "without cross-client trust":
            (DEX.but(aud="shop", without=["azp"]), ID_TOKEN,
             "AUDIENCE_MISMATCH"),
        "its 24 hours":
            (DEX.but(life=24 * HOUR), ID_TOKEN, "LIFETIME_TOO_LONG"),
    }),
    ("zitadel", "zitadel", "RS256", ZITADEL, {},
     {"subject": "170848", "client_id": "shop"}, {
         "the project was not asked for":
             (ZITADEL.but(aud=["170000@shop"]), {}, "AUDIENCE_MISMATCH"),
         "its ID token":
             (ZITADEL.but(**ID_MARKS), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "scopes that the token does not carry":
             (ZITADEL, {"scopes": ["openid"]}, "SCOPE_INSUFFICIENT"),
     }),
    ("cluster", "kubernetes", "RS256", CLUSTER, {},
     {"subject": "system:serviceaccount:prod:shop"}, {
         "for the API server":
             (CLUSTER.but(aud=["https://kubernetes.default.svc"]), {},
              "AUDIENCE_MISMATCH"),
         "as every pod has it, for a year":
             (CLUSTER.but(aud=["https://kubernetes.default.svc"], life=YEAR),
              {}, "LIFETIME_TOO_LONG"),
         "of a type that Kubernetes does not write":
             (CLUSTER.but(type_header="JWT"), {}, "TOKEN_TYPE_NOT_ALLOWED"),
     }),
    ("spire", "spiffe", "ES256", SPIRE, {},
     {"subject": "spiffe://example.com/ns/prod/sa/shop"}, {
         "for another audience":
             (SPIRE.but(aud=["billing"]), {}, "AUDIENCE_MISMATCH"),
         "as OpenID Connect calls it":
             (SPIRE, ID_TOKEN, VERIFIED),
     }),
    ("glewlwyd", "glewlwyd", "RS256", GLEWLWYD, {"scopes": ["orders"]},
     {"subject": "ada", "client_id": "shop"}, {
         "several scopes are one audience":
             (GLEWLWYD.but(aud="openid orders", scope="openid orders"), {},
              "AUDIENCE_MISMATCH"),
         "an ID token":
             (GLEWLWYD.but(type_header="JWT", without=["scope", "type"],
                           aud="orders"), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "a longer Access token duration":
             (GLEWLWYD.but(life=24 * HOUR), {}, "LIFETIME_TOO_LONG"),
     }),
    ("hydra", "hydra", "RS256", HYDRA, {"scopes": ["orders.read"]},
     {"subject": "shop", "client_id": "shop"}, {
         "no audience was asked for":
             (HYDRA.but(aud=[]), {}, "CLAIM_MISSING"),
         "another audience":
             (HYDRA.but(aud=["billing"]), {}, "AUDIENCE_MISMATCH"),
         "its ID token":
             (HYDRA.but(**ID_MARKS), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "for a day":
             (HYDRA.but(life=24 * HOUR), {}, "LIFETIME_TOO_LONG"),
     }),
    ("spring", "spring", "RS256", SPRING, {"scopes": ["orders.read"]},
     {"subject": "shop"}, {
         "without the customizer":
             (SPRING.but(aud="shop"), {}, "AUDIENCE_MISMATCH"),
         "its ID token, even where client and service share a name":
             (SPRING.but(azp="orders", sid="LcE6", without=["scope"]), {},
              "TOKEN_TYPE_NOT_ALLOWED"),
         "its ID token, from a code flow with a nonce":
             (SPRING.but(azp="orders", nonce="n"), {},
              "TOKEN_TYPE_NOT_ALLOWED"),
     }),
    ("gitlab", "gitlab-ci", "RS256", GITLAB, {},
     {"subject": "project_path:shop/web:ref_type:branch:ref:main"}, {
         "for another service":
             (GITLAB.but(aud="billing"), {}, "AUDIENCE_MISMATCH"),
         "a person's ID token":
             (GITLAB.but(**ID_MARKS), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "a person's ID token without a mark":
             (GITLAB.but(without=["project_id"]), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "a job that may run for two hours":
             (GITLAB.but(life=2 * HOUR), {}, "LIFETIME_TOO_LONG"),
     }),
    ("github", "github-actions", "RS256", GITHUB, {},
     {"subject": "repo:shop/web:ref:refs/heads/main"}, {
         "no audience was asked for":
             (GITHUB.but(aud="https://github.com/shop"), {},
              "AUDIENCE_MISMATCH"),
     }),
    ("authentik", "authentik", "RS256", AUTHENTIK, {"scopes": ["openid"]},
     {"client_id": "orders-client-id"}, {
         "its ID token":
             (AUTHENTIK.but(without=["uid"]), {}, "TOKEN_TYPE_NOT_ALLOWED"),
         "of another client":
             (AUTHENTIK.but(aud="shop"), {}, "AUDIENCE_MISMATCH"),
     }),
    ("pingone", "ping", "RS256", PINGONE, {"scopes": ["orders.read"]},
     {"client_id": "shop"}, {
         "for PingOne itself":
             (PINGONE.but(aud=["https://api.pingone.eu"]), {},
              "AUDIENCE_MISMATCH"),
         "as it is until 2027":
             (PINGONE.but(type_header=None), {}, VERIFIED),
     }),
    ("pingfederate", "ping", "RS256", PINGFEDERATE, {"scopes": ["orders.read"]},
     {"client_id": "shop"}, {
         "its manager writes no audience":
             (PINGFEDERATE.but(without=["aud"]), {}, "CLAIM_MISSING"),
         "an ID token":
             (PINGFEDERATE.but(**ID_MARKS), {}, "TOKEN_TYPE_NOT_ALLOWED"),
     }),
    ("apple", "apple", "RS256", APPLE, {**ID_TOKEN, **OF_APPLE},
     {"subject": "001234.abcd.0123"}, {
         "as an access token":
             (APPLE.but(nonce="n"), OF_APPLE, "TOKEN_TYPE_NOT_ALLOWED"),
         "of the web page, where only the app's is listed":
             (APPLE.but(aud="com.example.shop"), {**ID_TOKEN, **OF_APPLE},
              "AUDIENCE_MISMATCH"),
     }),
]


def as_the_page_says(page, name, provider):
    """(issuer, entry) with the keys, and nothing else, from `provider`."""
    for found, issuer, lines in documents.issuers(f"providers/{page}.md"):
        if found == name:
            # A key and the deeper lines below it.
            ours = re.sub(
                r"^    (keys|ca_file|insecure_allow_private_addresses):.*\n"
                r"(     .*\n)*", "", "\n".join(lines[1:]) + "\n", flags=re.M)
            return issuer, (
                f"  - {lines[0].strip()}\n{ours}"
                f"    keys: {{jwks_url: \"{provider.said['jwks_url']}\"}}\n"
                f"    ca_file: {provider.ca_file}\n"
                "    insecure_allow_private_addresses: true")
    raise AssertionError(f"{page} has no entry {name}")


class Providers(Scene):
    @classmethod
    def set_the_scene(cls):
        # Two are enough: they differ only in the algorithm of the key.
        cls.signers = {alg: cls.issuer(alg.lower(), alg=alg)
                       for alg in ("RS256", "ES256")}
        entries = []
        cls.iss = {}
        for name, page, alg, *_ in TABLE:
            cls.iss[name], entry = as_the_page_says(
                page, name, cls.signers[alg])
            entries.append(entry)
        text = "\n".join([
            "listen: 127.0.0.1:0", "admin: {listen: 127.0.0.1:0}",
            "metrics: {listen: 127.0.0.1:0}",
            "status_page: {listen: 127.0.0.1:0}", "issuers:", *entries, ""])
        cls.daemon = cls._keep(usherd.Usherd(cls.directory, text)).started()
        wait_until(cls.daemon.ready, "/readyz says ready")
        cls.service = cls.daemon.service

    def token(self, name, alg, shape):
        now = int(time.time())
        claims = {"iss": self.iss[name], "iat": now, "exp": now + shape.life,
                  **shape.claims}
        ours = ["sub", "aud", "client_id", "jti"]
        return self.secret(self.signers[alg].mint(
            claims, remove=[claim for claim in ours if claim not in claims],
            typ=shape.type_header,
            remove_header=["typ"] if shape.type_header is None else None))

    def verdict(self, token, how):
        return wire.verdict_of(lambda: self.service.verify(token, **how))

    def test_a_token_as_the_provider_documents_it_is_verified(self):
        for name, _, alg, shape, how, says, _ in TABLE:
            with self.subTest(name):
                token = self.token(name, alg, shape)
                answer = self.service.verify(token, **how)
                self.assertEqual(wire.verdict(answer), VERIFIED, answer)
                self.assertEqual(answer.verified.issuer_name, name)
                for field, value in says.items():
                    self.assertEqual(getattr(answer.verified, field), value)

    def test_common_mistakes_are_refused_as_its_page_says(self):
        for name, _, alg, *_, faults in TABLE:
            for what, (shape, how, reason) in faults.items():
                with self.subTest(f"{name}: {what}"):
                    token = self.token(name, alg, shape)
                    self.assertEqual(self.verdict(token, how), reason)

    def test_every_page_names_the_reasons_of_common_mistakes(self):
        for name, page, *_, faults in TABLE:
            text = documents.text_of(f"providers/{page}.md")
            for _, (_, _, reason) in faults.items():
                if reason != VERIFIED:
                    with self.subTest(f"{name}: {reason}"):
                        self.assertIn(reason, text)

    def test_issuers_are_compared_to_the_last_slash(self):
        for name, iss in (
                ("auth0", "https://example.eu.auth0.com"),
                ("okta", "https://example.okta.com"),
                ("entra-v1", "https://sts.windows.net/"
                             "11111111-2222-3333-4444-555555555555"),
                ("google", "accounts.google.com"),
                ("dex", "https://dex.example.com"),
                ("cluster", "kubernetes/serviceaccount")):
            with self.subTest(name):
                _, _, alg, shape, how, *_ = next(
                    row for row in TABLE if row[0] == name)
                token = self.token(name, alg, shape.but(iss=iss))
                self.assertEqual(self.verdict(token, how), "ISSUER_UNKNOWN")

    def test_an_opaque_or_encrypted_token_is_no_jwt(self):
        encrypted = ".".join([
            tokens.b64(b'{"alg":"dir","enc":"A256GCM"}'), "",
            tokens.b64(bytes(12)), tokens.b64(bytes(40)),
            tokens.b64(bytes(16))])
        self.assertEqual(self.verdict(encrypted, {}), "TOKEN_MALFORMED")
        for token in ("ya29.a0AfH6SMBexample", "0fG7kQexampleOpaque"):
            self.assertEqual(self.verdict(token, {}), "ISSUER_UNKNOWN")

    def test_a_token_signed_with_a_secret_is_never_accepted(self):
        token = self.token("auth0", "RS256", AUTH0)
        self.assertEqual(self.verdict(tokens.hs256(token, b"secret"), {}),
                         "ALGORITHM_NOT_ALLOWED")

    def test_a_svid_without_an_issuer(self):
        now = int(time.time())
        token = self.secret(self.signers["ES256"].mint(
            {"aud": ["orders"], "iat": now, "exp": now + 300,
             "sub": "spiffe://example.com/ns/prod/sa/shop"},
            remove=["iss"], typ="JWT"))
        self.assertEqual(self.verdict(token, {}), "ISSUER_MISSING")


if __name__ == "__main__":
    unittest.main()
