"""AdminService: every check in its order, and the state of each issuer."""

import unittest

import grpc

from harness import tokens, usherd, wire
from harness.scene import Scene

ORDER = ["form", "critical headers", "type", "algorithm", "issuer", "key",
         "signature", "introspection", "claims", "time", "audience", "kind",
         "claim rules", "binding", "scope"]
Check = wire.admin.Check


class Explanations(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp))
        cls.service = cls.daemon.service

    def outcomes(self, token, **fields):
        answer = self.service.explain(self.secret(token), **fields)
        # The same answer as Verify's.
        self.assertEqual(
            wire.verdict(answer.response),
            wire.verdict(self.service.verify(token, **fields)))
        self.assertEqual([c.name.replace("_", " ") for c in answer.checks],
                         ORDER)
        return [Check.Outcome.Name(c.outcome) for c in answer.checks], answer

    def test_for_a_good_token_every_check_passed(self):
        outcomes, _ = self.outcomes(self.corp.mint())
        self.assertEqual(set(outcomes), {"PASSED"})

    def assert_failed_at(self, name, outcomes):
        at = ORDER.index(name)
        passed = outcomes[:at]
        if name == "issuer":
            # The accepted types are a setting of the issuer.
            self.assertEqual(passed.pop(ORDER.index("type")), "NOT_REACHED")
        self.assertEqual(set(passed) or {"PASSED"}, {"PASSED"})
        self.assertEqual(outcomes[at], "FAILED")
        self.assertEqual(set(outcomes[at + 1:]) or {"NOT_REACHED"},
                         {"NOT_REACHED"})

    def test_for_a_bad_token_the_failed_check_ends_the_list(self):
        good = self.corp.mint()
        for name, token in (
                ("form", "eyJx"),
                ("algorithm", tokens.with_header(good, alg="none")),
                ("issuer", self.corp.mint({"iss": "https://x.example"})),
                ("signature", tokens.with_claims(good, sub="root")),
                ("claims", self.corp.mint({"sub": 1})),
                ("time", self.corp.mint_at(-3600)),
                ("audience", self.corp.mint({"aud": "billing"})),
                ("kind", self.corp.mint({"nonce": "n"})),
                ("binding", self.corp.mint({"cnf": {"jkt": "x"}}))):
            with self.subTest(name):
                outcomes, answer = self.outcomes(token)
                self.assert_failed_at(name, outcomes)
                self.assertEqual(answer.checks[ORDER.index(name)].reason,
                                 answer.response.denial.reason)

    def test_the_admin_service_is_not_on_the_token_listener(self):
        with grpc.insecure_channel(self.daemon.address) as channel:
            stub = wire.admin_rpc.AdminServiceStub(channel)
            with self.assertRaises(grpc.RpcError) as caught:
                stub.ListIssuers(wire.admin.ListIssuersRequest(), timeout=10)
        self.assertEqual(caught.exception.code(),
                         grpc.StatusCode.UNIMPLEMENTED)

    def test_an_issuer_is_listed_with_its_keys(self):
        corp = self.service.issuers()["corp"]
        (jwk,) = self.corp.jwks()["keys"]
        self.assertTrue(corp.ready)
        self.assertFalse(corp.stale)
        self.assertEqual(corp.issuer, self.corp.issuer)
        self.assertEqual(list(corp.audiences), ["orders"])
        self.assertEqual(list(corp.algorithms), ["RS256"])
        self.assertIn("discovery", corp.keys_from)
        self.assertEqual(corp.consecutive_failures, 0)
        (key,) = corp.keys
        self.assertEqual(key.key_id, jwk["kid"])
        self.assertEqual(key.type, "RSA")
        self.assertEqual(key.bits, len(tokens.unb64(jwk["n"])) * 8)


if __name__ == "__main__":
    unittest.main()
