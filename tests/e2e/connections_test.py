"""usherd ends old connections; no call fails."""

import collections
import socket
import struct
import threading
import unittest

import grpc

from harness import usherd, wire
from harness.gate import Gate
from harness.scene import Scene, figure
from harness.waiting import wait_until

# A client's preface, with empty settings.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
GOAWAY = 7


class Connections(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp),
                                max_connection_age="1s",
                                max_connection_age_grace="20s")

    def test_an_old_connection_receives_goaway(self):
        host, port = self.daemon.address.split(":")
        with socket.create_connection((host, int(port)), timeout=60) as link:
            link.sendall(PREFACE)
            received = link.makefile("rb")
            kinds = []
            while GOAWAY not in kinds:
                head = received.read(9)
                self.assertEqual(len(head), 9, f"closed after {kinds}")
                payload = received.read(int.from_bytes(head[:3], "big"))
                kinds.append(head[3])
            received.close()
        last_stream, code = struct.unpack(">II", payload[:8])
        self.assertEqual(code, 0, "NO_ERROR")
        # Calls under way are still accepted (RFC 9113 section 6.8).
        self.assertEqual(last_stream, 2**31 - 1)

    def test_a_client_reconnects_and_no_call_fails(self):
        host, port = self.daemon.address.split(":")
        door = Gate((host, int(port)))
        door.open()
        self.addCleanup(door.shut)
        channel = grpc.insecure_channel(f"127.0.0.1:{door.port}")
        self.addCleanup(channel.close)
        stub = wire.token_rpc.TokenServiceStub(channel)
        token = self.secret(self.corp.mint())
        ends = collections.Counter()
        over = threading.Event()

        def load():
            while not over.is_set():
                ends[wire.verdict_of(lambda: stub.Verify(
                    wire.tokens.VerifyRequest(token=token), timeout=20))] += 1

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: door.accepted >= 4, "four connections", 60)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        figure("connections, one after the other", door.accepted)
        for end, count in ends.items():
            figure(f"calls meanwhile: {end}", count)
        self.assertEqual(set(ends), {"VERIFIED"})


if __name__ == "__main__":
    unittest.main()
