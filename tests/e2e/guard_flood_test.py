"""Strangers flood a guarded server with distinct bad tokens over one connection.
New callers on other connections are verified all the same, and known ones are
not disturbed."""

import itertools
import json
import signal
import threading
import time
import unittest

from harness import tokens, usherd
from harness.guarded import Greeter
from harness.http2 import Connection
from harness.scene import Scene, figure
from harness.waiting import wait_until

HELLO = "/greeter.v1.Greeter/Hello"
STYLES = ("greeter_callback", "greeter_sync")
# A second. Far more than the guard can ask about while an issuer hangs, and few
# enough for a server on a busy machine: gRPC has limits of its own.
RATE = 1000


class Flood:
    """Calls with the tokens that `make` makes, all of them reset at once."""

    def __init__(self, port, make):
        self._connection = Connection(port)
        self._make = make
        self._over = threading.Event()
        self.sent = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        began = time.monotonic()
        while not self._over.is_set():
            self._connection.reset_calls(
                HELLO, [self._make() for _ in range(RATE // 50)])
            self.sent += RATE // 50
            time.sleep(max(0, began + self.sent / RATE - time.monotonic()))

    def end(self):
        self._over.set()
        self._thread.join()
        self._connection.close()


class GuardFlood(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256", kid="k1")
        cls.slow = cls.issuer("slow", alg="ES256", kid="s1")
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp), usherd.issuer(cls.slow),
            listen=f"unix:{cls.directory}/usherd.sock")

    def greeter(self, style):
        greeter = Greeter(style, f"unix:{self.directory}/usherd.sock",
                          self.directory)
        self.addCleanup(greeter.stop)
        known = self.good("known")
        wait_until(lambda: greeter.call(known)[0] == "OK", "usherd serves")
        return greeter, known

    def good(self, subject, **claims):
        return self.secret(self.corp.mint(
            {"aud": "orders", "sub": subject, **claims}))

    def forged(self, issuer, kid):
        """Makes well-formed tokens, each another one, none of them good."""
        header, claims, signature = tokens.with_header(
            issuer.mint({"aud": "orders"}), kid=kid).split(".")
        claims = json.loads(tokens.unb64(claims))
        numbers = itertools.count()

        def make():
            body = json.dumps({**claims, "jti": str(next(numbers))}).encode()
            return f"{header}.{tokens.b64(body)}.{signature}"
        return make

    def callers_during(self, style, make, what, seconds=4):
        """New callers, and a known one, while the flood is on."""
        greeter, known = self.greeter(style)
        flood = Flood(greeter.port, make)
        ends = []
        try:
            wait_until(lambda: flood.sent > RATE, "the flood is on")
            until = time.monotonic() + seconds
            while time.monotonic() < until or len(ends) < 20:
                new = greeter.call(self.good(f"new-{len(ends)}"))
                ends.append(new)
                self.assertEqual(greeter.call(known), ("OK", "hello, known"))
        finally:
            flood.end()
        refused = [end for end in ends if end[0] != "OK"]
        figure(f"{style}, {what}",
               f"{flood.sent} bad tokens; new callers: {len(ends)}, "
               f"refused: {len(refused)}")
        self.assertEqual(refused, [])

    def test_forged_tokens_of_an_issuer_that_hangs_keep_no_one_out(self):
        make = self.forged(self.slow, "unknown")
        self.slow.fault(hang=True)
        self.slow.fault("/.well-known/openid-configuration", hang=True)
        for style in STYLES:
            with self.subTest(style):
                self.callers_during(style, make, "issuer that hangs")

    def test_forged_tokens_keep_no_one_out(self):
        for style in STYLES:
            with self.subTest(style):
                self.callers_during(style, self.forged(self.corp, "k1"),
                                    "forged tokens")

    def test_malformed_tokens_keep_no_one_out(self):
        numbers = itertools.count()
        for style in STYLES:
            with self.subTest(style):
                self.callers_during(style, lambda: f"g{next(numbers)}",
                                    "malformed tokens")

    def test_after_usherd_was_frozen_under_a_flood_new_callers_come_in_again(
            self):
        greeter, known = self.greeter("greeter_callback")
        flood = Flood(greeter.port, self.forged(self.corp, "k1"))
        try:
            self.daemon.signal(signal.SIGSTOP)
            try:
                wait_until(lambda: greeter.call(self.good("early"))[0] ==
                           "UNAVAILABLE", "usherd is silent")
                self.assertEqual(greeter.call(known), ("OK", "hello, known"))
            finally:
                self.daemon.signal(signal.SIGCONT)
            wait_until(lambda: greeter.call(self.good("late"))[0] == "OK",
                       "new callers come in")
        finally:
            flood.end()


if __name__ == "__main__":
    unittest.main()
