"""Three replicas are restarted one after the other, under load from clients
that watch their health: no call fails."""

import collections
import contextlib
import json
import random
import signal
import socket
import threading
import time
import unittest

import grpc

from harness import usherd, wire
from harness.guarded import Greeter
from harness.scene import Scene, figure
from harness.waiting import wait_until

# As the C++ client and the guard do, but without a retry: each call that fails is
# seen.
HEALTH_WATCHING = json.dumps({
    "loadBalancingConfig": [{"round_robin": {}}],
    "healthCheckConfig": {"serviceName": "usher.v1.TokenService"}})


def free_address():
    """A port that stays free between two replicas: below the range that the
    kernel gives to other sockets."""
    while True:
        port = random.randrange(20000, 30000)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind(("127.0.0.1", port))
            return f"127.0.0.1:{port}"


class RollingRestart(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256")

    def replica(self, number):
        """A replica at the address of its number."""
        daemon = self.usherd(
            usherd.issuer(self.corp), name=f"replica-{number}-{self.round}",
            listen=self.addresses[number], shutdown_delay="1s")
        return daemon

    def direct(self, target):
        """A function that asks usherd itself."""
        channel = grpc.insecure_channel(target, options=[
            ("grpc.service_config", HEALTH_WATCHING)])
        self.addCleanup(channel.close)
        stub = wire.token_rpc.TokenServiceStub(channel)
        return lambda token: wire.verdict_of(lambda: stub.Verify(
            wire.tokens.VerifyRequest(token=token), timeout=20))

    def guarded(self, target):
        """A function that calls a guarded service."""
        greeter = Greeter("greeter_callback", target, self.directory)
        self.addCleanup(lambda: self.assertEqual(greeter.stop(), 0))
        return lambda token: greeter.call(token)[0]

    def test_three_replicas_restarted_in_turn_fail_no_call(self):
        self.round = 0
        self.addresses = [free_address() for _ in range(3)]
        replicas = [self.replica(number) for number in range(3)]
        target = "ipv4:" + ",".join(self.addresses)
        clients = {"direct": self.direct(target),
                   "guarded": self.guarded(target)}
        ends = collections.Counter()
        over = threading.Event()

        def load(who, call):
            while not over.is_set():
                token = self.corp.mint({"aud": "orders", "sub": "ada"})
                ends[who, call(self.secret(token))] += 1

        def more(count):
            """Waits until both clients had that many more answers."""
            wanted = {who: self.calls(ends, who) + count for who in clients}
            wait_until(lambda: all(self.calls(ends, who) >= wanted[who]
                                   for who in clients), "calls end")

        for who, call in clients.items():
            wait_until(lambda: call(self.corp.mint({"aud": "orders"}))
                       in ("OK", "VERIFIED"), f"{who}: a replica serves")
        threads = [threading.Thread(target=load, args=client)
                   for client in clients.items() for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            more(100)
            for number, old in enumerate(replicas):
                self.round += 1
                began = time.monotonic()
                old.signal(signal.SIGTERM)
                self.assertEqual(old.wait(), 0)
                figure(f"rolling restart: replica {number} ended after, s",
                       round(time.monotonic() - began, 2))
                more(20)
                new = self.replica(number)
                # All replicas are asked again, the new one too.
                wait_until(lambda: new.metrics().get(
                    'usher_requests_total{method="Verify",code="OK"}', 0) > 20,
                    "the new one is asked")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        for who in clients:
            failed = {end: count for (asker, end), count in ends.items()
                      if asker == who and end not in ("OK", "VERIFIED")}
            figure(f"rolling restart: {who} calls", self.calls(ends, who))
            figure(f"rolling restart: {who} calls that failed",
                   sum(failed.values()))
            self.assertEqual(failed, {})

    def calls(self, ends, who):
        return sum(count for (asker, _), count in list(ends.items())
                   if asker == who)


if __name__ == "__main__":
    unittest.main()
