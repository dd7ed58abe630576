"""Introspect: the answers of Verify in the form of RFC 7662."""

import json
import unittest

from harness import tokens, usherd, wire
from harness.scene import Scene


class Introspection(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp))

    def introspect(self, token):
        return self.daemon.service.introspect(self.secret(token))

    def test_a_good_token_is_active_and_has_its_claims(self):
        token = self.corp.mint({"sub": "ada", "scope": "read write",
                                "client_id": "shop", "jti": "t-1"})
        claims = tokens.claims_of(token)
        answer = self.introspect(token)
        self.assertTrue(answer.active)
        self.assertEqual(answer.sub, "ada")
        self.assertEqual(answer.scope, "read write")
        self.assertEqual(answer.client_id, "shop")
        self.assertEqual(answer.jti, "t-1")
        self.assertEqual(answer.iss, self.corp.issuer)
        self.assertEqual(answer.exp, claims["exp"])
        self.assertEqual(answer.iat, claims["iat"])
        self.assertIn("orders", answer.aud)
        self.assertEqual(json.loads(answer.extra_json), claims)

    def test_any_other_token_is_inactive_and_nothing_else(self):
        good = self.corp.mint()
        inactive = wire.tokens.IntrospectResponse(active=False)
        for token in (self.corp.mint_at(-3600),
                      self.corp.mint({"aud": "billing"}),
                      self.corp.mint({"cnf": {"jkt": "x"}}),
                      tokens.unsigned(good),
                      tokens.with_claims(good, sub="root"),
                      "x"):
            self.assertEqual(self.introspect(token), inactive)
            self.assertEqual(self.introspect(token).SerializeToString(), b"")


if __name__ == "__main__":
    unittest.main()
