"""A guarded server that verifies tokens itself: no usherd runs."""

import pathlib
import unittest

from harness import tokens, usherd
from harness.guarded import Greeter
from harness.scene import Scene
from harness.waiting import wait_until


class GuardOnLocalVerifier(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256", kid="k1")
        cls.config = pathlib.Path(cls.directory) / "local.yaml"
        cls.config.write_text(usherd.configuration(
            [usherd.issuer(cls.corp, refresh=usherd.QUICK)]))

    def greeter(self):
        greeter = Greeter("greeter_local", str(self.config), self.directory)
        self.addCleanup(greeter.stop)
        return greeter

    def good(self, **claims):
        return self.secret(self.corp.mint(
            {"aud": "orders", "sub": "ada", **claims}))

    def test_it_admits_exactly_the_allowed_callers(self):
        greeter = self.greeter()
        token = self.good()
        wait_until(lambda: greeter.call(token)[0] == "OK", "keys are there")
        for _ in range(2):  # verified, then from memory
            self.assertEqual(greeter.call(token), ("OK", "hello, ada"))
        late = self.secret(self.corp.mint_at(-600, 300, aud="orders"))
        for refused, code, message in (
                (late, "UNAUTHENTICATED", "invalid_token: TOKEN_EXPIRED: "),
                (tokens.with_claims(token, sub="eve"), "UNAUTHENTICATED",
                 "invalid_token: SIGNATURE_INVALID: "),
                (self.corp.mint({"aud": "billing"}), "UNAUTHENTICATED",
                 "invalid_token: AUDIENCE_MISMATCH: "),
                (None, "UNAUTHENTICATED", "TOKEN_MISSING: ")):
            status, said = greeter.call(refused)
            self.assertEqual(status, code, said)
            self.assertTrue(said.startswith(message), said)
        self.assertRegex(" ".join(greeter.call(token, "Forget")),
                         "^PERMISSION_DENIED insufficient_scope: ")
        self.assertEqual(
            greeter.call(self.good(scope="greeter.write"), "Forget"),
            ("OK", "forgotten"))
        self.assertEqual(greeter.call(method="Version"), ("OK", "1"))
        self.assertNotIn(token, greeter.log())

    def test_it_follows_a_rotation_of_keys(self):
        greeter = self.greeter()
        wait_until(lambda: greeter.call(self.good())[0] == "OK",
                   "keys are there")
        self.corp.rotate()
        wait_until(lambda: greeter.call(self.good())[0] == "OK",
                   "the new key is there")

    def test_it_applies_a_changed_file_without_a_restart(self):
        config = pathlib.Path(self.directory) / "changing.yaml"

        def write(text):
            new = config.with_suffix(".new")
            new.write_text(text)
            new.rename(config)

        def with_audience(audience):
            return usherd.configuration([usherd.issuer(
                self.corp, audiences=[audience], refresh=usherd.QUICK)])

        write(with_audience("billing"))
        greeter = Greeter("greeter_local", str(config), self.directory)
        self.addCleanup(greeter.stop)
        refused = ("UNAUTHENTICATED", "invalid_token: AUDIENCE_MISMATCH: ")

        def answers(*wanted):
            code, said = greeter.call(self.good())
            return code == wanted[0] and said.startswith(wanted[1])

        wait_until(lambda: answers(*refused), "keys are there")
        write(with_audience("orders"))
        wait_until(lambda: answers("OK", "hello, ada"),
                   "the new audience is accepted")
        write("issuers: []\n")
        wait_until(lambda: "the changed configuration is not used: issuers: "
                   in greeter.log(), "the error is reported")
        self.assertTrue(answers("OK", "hello, ada"), "nothing changed")

    def test_it_is_undecided_while_keys_cannot_be_fetched(self):
        down = self.issuer("down", alg="ES256", kid="k1")
        down.fault(status=503)
        config = pathlib.Path(self.directory) / "down.yaml"
        config.write_text(usherd.configuration([usherd.issuer(down)]))
        greeter = Greeter("greeter_local", str(config), self.directory)
        self.addCleanup(greeter.stop)
        status, said = greeter.call(self.secret(down.mint({"aud": "orders"})))
        self.assertEqual(status, "UNAVAILABLE")
        self.assertTrue(said.startswith("KEYS_UNAVAILABLE: "), said)


if __name__ == "__main__":
    unittest.main()
