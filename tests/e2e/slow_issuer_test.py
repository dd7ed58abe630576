"""A provider that does not answer delays only its own requests, and those for a
second at most."""

import time
import unittest

import grpc

from harness import tokens, usherd, wire
from harness.scene import Scene, figure
from harness.waiting import wait_until


class SlowIssuer(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.slow = cls.issuer("slow")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp),
                                usherd.issuer(cls.slow))
        cls.service = cls.daemon.service

    def test_waiting_for_one_provider_is_bounded_and_delays_no_other_issuer(
            self):
        self.slow.fault(hang=True)
        self.slow.fault("/.well-known/openid-configuration", hang=True)
        unknown = self.secret(tokens.with_header(self.slow.mint(), kid="new"))
        good = self.secret(self.corp.mint())
        request = wire.tokens.VerifyRequest(token=unknown)
        began = time.monotonic()
        waiting = [self.service.tokens.Verify.future(request, timeout=10)
                   for _ in range(50)]
        wait_until(
            lambda: self.daemon.metrics()["usher_in_flight_requests"] >= 50,
            "they all wait")
        took = []
        while not all(call.done() for call in waiting):
            start = time.monotonic()
            self.assertEqual(wire.verdict(self.service.verify(good)),
                             "VERIFIED")
            took.append(time.monotonic() - start)
            self.assertLess(time.monotonic() - began, 10)
        longest_wait = time.monotonic() - began
        for call in waiting:
            self.assertEqual(wire.verdict_of(call.result), "KEYS_UNAVAILABLE")
        figure("longest wait for a silent provider", f"{longest_wait:.2f} s")
        figure("others meanwhile",
               f"{len(took)} verified, slowest {max(took) * 1e3:.0f} ms")
        # A request waits for 1 s; the fetch itself would take 5 s.
        self.assertLess(longest_wait, 4)
        self.assertGreater(len(took), 50)

    def test_cancelled_calls_leave_nothing_behind(self):
        gone = self.issuer("gone")
        daemon = self.usherd(usherd.issuer(gone), name="left")
        gone.fault(hang=True)
        unknown = self.secret(tokens.with_header(gone.mint(), kid="new"))
        request = wire.tokens.VerifyRequest(token=unknown)
        waiting = [daemon.service.tokens.Verify.future(request, timeout=10)
                   for _ in range(20)]
        hasty = [daemon.service.tokens.Verify.future(request, timeout=0.2)
                 for _ in range(20)]
        wait_until(
            lambda: daemon.metrics()["usher_in_flight_requests"] >= 20,
            "they wait")
        for call in waiting:
            call.cancel()
        for call in hasty:
            # usherd's answer may still be in time.
            self.assertIn(call.code(), [grpc.StatusCode.DEADLINE_EXCEEDED,
                                        grpc.StatusCode.UNAVAILABLE])
        wait_until(
            lambda: daemon.metrics()["usher_in_flight_requests"] == 0,
            "no request is left")

    def test_tokens_whose_key_is_known_do_not_wait_for_a_silent_provider(self):
        # Several, each new to usherd: a busy machine may delay one of them.
        good = [self.secret(self.slow.mint({"n": n})) for n in range(5)]
        self.slow.fault(hang=True)
        took = []
        for token in good:
            began = time.monotonic()
            self.assertEqual(wire.verdict(self.service.verify(token)),
                             "VERIFIED")
            took.append(time.monotonic() - began)
        self.assertLess(min(took), 0.5)


if __name__ == "__main__":
    unittest.main()
