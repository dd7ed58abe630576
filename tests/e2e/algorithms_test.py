"""A good token of every algorithm is verified, from keys fetched over HTTPS."""

import unittest

from harness import tokens, usherd, wire
from harness.scene import Scene

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
              "ES256", "ES384", "ES512", "Ed25519", "Ed448"]


class Algorithms(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.issuers = {alg: cls.issuer(alg.lower(), alg=alg)
                       for alg in ALGORITHMS}
        cls.daemon = cls.usherd(*map(usherd.issuer, cls.issuers.values()))

    def test_a_good_token_of_each_is_verified(self):
        for alg, issuer in self.issuers.items():
            with self.subTest(alg):
                token = self.secret(issuer.mint())
                verified = self.daemon.service.verify(token).verified
                self.assertEqual(verified.issuer_name, issuer.name)
                self.assertEqual(verified.algorithm, alg)

    def test_the_last_byte_of_each_signature_counts(self):
        for alg, issuer in self.issuers.items():
            with self.subTest(alg):
                head, signature = issuer.mint().rsplit(".", 1)
                altered = bytearray(tokens.unb64(signature))
                altered[-1] ^= 1
                token = self.secret(f"{head}.{tokens.b64(altered)}")
                self.assertEqual(
                    wire.verdict(self.daemon.service.verify(token)),
                    "SIGNATURE_INVALID")

    def test_a_key_of_one_algorithm_serves_no_other(self):
        for alg, other in (("RS256", "PS256"), ("PS256", "RS256"),
                           ("ES256", "ES384"), ("Ed25519", "ES256")):
            with self.subTest(alg):
                token = tokens.with_header(self.issuers[alg].mint(), alg=other)
                self.assertEqual(
                    wire.verdict(self.daemon.service.verify(token)),
                    "ALGORITHM_NOT_ALLOWED")


if __name__ == "__main__":
    unittest.main()
