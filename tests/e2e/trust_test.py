"""Keys come only from the configured provider."""

import unittest

from harness import usherd, wire
from harness.gate import Gate
from harness.scene import Scene
from harness.waiting import wait_until


class Trust(Scene):
    """One usherd; each of its issuers is misconfigured in its own way."""

    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.other = cls.issuer("other")
        cls.wrong_ca = cls.issuer("wrong-ca")
        cls.private = cls.issuer("private")
        # Reached at another address than the one in its metadata.
        cls.mismatch = cls.issuer("mismatch")
        gate = Gate(("127.0.0.1", cls.mismatch.port))
        gate.open()
        cls.addClassCleanup(gate.shut)
        cls.mismatch_url = f"https://127.0.0.1:{gate.port}"
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp),
            usherd.issuer(cls.wrong_ca, ca_file=str(cls.other.ca_file)),
            usherd.issuer(cls.private,
                          insecure_allow_private_addresses=False),
            usherd.issuer(cls.mismatch, issuer=cls.mismatch_url),
            wait_ready=False)
        wait_until(lambda: cls.daemon.service.issuers()["corp"].ready,
                   "the sound issuer has keys")

    def error_of(self, name):
        return wait_until(
            lambda: self.daemon.service.issuers()[name].last_error,
            f"{name}'s fetch fails")

    def assert_undecided(self, issuer, **claims):
        token = self.secret(issuer.mint(claims))
        self.assertEqual(
            wire.verdict_of(lambda: self.daemon.service.verify(token)),
            "KEYS_UNAVAILABLE")

    def test_a_correct_issuer_beside_them_works(self):
        token = self.secret(self.corp.mint())
        self.assertEqual(wire.verdict(self.daemon.service.verify(token)),
                         "VERIFIED")

    def test_a_certificate_of_another_ca_is_refused_with_a_reason(self):
        self.assertRegex(self.error_of("wrong-ca"), "(?i)certificate")
        self.assert_undecided(self.wrong_ca)

    def test_a_private_address_is_refused_unless_it_is_allowed(self):
        self.assertRegex(self.error_of("private"), "loopback")
        self.assert_undecided(self.private)
        self.assertEqual(self.private.fetches(), 0)

    def test_discovery_of_another_issuer_is_refused_with_a_reason(self):
        self.assertRegex(self.error_of("mismatch"), "(?i)issuer")
        self.assert_undecided(self.mismatch, iss=self.mismatch_url)
        self.assertEqual(self.mismatch.fetches(), 0)

    def test_not_ready_while_required_keys_are_missing(self):
        status, body = self.daemon.get("/readyz")
        self.assertEqual(status, 503)
        self.assertIn("wrong-ca", body)


if __name__ == "__main__":
    unittest.main()
