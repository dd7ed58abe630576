"""The attacks. Each runs until `until` (monotonic), on loopback only, bounded
in rate and size so that one machine can bear it.
"""

import collections
import contextlib
import os
import resource
import shutil
import signal
import socket
import string
import time

import grpc

from harness import tokens as jws
from harness import wire

import http2

CONNECTIONS = 400  # of one attack at once
MESSAGE = 8 << 20


def going_on(until, pause=0.0):
    while time.monotonic() < until:
        yield
        if pause:
            time.sleep(pause)


@contextlib.contextmanager
def many_sockets():
    links = []
    try:
        yield links
    finally:
        for link in links:
            link.close()


def connect(address):
    """One that may still be on its way."""
    host, port = address.rsplit(":", 1)
    link = socket.socket()
    link.setblocking(False)
    try:
        link.connect((host, int(port)))
    except BlockingIOError:
        pass
    return link


class Attacks:
    """`world`: see run.py. Every public method is an attack."""

    def __init__(self, world, chance):
        self._world = world
        self._chance = chance
        self.wrongly_accepted = 0
        # What has reached usherd: an attack that does nothing shows nothing.
        self.done = collections.Counter()

    @classmethod
    def names(cls):
        return [name for name in vars(cls)
                if not name.startswith("_") and name != "names"]

    def _replica(self):
        return self._chance.choice(self._world.replicas)

    def _link(self, replica):
        return http2.Link(self._world.attacker_context(), replica.address)

    def _ask(self, until, make_token, window=50):
        """A flood of unary calls; none of the tokens may be accepted."""
        stubs = [wire.token_rpc.TokenServiceStub(
            self._world.attacker_channel(replica))
            for replica in self._world.replicas]
        for _ in going_on(until, 0.02):
            calls = [self._chance.choice(stubs).Verify.future(
                wire.tokens.VerifyRequest(token=make_token()), timeout=5)
                for _ in range(window)]
            for call in calls:
                verdict = wire.verdict_of(call.result)
                self.done[f"answers {verdict}"] += 1
                self.wrongly_accepted += verdict == "VERIFIED"

    def junk_flood(self, until):
        def junk():
            size = self._chance.choice((0, 10, 1000, 16000))
            text = "".join(self._chance.choices(
                string.ascii_letters + "-_.", k=size))
            return f"eyJ{text}"
        self._ask(until, junk)

    def unknown_kids(self, until):
        self._ask(until, lambda: jws.with_header(
            self._chance.choice(self._world.good_tokens),
            kid=f"{self._chance.getrandbits(64):x}"))

    def forged_signatures(self, until):
        def forged():
            head, body, signature = self._chance.choice(
                self._world.good_tokens).split(".")
            flipped = "A" if signature[10] != "A" else "B"
            return f"{head}.{body}.{signature[:10]}{flipped}{signature[11:]}"
        self._ask(until, forged)

    def slow_issuer(self, until):
        slow = self._world.slow_issuer
        token = slow.mint()
        slow.fault(delay_ms=4000)
        try:
            self._ask(until, lambda: jws.with_header(
                token, kid=f"{self._chance.getrandbits(64):x}"), window=20)
        finally:
            slow.fault(clear=True)

    def oversize_and_empty_elements(self, until):
        bodies = (b"\x0a\x00" * (MESSAGE // 2),      # empty requests
                  b"\x12\x00" * (MESSAGE // 2 - 8),  # empty audiences
                  b"\x0a" + b"\xff" * 9, b"\x00" * 1000,
                  b"\x0a\x00" * 100_000)
        for _ in going_on(until, 0.5):
            channel = self._world.attacker_channel(self._replica())
            method = self._chance.choice(("Verify", "BatchVerify",
                                          "Introspect"))
            call = channel.unary_unary(f"/usher.v1.TokenService/{method}")
            try:
                call(self._chance.choice(bodies), timeout=5)
            except grpc.RpcError as error:
                self.done[f"odd messages {error.code().name}"] += 1

    def unfinished_messages(self, until):
        for _ in going_on(until):
            with contextlib.suppress(OSError), self._link(
                    self._replica()) as link:
                for stream in range(1, 60, 2):
                    link.send(http2.frame(http2.HEADERS, http2.END_HEADERS,
                                          stream, http2.headers()) +
                              http2.frame(http2.DATA, 0, stream,
                                          http2.announced(4 << 20) +
                                          b"x" * 1000))
                    self.done["unfinished messages"] += 1
                while time.monotonic() < until:
                    link.drain()
                    link.send(http2.frame(http2.PING, 0, 0, b"12345678"))
                    time.sleep(1)

    def silent_and_idle_connections(self, until):
        replica = self._replica()
        with many_sockets() as links:
            for _ in going_on(until, 0.5):
                while len(links) < CONNECTIONS:
                    links.append(connect(self._chance.choice((
                        replica.address, replica.admin_address,
                        replica.metrics_address,
                        replica.said["status_page"]))))
                # Some begin to speak and stop.
                for link in self._chance.sample(links, 20):
                    with contextlib.suppress(OSError):
                        link.send(self._chance.choice(
                            (b"\x16\x03\x01", b"PRI * HTT", b"GET /", b"\0")))
                        self.done["silent connections"] += 1

    def slow_http_clients(self, until):
        replica = self._replica()
        with many_sockets() as links:
            links.extend(connect(replica.metrics_address)
                         for _ in range(CONNECTIONS))
            for _ in going_on(until, 0.2):
                for i, link in enumerate(links):
                    try:
                        link.send(b"GET")
                        self.done["slow bytes"] += 1
                    except BlockingIOError:
                        pass
                    except OSError:
                        link.close()
                        links[i] = connect(replica.metrics_address)

    def rapid_reset(self, until):
        replica = self._replica()
        for _ in going_on(until):
            with contextlib.suppress(OSError), self._link(replica) as link:
                stream = 1
                while time.monotonic() < until:
                    link.send(b"".join(
                        http2.frame(http2.HEADERS, http2.END_HEADERS, id,
                                    http2.headers()) +
                        http2.frame(http2.RST_STREAM, 0, id,
                                    (8).to_bytes(4, "big"))
                        for id in range(stream, stream + 200, 2)))
                    stream += 200
                    self.done["streams reset"] += 100
                    link.drain()
                    time.sleep(0.02)

    def header_bombs(self, until):
        """Quadratic in gRPC 1.51, so only little of it."""
        for _ in going_on(until, 1.0):
            with contextlib.suppress(OSError), self._link(
                    self._replica()) as link:
                link.send(http2.frame(http2.HEADERS, 0, 1, b"\0\x01x" +
                                      http2.varint(400 << 20, 7)))
                for _ in range(128):  # 2 MiB
                    link.send(http2.frame(http2.CONTINUATION, 0, 1,
                                          b"a" * 16384))
                    self.done["header bomb KiB"] += 16

    def no_descriptors(self, until):
        """The process may open none for moments, while clients come."""
        replica = self._replica()
        before = resource.prlimit(replica.pid, resource.RLIMIT_NOFILE)
        with many_sockets() as links:
            for _ in going_on(until, 1.0):
                used = len(os.listdir(f"/proc/{replica.pid}/fd"))
                resource.prlimit(replica.pid, resource.RLIMIT_NOFILE,
                                 (min(used, before[1]), before[1]))
                self.done["moments without descriptors"] += 1
                try:
                    for _ in range(10):
                        links.extend(connect(address) for address in (
                            replica.address, replica.admin_address,
                            replica.metrics_address,
                            replica.said["status_page"]))
                    time.sleep(1.0)
                finally:
                    resource.prlimit(replica.pid, resource.RLIMIT_NOFILE,
                                     before)
                while len(links) > CONNECTIONS:
                    links.pop(0).close()

    def certificate_swaps(self, until):
        turn = 0
        for _ in going_on(until, 2.5):
            turn += 1
            certificate, key = self._world.server_pairs[
                turn % len(self._world.server_pairs)]
            for source, target in ((certificate, self._world.tls["certificate"]),
                                   (key, self._world.tls["private_key"])):
                shutil.copy(source, f"{target}.new")
                os.rename(f"{target}.new", target)
            self.done["certificate swaps"] += 1

    def reloads(self, until):
        for _ in going_on(until, 1.5):
            replica = self._replica()
            broken = self._chance.random() < 0.5
            text = "issuers: [" if broken else self._world.configuration(
                log_level=self._chance.choice(("info", "warning")))
            replica.config_file.write_text(text)
            replica.signal(signal.SIGHUP)
            self.done["broken reloads" if broken else "reloads"] += 1
            if broken:
                time.sleep(0.5)
                replica.config_file.write_text(self._world.configuration())
