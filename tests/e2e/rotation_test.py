"""Keys come and go at the provider; usherd follows without a restart."""

import json
import pathlib
import unittest

from harness import usherd, wire
from harness.scene import Scene
from harness.waiting import wait_until


class Rotation(Scene):
    def start(self, name, **refresh):
        provider = self.issuer(name)
        daemon = self.usherd(
            usherd.issuer(provider, refresh=refresh), name=f"usherd-{name}")
        return provider, daemon.service

    def verdict(self, service, token):
        self.secret(token)
        return wire.verdict_of(lambda: service.verify(token))

    def test_a_new_key_is_fetched_when_its_first_token_comes(self):
        # The key set is not refreshed by itself during this test.
        provider, service = self.start("corp")
        old = provider.mint()
        self.assertEqual(self.verdict(service, old), "VERIFIED")
        kid = provider.rotate()
        new = provider.mint()
        self.assertEqual(service.verify(self.secret(new)).verified.key_id, kid)
        self.assertEqual(self.verdict(service, old), "VERIFIED")
        self.assertEqual(provider.fetches(), 2)

    def test_a_rotation_without_a_fetch_left_is_undecided_and_never_denied(
            self):
        provider, service = self.start("hasty", cooldown="5s")
        for _ in range(3):
            provider.rotate()
            self.assertEqual(self.verdict(service, provider.mint()),
                             "VERIFIED")
        provider.rotate()
        new = provider.mint()
        seen = []

        def verified():
            seen.append(self.verdict(service, new))
            return seen[-1] == "VERIFIED"

        wait_until(verified, "the second new key's token is verified")
        self.assertLessEqual(set(seen), {"KEYS_UNAVAILABLE", "VERIFIED"})
        self.assertEqual(provider.fetches(), 5)

    def test_a_key_that_is_withdrawn_stops_working_as_soon_as_asked(self):
        # No refresh falls due and no cooldown ends during this test.
        provider, service = self.start("stolen", cooldown="10m")
        # A token issued just now would be undecided: its key may still come.
        old = provider.mint_at(-120)
        kid = provider.rotate()
        self.assertEqual(self.verdict(service, provider.mint()), "VERIFIED")
        self.assertEqual(self.verdict(service, old), "VERIFIED")
        provider.remove_key("k1")
        self.assertEqual(self.verdict(service, old), "VERIFIED")
        answer = service.refresh_keys("stolen")["stolen"]
        self.assertEqual([key.key_id for key in answer.removed], ["k1"])
        self.assertEqual([key.key_id for key in answer.keys], [kid])
        self.assertEqual(self.verdict(service, old), "KEY_NOT_FOUND")
        self.assertEqual(self.verdict(service, provider.mint()), "VERIFIED")

    def test_a_key_that_is_withdrawn_stops_working_at_the_next_refresh(self):
        provider, service = self.start("short", **usherd.QUICK)
        old = provider.mint()
        provider.rotate()
        new = provider.mint()
        for token in (old, new):
            wait_until(lambda: self.verdict(service, token) == "VERIFIED",
                       "both keys serve")
        provider.remove_key("k1")
        # The cached verification must not be used.
        wait_until(lambda: self.verdict(service, old) != "VERIFIED",
                   "the token of the withdrawn key is no longer verified")
        self.assertIn(self.verdict(service, old),
                      ["KEY_NOT_FOUND", "KEYS_UNAVAILABLE"])
        wait_until(lambda: self.verdict(service, old) == "KEY_NOT_FOUND",
                   "it is denied for good")
        self.assertEqual(self.verdict(service, new), "VERIFIED")

    def test_a_key_file_that_is_replaced_is_read_again(self):
        provider = self.issuer("filed")
        path = pathlib.Path(self.directory) / "keys.json"
        path.write_text(json.dumps(provider.jwks()))
        service = self.usherd(
            usherd.issuer(provider, keys={"jwks_file": str(path)}),
            name="usherd-filed").service
        old = provider.mint()
        self.assertEqual(self.verdict(service, old), "VERIFIED")
        provider.rotate(keep_old=False)
        new = provider.mint()
        self.assertNotEqual(self.verdict(service, new), "VERIFIED")
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(provider.jwks()))
        beside.rename(path)
        wait_until(lambda: self.verdict(service, new) == "VERIFIED",
                   "the new file is read")
        wait_until(lambda: self.verdict(service, old) == "KEY_NOT_FOUND",
                   "the token of the old key is denied")


if __name__ == "__main__":
    unittest.main()
