"""Ten thousand issuers beside two live ones."""

import random
import time
import unittest

from harness import places, usherd, wire
from harness.scene import Scene, figure

COUNT = 10_000


class ManyIssuers(Scene):
    @classmethod
    def set_the_scene(cls):
        # All of them have one key, so that one provider mints for all.
        cls.mint = cls.issuer("mint", alg="Ed25519")
        cls.live = [cls.issuer("live-a", alg="RS256"),
                    cls.issuer("live-b", alg="ES256")]
        keys = cls.mint.jwks()
        tenants = [{"name": f"tenant-{i}", "issuer": cls.tenant(i),
                    "audiences": ["orders"], "keys": {"jwks": keys}}
                   for i in range(COUNT)]
        settings = list(map(usherd.issuer, cls.live))
        began = time.monotonic()
        cls.daemon = cls.usherd(*tenants[:5000], *settings, *tenants[5000:])
        cls.start_seconds = time.monotonic() - began

    @staticmethod
    def tenant(i):
        return f"https://t{i}.example.com"

    def verdict(self, token):
        self.secret(token)
        return wire.verdict_of(lambda: self.daemon.service.verify(token))

    def test_it_starts_quickly_and_fits_into_memory(self):
        figure(f"start with {COUNT} issuers", f"{self.start_seconds:.1f} s")
        figure(f"RSS with {COUNT} issuers", f"{self.daemon.rss_kib()} KiB")
        if not places.SANITIZED:
            self.assertLess(self.start_seconds, 30)
            self.assertLess(self.daemon.rss_kib(), 1 << 20)

    def test_tokens_of_any_of_them_are_verified_with_its_name(self):
        for i in [0, COUNT - 1, *random.sample(range(COUNT), 100)]:
            token = self.secret(self.mint.mint({"iss": self.tenant(i)}))
            verified = self.daemon.service.verify(token).verified
            self.assertEqual(verified.issuer_name, f"tenant-{i}")

    def test_tokens_of_the_live_issuers_are_verified(self):
        for issuer in self.live:
            self.assertEqual(self.verdict(issuer.mint()), "VERIFIED")

    def test_another_issuer_is_still_unknown(self):
        token = self.mint.mint({"iss": self.tenant(COUNT)})
        self.assertEqual(self.verdict(token), "ISSUER_UNKNOWN")

    def test_one_tenants_key_does_not_sign_for_a_live_issuer(self):
        token = self.mint.mint({"iss": self.live[0].issuer})
        self.assertNotEqual(self.verdict(token), "VERIFIED")


if __name__ == "__main__":
    unittest.main()
