"""Several guarded services in a row, and several usherds behind one guard."""

import collections
import signal
import threading
import time
import unittest

from harness import tokens, usherd
from harness.guarded import Gateway, Greeter
from harness.scene import Scene, figure
from harness.waiting import wait_until


def forge(token):
    """One that was issued before the last fetch: no newer key can explain its
    signature."""
    return tokens.with_claims(token, sub="eve", iat=int(time.time()) - 120)


class Callers:
    """Callers of `greeter` with new tokens, from four threads, within `with`.

    `forge`: each asks with an edited token too, which must be refused.
    """

    def __init__(self, greeter, issuer, forge=False):
        self.ends = collections.Counter()
        self.faults = []
        self._greeter, self._issuer, self._forge = greeter, issuer, forge
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(i,))
                         for i in range(4)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call(self, number):
        count = 0
        while not self._over.is_set():
            count += 1
            name = f"caller-{number}-{count}"
            token = self._issuer.mint({"aud": "orders", "sub": name})
            code, text = self._greeter.call(token)
            self.ends["good", code] += 1
            if (code, text) != ("OK", "hello, " + name):
                self.faults.append((name, code, text))
            if self._forge:
                code, _ = self._greeter.call(forge(token))
                self.ends["forged", code] += 1

    def await_admitted(self, count):
        """Waits until that many more good calls were admitted; their number."""
        before = self.ends["good", "OK"]
        wait_until(lambda: self.ends["good", "OK"] >= before + count
                   or self.faults, "good callers are admitted")
        return self.ends["good", "OK"] - before


class Fleet(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256", kid="k1")

    def start(self, kind, program, target, *words):
        guarded = kind(program, target, self.directory, *words)
        self.addCleanup(lambda: self.assertEqual(guarded.stop(), 0))
        return guarded

    def replica(self, name):
        """A replica that a test may kill."""
        daemon = usherd.Usherd(self.directory, usherd.configuration(
            [usherd.issuer(self.corp)]), name).started()
        self.addCleanup(lambda: daemon.running() and daemon.stop())
        wait_until(daemon.ready, "/readyz says ready")
        return daemon

    def good(self, subject="ada", **claims):
        return self.secret(self.corp.mint(
            {"aud": "orders", "sub": subject, **claims}))

    def test_a_gateway_calls_the_next_service_as_its_caller(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="behind-both")
        greeter = self.start(Greeter, "greeter_sync", daemon.address)
        gateway = self.start(Gateway, "gateway", daemon.address,
                             f"127.0.0.1:{greeter.port}")
        welcome = lambda token: gateway.call(token, "Welcome")
        wait_until(lambda: welcome(self.good())[0] == "OK", "usherd serves")
        for name in ("ada", "bob", "ada"):
            self.assertEqual(welcome(self.good(name)), ("OK", f"hello, {name}"))
        forged = forge(self.good())
        self.assertRegex(" ".join(welcome(forged)),
                         "^UNAUTHENTICATED invalid_token: SIGNATURE_INVALID: ")
        self.assertRegex(" ".join(welcome(None)),
                         "^UNAUTHENTICATED TOKEN_MISSING: ")
        # Expired 10 s ago: within usherd's clock skew, so the gateway's
        # handler runs, but the token is not forwarded.
        late = self.secret(self.corp.mint_at(-600, 590, aud="orders"))
        self.assertEqual(
            welcome(late),
            ("UNAUTHENTICATED", "invalid_token: TOKEN_EXPIRED: the caller's "
             "token expired before it could be forwarded"))
        for process in (gateway, greeter):
            for signature in self.signatures:
                self.assertNotIn(signature, process.log())

    def test_no_call_fails_when_one_replica_is_killed_and_one_drained(self):
        replicas = [self.replica(f"replica-{i}") for i in range(3)]
        target = "ipv4:" + ",".join(each.address for each in replicas)
        greeter = self.start(Greeter, "greeter_callback", target)
        asked = lambda i: replicas[i].metrics().get(
            'usher_requests_total{method="Verify",code="OK"}', 0)
        wait_until(lambda: greeter.call(self.good())[0] == "OK",
                   "an usherd serves")

        with Callers(greeter, self.corp, forge=True) as callers:
            wait_until(lambda: all(asked(i) >= 10 for i in range(3)),
                       "all three are asked")
            callers.await_admitted(100)
            replicas[0].signal(signal.SIGKILL)
            replicas[0].wait()
            callers.await_admitted(100)
            replicas[1].signal(signal.SIGTERM)
            self.assertEqual(replicas[1].wait(), 0)
            callers.await_admitted(100)
        for (who, code), count in sorted(callers.ends.items()):
            figure(f"three replicas, one killed, one drained: {who} {code}",
                   count)
        self.assertEqual(callers.faults, [])
        self.assertEqual(set(callers.ends), {("good", "OK"),
                                             ("forged", "UNAUTHENTICATED")})

    def test_no_call_fails_when_one_replica_of_two_freezes(self):
        replicas = [self.replica(f"frozen-or-not-{i}") for i in range(2)]
        frozen = replicas[0]
        target = "ipv4:" + ",".join(each.address for each in replicas)
        greeter = self.start(Greeter, "greeter_callback", target)
        verified = lambda i: replicas[i].metrics().get(
            'usher_requests_total{method="Verify",code="OK"}', 0)
        wait_until(lambda: greeter.call(self.good())[0] == "OK",
                   "an usherd serves")

        thaw = lambda: frozen.running() and frozen.signal(signal.SIGCONT)
        self.addCleanup(thaw)
        with Callers(greeter, self.corp) as callers:
            wait_until(lambda: all(verified(i) >= 10 for i in range(2)),
                       "both are asked")
            # It keeps its connections, accepts requests and never answers.
            frozen.signal(signal.SIGSTOP)
            meanwhile = callers.await_admitted(200)
            thaw()
            before = verified(0)
            wait_until(lambda: verified(0) > before + 20 or callers.faults,
                       "the thawed one is asked again")
        figure("two replicas, one frozen: good callers who came in meanwhile",
               meanwhile)
        for (_, code), count in callers.ends.items():
            figure(f"two replicas, one frozen for a while: {code}", count)
        self.assertEqual(callers.faults, [])
        self.assertEqual(set(callers.ends), {("good", "OK")})


if __name__ == "__main__":
    unittest.main()
