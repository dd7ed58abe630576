"""The provider goes away and comes back; verified tokens stay verified as long
as the configuration allows, and no longer."""

import unittest

from harness import usherd, wire
from harness.gate import Gate
from harness.scene import Scene
from harness.waiting import wait_until


class Outage(Scene):
    def behind_a_gate(self, name, open_at_first, **refresh):
        """An issuer whose key set is reached only through a gate."""
        provider = self.issuer(name)
        gate = Gate(("127.0.0.1", provider.port))
        self.addCleanup(gate.shut)
        if open_at_first:
            gate.open()
        daemon = self.usherd(
            usherd.issuer(
                provider, refresh=refresh,
                keys={"jwks_url": f"https://127.0.0.1:{gate.port}"
                                  f"{provider.jwks_path()}"}),
            name=f"usherd-{name}", wait_ready=open_at_first)
        return provider, gate, daemon

    def verdict(self, daemon, token):
        self.secret(token)
        return wire.verdict_of(lambda: daemon.service.verify(token))

    def test_keys_are_used_while_the_provider_is_down_and_reported_as_stale(
            self):
        provider, gate, daemon = self.behind_a_gate(
            "corp", True, **usherd.QUICK, stale_for="5s")
        token = self.secret(provider.mint())
        fresh = daemon.service.verify(token).verified
        self.assertFalse(fresh.stale_keys)
        self.assertGreater(fresh.cache_for.ToMilliseconds(), 0)

        gate.shut()
        stale = wait_until(
            lambda: (answer := daemon.service.verify(token).verified)
            .stale_keys and answer, "keys are past their freshness")
        # A provider that restarts does not switch off the caches of clients:
        # only keys that have been stale for five minutes do.
        self.assertGreater(stale.cache_for.ToMilliseconds(), 0)
        # A new token is verified with them, too.
        self.assertEqual(self.verdict(daemon, provider.mint({"n": 1})),
                         "VERIFIED")
        state = daemon.service.issuers()["corp"]
        self.assertTrue(state.stale)
        self.assertTrue(state.ready)
        self.assertGreater(state.consecutive_failures, 0)
        self.assertTrue(state.last_error)
        self.assertGreater(
            daemon.metrics()['usher_stale_keys_served_total{issuer="corp"}'],
            0)

        wait_until(lambda: self.verdict(daemon, token) == "KEYS_UNAVAILABLE",
                   "stale_for is over")
        self.assertFalse(daemon.ready())

        gate.open()
        wait_until(lambda: self.verdict(daemon, token) == "VERIFIED",
                   "the token is verified again")
        self.assertFalse(daemon.service.verify(token).verified.stale_keys)
        self.assertTrue(daemon.ready())

    def test_a_start_without_the_provider_recovers_when_it_returns(self):
        provider, gate, daemon = self.behind_a_gate("cold", False)
        token = self.secret(provider.mint())
        # An answer of usherd's own, before the client's deadline.
        self.assertEqual(self.verdict(daemon, token), "KEYS_UNAVAILABLE")
        self.assertEqual(daemon.get("/livez")[0], 200)
        self.assertEqual(daemon.get("/readyz")[0], 503)
        gate.open()
        wait_until(lambda: self.verdict(daemon, token) == "VERIFIED",
                   "the token is verified")
        wait_until(daemon.ready, "/readyz says ready")

    def test_a_provider_that_answers_with_errors_removes_no_key(self):
        provider, _, daemon = self.behind_a_gate(
            "faulty", True, **usherd.QUICK, stale_for="1m")
        token = provider.mint()
        for fault in ({"status": 503}, {"garbage": True}, {"huge": True},
                      {"redirect": provider.base + "/elsewhere"}):
            provider.fault(**fault)
            before = daemon.service.issuers()["faulty"].consecutive_failures
            wait_until(
                lambda: daemon.service.issuers()["faulty"]
                .consecutive_failures > before, f"a fetch meets {fault}")
            self.assertEqual(self.verdict(daemon, token), "VERIFIED")


if __name__ == "__main__":
    unittest.main()
