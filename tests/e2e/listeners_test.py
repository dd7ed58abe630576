"""No client and no lack of file descriptors makes a listener deaf."""

import json
import os
import pathlib
import resource
import socket
import threading
import time
import unittest

import grpc

from harness import usherd, wire
from harness.scene import Scene, figure
from harness.usherd import Usherd
from harness.waiting import wait_until

DESCRIPTORS = 256


def place(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def connect(address):
    """A connection that may still be on its way."""
    link = socket.socket()
    link.setblocking(False)
    try:
        link.connect(place(address))
    except BlockingIOError:
        pass
    return link


class Flood:
    """Connections to each address; they say nothing."""

    def __init__(self, count, *addresses):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._links = [connect(address) for address in addresses
                       for _ in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for link in self._links:
            link.close()


class SlowClients:
    """Clients of /livez that send a byte now and then, and come again."""

    def __init__(self, count, address):
        self._address = address
        self._over = threading.Event()
        self._links = [connect(address) for _ in range(count)]
        self._thread = threading.Thread(target=self._drip)
        self.rounds = 0

    def _drip(self):
        new = set(range(len(self._links)))
        while not self._over.wait(0.2):
            for i, link in enumerate(self._links):
                try:
                    link.send(b"GET /livez HTTP/1.1\r\nX-A: " if i in new
                              else b"a")
                    new.discard(i)
                except BlockingIOError:
                    pass
                except OSError:
                    link.close()
                    self._links[i] = connect(self._address)
                    new.add(i)
            self.rounds += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        for link in self._links:
            link.close()


def fresh_verdict(daemon, token):
    """Over a connection of its own."""
    with grpc.insecure_channel(
            daemon.address,
            options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        stub = wire.token_rpc.TokenServiceStub(channel)
        return wire.verdict_of(lambda: stub.Verify(
            wire.tokens.VerifyRequest(token=token), timeout=20))


class Listeners(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")

    def test_it_raises_its_limit_of_descriptors(self):
        daemon = self.usherd(
            usherd.issuer(self.corp), name="raised",
            before=["prlimit", f"--nofile={DESCRIPTORS}:2048"])
        line = next(line for line in map(json.loads,
                                         daemon.log().splitlines())
                    if line["event"] == "file_descriptors")
        self.assertEqual((line["limit_at_start"], line["limit"]),
                         (DESCRIPTORS, 2048))

    def test_it_serves_during_and_after_a_lack_of_descriptors(self):
        daemon = self.usherd(
            usherd.issuer(self.corp), name="few",
            self_probe={"interval": "1s"},
            before=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
        token = self.secret(self.corp.mint())
        with Flood(2 * DESCRIPTORS, daemon.address, daemon.admin_address,
                   daemon.metrics_address, daemon.said["status_page"]):
            for _ in range(3):
                self.assertEqual(daemon.get("/livez"), (200, "ok\n"))
                self.assertEqual(daemon.get("/readyz")[0], 200)
            name = f"/proc/{daemon.pid}/fd"
            figure("descriptors in use under the flood",
                   len(os.listdir(name)))
            self.assertLess(len(os.listdir(name)), DESCRIPTORS)
        wait_until(lambda: fresh_verdict(daemon, token) == "VERIFIED",
                   "the token listener answers")
        wait_until(lambda: self.admin_answers(daemon),
                   "the admin listener answers")
        self.assertEqual(daemon.get("/livez"), (200, "ok\n"))
        self.assertTrue(daemon.running())

    def admin_answers(self, daemon):
        try:
            return bool(daemon.service.issuers())
        except grpc.RpcError:
            return False

    def test_a_thousand_slow_clients_do_not_keep_livez_from_answering(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="slow",
                             self_probe={"interval": "1s"})
        took = []
        with SlowClients(1100, daemon.metrics_address) as clients:
            wait_until(lambda: clients.rounds >= 2, "they are connected")
            until = time.monotonic() + 4
            while time.monotonic() < until:
                before = time.monotonic()
                self.assertEqual(daemon.get("/livez"), (200, "ok\n"))
                took.append(time.monotonic() - before)
                time.sleep(0.05)
        figure("/livez beside 1100 slow clients, s (median, longest)",
               f"{sorted(took)[len(took) // 2]:.3f}, {max(took):.3f}")
        self.assertTrue(daemon.running())

    def test_a_silent_connection_ends(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="silent")
        for address in (daemon.address, daemon.metrics_address):
            with socket.create_connection(place(address), timeout=60) as link:
                before = time.monotonic()
                while link.recv(4096):
                    pass
                figure("a silent connection ends after, s",
                       f"{time.monotonic() - before:.1f}")

    def test_a_deaf_listener_ends_the_process(self):
        path = pathlib.Path(self.directory, "usher.sock")
        text = usherd.configuration(
            [usherd.issuer(self.corp)], listen=f"unix:{path}",
            self_probe={"interval": "1s", "timeout": "1s"})
        # Not kept: it is to end with a status of its own.
        daemon = Usherd(self.directory, text, "deaf").started()
        try:
            # Someone else takes the address and accepts nothing.
            os.unlink(path)
            with socket.socket(socket.AF_UNIX) as taken:
                taken.bind(str(path))
                taken.listen(16)
                self.assertEqual(daemon.wait(), 3)
        finally:
            daemon.stop()
        self.assertIn("listener_deaf", daemon.log())
        self.assertIn("the listener listen (unix:", daemon.log())


if __name__ == "__main__":
    unittest.main()
