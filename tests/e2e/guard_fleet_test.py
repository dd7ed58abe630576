"""Several guarded services in a row, and several usherds behind one guard."""

import collections
import signal
import threading
import unittest

from harness import tokens, usherd
from harness.guarded import Gateway, Greeter
from harness.scene import Scene, figure
from harness.waiting import wait_until


class Fleet(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256", kid="k1")

    def start(self, kind, program, target, *words):
        guarded = kind(program, target, self.directory, *words)
        self.addCleanup(lambda: self.assertEqual(guarded.stop(), 0))
        return guarded

    def replica(self, name):
        """One that may be killed."""
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
        forged = tokens.with_claims(self.good(), sub="eve")
        self.assertRegex(" ".join(welcome(forged)),
                         "^UNAUTHENTICATED invalid_token: SIGNATURE_INVALID: ")
        self.assertRegex(" ".join(welcome(None)),
                         "^UNAUTHENTICATED TOKEN_MISSING: ")
        # Expired 10 s ago: within usherd's clock skew, so the gateway's own
        # handler runs; but on it does not go.
        late = self.secret(self.corp.mint_at(-600, 590, aud="orders"))
        self.assertEqual(
            welcome(late),
            ("UNAUTHENTICATED", "invalid_token: TOKEN_EXPIRED: the caller's "
             "token expired before it could be forwarded"))
        for process in (gateway, greeter):
            for signature in self.signatures:
                self.assertNotIn(signature, process.log())

    def test_one_replica_killed_and_one_drained_are_missed_by_no_caller(self):
        replicas = [self.replica(f"replica-{i}") for i in range(3)]
        target = "ipv4:" + ",".join(each.address for each in replicas)
        greeter = self.start(Greeter, "greeter_callback", target)
        asked = lambda i: replicas[i].metrics().get(
            'usher_requests_total{method="Verify",code="OK"}', 0)
        wait_until(lambda: greeter.call(self.good())[0] == "OK",
                   "an usherd serves")

        ends = collections.Counter()
        faults = []
        over = threading.Event()

        def load(number):
            count = 0
            while not over.is_set():
                count += 1
                name = f"caller-{number}-{count}"
                token = self.corp.mint({"aud": "orders", "sub": name})
                answers = (("good", greeter.call(token), "hello, " + name),
                           ("forged", greeter.call(
                               tokens.with_claims(token, sub="eve")), None))
                for who, (code, text), wanted in answers:
                    ends[who, code] += 1
                    if wanted and (code, text) != ("OK", wanted):
                        faults.append((name, code, text))

        threads = [threading.Thread(target=load, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        try:
            def more(count=100):
                wanted = ends["good", "OK"] + count
                wait_until(lambda: ends["good", "OK"] >= wanted or faults,
                           "good callers come in")
            wait_until(lambda: all(asked(i) >= 10 for i in range(3)),
                       "questions go round all three")
            more()
            replicas[0].signal(signal.SIGKILL)
            replicas[0].wait()
            more()
            replicas[1].signal(signal.SIGTERM)
            self.assertEqual(replicas[1].wait(), 0)
            more()
        finally:
            over.set()
            for thread in threads:
                thread.join()
        for (who, code), count in sorted(ends.items()):
            figure(f"three replicas, one killed, one drained: {who} {code}",
                   count)
        self.assertEqual(faults, [])
        self.assertEqual(set(ends), {("good", "OK"),
                                     ("forged", "UNAUTHENTICATED")})

    def test_one_replica_of_two_that_freezes_is_missed_by_no_caller(self):
        replicas = [self.replica(f"frozen-or-not-{i}") for i in range(2)]
        frozen = replicas[0]
        target = "ipv4:" + ",".join(each.address for each in replicas)
        greeter = self.start(Greeter, "greeter_callback", target)
        verified = lambda i: replicas[i].metrics().get(
            'usher_requests_total{method="Verify",code="OK"}', 0)
        wait_until(lambda: greeter.call(self.good())[0] == "OK",
                   "an usherd serves")

        ends = collections.Counter()
        faults = []
        over = threading.Event()

        def load(number):
            count = 0
            while not over.is_set():
                count += 1
                name = f"caller-{number}-{count}"
                code, text = greeter.call(
                    self.corp.mint({"aud": "orders", "sub": name}))
                ends[code] += 1
                if (code, text) != ("OK", "hello, " + name):
                    faults.append((name, code, text))

        threads = [threading.Thread(target=load, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        thaw = lambda: frozen.running() and frozen.signal(signal.SIGCONT)
        self.addCleanup(thaw)
        try:
            def more(count=200):
                wanted = ends["OK"] + count
                wait_until(lambda: ends["OK"] >= wanted or faults,
                           "good callers come in")
            wait_until(lambda: all(verified(i) >= 10 for i in range(2)),
                       "questions go round both")
            # It keeps its connections, accepts questions and says nothing.
            frozen.signal(signal.SIGSTOP)
            more()
            figure("two replicas, one frozen: calls that came in meanwhile",
                   ends["OK"])
            thaw()
            before = verified(0)
            wait_until(lambda: verified(0) > before + 20 or faults,
                       "the thawed one is asked again")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        figure("two replicas, one frozen for a while: ends", dict(ends))
        self.assertEqual(faults, [])
        self.assertEqual(set(ends), {"OK"})


if __name__ == "__main__":
    unittest.main()
