"""Issuers as providers really have them: texts, aliases, tenants, plain HTTP,
rules on claims."""

import http.server
import json
import pathlib
import subprocess
import threading
import unittest

from harness import certificates, usherd, wire
from harness.cli import usher
from harness.scene import Scene

TEMPLATE = "https://login.example.com/{tenantid}/v2.0"


class PlainProvider:
    """Metadata and keys over plain HTTP on this machine."""

    def __init__(self, jwks):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                answers = {
                    "/.well-known/openid-configuration":
                        {"issuer": provider.issuer,
                         "jwks_uri": provider.issuer + "/jwks"},
                    "/jwks": jwks,
                }
                body = json.dumps(answers.get(self.path, {})).encode()
                self.send_response(200 if self.path in answers else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Issuers(Scene):
    """All with the keys of one provider."""

    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.plain = PlainProvider(cls.corp.jwks())
        cls.addClassCleanup(cls.plain.stop)
        keys = {"keys": {"jwks_url": cls.corp.said["jwks_url"]}}

        def issuer(name, text, **settings):
            return usherd.issuer(cls.corp, name=name, issuer=text,
                                 **{**keys, **settings})

        cls.daemon = cls.usherd(
            issuer("urn", "urn:example:issuer"),
            issuer("bare", "accounts.example.com",
                   issuer_aliases=["https://accounts.example.com"]),
            issuer("entra", TEMPLATE,
                   tenants={"allow": ["acme", "umbrella"], "claim": "tid"}),
            issuer("ruled", "https://ruled.example.com",
                   claims={"tenant": {"one_of": ["acme", "umbrella"]},
                           "sub": {"matches": "job-[0-9]+"},
                           "realm_access.roles": {"contains": "orders"}},
                   clients=["web"], access_token={"has_any": ["scope"]}),
            issuer("old", "urn:old", insecure_allow_missing_iat=True),
            issuer("laptop", cls.plain.issuer, keys={"discovery": True},
                   insecure_allow_private_addresses=False,
                   insecure_allow_http_loopback=True))

    def verdict(self, claims, remove=(), **fields):
        token = self.secret(self.corp.mint(claims, remove=list(remove)))
        return wire.verdict(self.daemon.service.verify(token, **fields))

    def test_any_text_is_an_issuer(self):
        for text in ("urn:example:issuer", "accounts.example.com"):
            self.assertEqual(self.verdict({"iss": text}), "VERIFIED", text)
        self.assertEqual(self.verdict({"iss": "urn:example:Issuer"}),
                         "ISSUER_UNKNOWN")

    def test_an_alias_is_another_name_and_the_answer_has_the_tokens(self):
        alias = "https://accounts.example.com"
        token = self.secret(self.corp.mint({"iss": alias}))
        for named in (alias, "accounts.example.com"):
            answer = self.daemon.service.verify(token, issuer=named)
            self.assertEqual(answer.verified.issuer, alias)
        self.assertEqual(
            self.verdict({"iss": alias}, issuer="urn:example:issuer"),
            "ISSUER_UNKNOWN")

    def test_only_the_tenants_of_the_list_are_accepted(self):
        def of(tenant, **claims):
            return {"iss": TEMPLATE.replace("{tenantid}", tenant),
                    "tid": tenant, **claims}
        self.assertEqual(self.verdict(of("acme")), "VERIFIED")
        self.assertEqual(self.verdict(of("umbrella")), "VERIFIED")
        for stranger in ("other", "..", "acme/..", "{tenantid}", ""):
            self.assertEqual(self.verdict(of(stranger)), "ISSUER_UNKNOWN")
        self.assertEqual(self.verdict(of("acme", tid="umbrella")),
                         "CLAIM_REJECTED")
        self.assertIn('issuer="entra"', self.daemon.get("/metrics")[1])

    def test_the_rules_on_claims_hold(self):
        good = {"iss": "https://ruled.example.com", "tenant": "acme",
                "sub": "job-17", "realm_access": {"roles": ["x", "orders"]},
                "client_id": "web", "scope": "read"}
        self.assertEqual(self.verdict(good), "VERIFIED")
        for change in ({"tenant": "other"}, {"sub": "job-17x"},
                       {"realm_access": {}}, {"client_id": "tv"},
                       {"tenant": None}):
            self.assertEqual(self.verdict({**good, **change}),
                             "CLAIM_REJECTED", change)
        # An ID token without any mark of its own.
        self.assertEqual(self.verdict({**good, "scope": None}),
                         "TOKEN_TYPE_NOT_ALLOWED")

    def test_a_token_without_iat_needs_the_switch(self):
        self.assertEqual(self.verdict({"iss": "urn:old"}, remove=["iat"]),
                         "VERIFIED")
        self.assertEqual(
            self.verdict({"iss": "urn:example:issuer"}, remove=["iat"]),
            "CLAIM_MISSING")

    def test_claims_that_nothing_depends_on_never_fail_a_token(self):
        self.assertEqual(
            self.verdict({"iss": "urn:example:issuer", "azp": None,
                          "nonce": None, "scope": None, "username": 7,
                          "cid": [1], "scopes": {"a": 1}, "n": 10 ** 30}),
            "VERIFIED")
        self.assertEqual(
            self.verdict({"iss": "urn:example:issuer", "exp": 10 ** 30}),
            "CLAIM_INVALID")

    def test_a_provider_on_this_machine_may_use_plain_http(self):
        self.assertEqual(self.verdict({"iss": self.plain.issuer}), "VERIFIED")

    def test_encrypted_and_opaque_tokens_are_named_as_such(self):
        for token, named, reason in (
                ("eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn", "JWE",
                 "TOKEN_MALFORMED"),
                ("4fQmExampleOpaqueToken", "opaque", "ISSUER_UNKNOWN")):
            answer = self.daemon.service.verify(token)
            self.assertEqual(wire.verdict(answer), reason)
            self.assertIn(named, answer.denial.message)


class CheckConfig(Scene):
    def report(self, **issuer):
        path = f"{self.directory}/usher.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(usherd.configuration([{
                "name": "corp", "issuer": "https://login.example.com",
                "audiences": ["orders"], **issuer}]))
        return usher("check-config", path)

    def test_names_the_switch_that_a_plain_issuer_needs(self):
        done = self.report(issuer="http://localhost:8080/realms/dev")
        self.assertEqual(done.status, 1)
        self.assertIn("insecure_allow_http_loopback: true", done.out)
        done = self.report(issuer="http://keycloak.sso.svc:8080/realms/dev")
        self.assertIn("insecure_allow_http: true", done.out)
        done = self.report(issuer="https://localhost:8443")
        self.assertIn("insecure_allow_private_addresses: true", done.out)

    def test_finds_audiences_with_blanks(self):
        done = self.report(audiences=[" orders"])
        self.assertEqual(done.status, 1)
        self.assertIn("audiences[0]: must not begin or end with a blank",
                      done.out)
        done = self.report(audiences=["orders billing"])
        self.assertIn("audiences[0]: has a blank", done.out)

    def test_finds_certificates_and_keys_that_do_not_fit(self):
        authority = certificates.Authority(pathlib.Path(self.directory))
        certificate, key = authority.issue("shown")
        _, other = authority.issue("other")
        locked = f"{self.directory}/locked.key"
        subprocess.run(["openssl", "pkey", "-in", key, "-aes256", "-passout",
                        "pass:secret", "-out", locked], check=True)
        backwards = pathlib.Path(self.directory, "backwards.pem")
        backwards.write_text(pathlib.Path(authority.certificate).read_text()
                             + pathlib.Path(certificate).read_text())
        for pair, file, text in (
                ((certificate, other), other, "of another certificate"),
                ((certificate, locked), locked, "openssl pkey -in OLD"),
                ((backwards, key), backwards, "is in the wrong order"),
                ((key, certificate), key, "are exchanged")):
            with self.subTest(text):
                keys = dict(zip(("client_certificate", "client_key"),
                                map(str, pair)), discovery=True)
                done = self.report(keys=keys)
                self.assertEqual(done.status, 1)
                self.assertIn(str(file), done.out)
                self.assertIn(text, done.out)

    def test_finds_more_keys_without_kid_than_are_tried(self):
        key = {"kty": "EC", "crv": "P-256",
               "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
               "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        done = self.report(keys={"jwks": {"keys": [key] * 33}})
        self.assertEqual(done.status, 0)
        self.assertIn("33 keys without kid fit ES256", done.out)
        done = self.report(keys={"jwks": {"keys": [key] * 32}})
        self.assertNotIn("without kid", done.out)

    def test_says_where_id_tokens_cannot_be_told_from_access_tokens(self):
        self.assertIn("Set access_token", self.report().out)
        done = self.report(access_token={"preset": "spring"})
        self.assertNotIn("access_token", done.out)


if __name__ == "__main__":
    unittest.main()
