"""The Python of docs/tokens.md, run against a real usherd."""

import time
import unittest

import grpc

from harness import documents, usherd
from harness.scene import Scene


class TokensPage(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp,
                                              audiences=["orders", "billing"]))
        [source] = documents.blocks("tokens.md", "python")
        cls.page = {}
        exec(compile(source, "docs/tokens.md", "exec"), cls.page)

    def setUp(self):
        self.channel = grpc.insecure_channel(self.daemon.address)
        self.addCleanup(self.channel.close)
        self.verifier = self.page["Verifier"](self.channel, "orders")

    def bearer(self, **claims):
        token = self.corp.mint({"aud": "orders", "scope": "read", **claims})
        return f"Bearer {self.secret(token)}"

    def test_a_good_token_is_admitted_with_its_claims(self):
        status, claims = self.verifier.verify(self.bearer(sub="ada"), ["read"])
        self.assertEqual(status, 200)
        self.assertEqual(claims["sub"], "ada")

    def test_a_cached_verdict_is_used_and_scopes_are_still_checked(self):
        bearer = self.bearer()
        self.assertEqual(self.verifier.verify(bearer, ["read"])[0], 200)
        self.channel.close()  # No request could be answered now.
        self.assertEqual(self.verifier.verify(bearer, ["read"])[0], 200)
        self.assertEqual(self.verifier.verify(bearer, ["write"])[0], 403)

    def test_everything_that_is_no_good_token_is_401(self):
        for what, authorization in (
                ("nothing", None), ("an empty value", ""),
                ("no token", "Bearer "), ("another scheme", "Basic YTpi"),
                ("no JWT", "Bearer opaque"),
                ("too large", "Bearer " + "A" * 20000),
                ("expired", self.bearer(exp=int(time.time()) - 3600)),
                ("another service's", self.bearer(aud="billing"))):
            with self.subTest(what):
                self.assertEqual(self.verifier.verify(authorization), (401, None))

    def test_an_unreachable_usherd_is_503_and_never_401(self):
        with grpc.insecure_channel("127.0.0.1:1") as unreachable:
            verifier = self.page["Verifier"](unreachable, "orders")
            self.assertEqual(verifier.verify(self.bearer()), (503, None))

    def test_what_is_kept_is_bounded(self):
        verifier = self.page["Verifier"](self.channel, "orders", max_entries=3)
        for _ in range(10):
            self.assertEqual(verifier.verify(self.bearer())[0], 200)
        self.assertLessEqual(len(verifier._cache), 3)


if __name__ == "__main__":
    unittest.main()
