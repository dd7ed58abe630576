"""A name server that never answers affects only its own issuer."""

import os
import pathlib
import socket
import unittest

from harness import usherd, wire
from harness.scene import Scene
from harness.waiting import wait_until

# A loopback address that nothing else uses.
NAME_SERVER = "127.9.9.9"


def silent_name_server():
    """A bound port 53 that is never read; skips the test if there is none."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root: a mount namespace and port 53")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        server.bind((NAME_SERVER, 53))
    except OSError as fault:
        server.close()
        raise unittest.SkipTest(f"port 53 of {NAME_SERVER}: {fault}")
    if os.system("unshare -m true") != 0:
        server.close()
        raise unittest.SkipTest("unshare -m is not permitted here")
    return server


class HangingNameServer(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.name_server = silent_name_server()
        cls.addClassCleanup(cls.name_server.close)
        settings = pathlib.Path(cls.directory) / "resolv.conf"
        settings.write_text(f"nameserver {NAME_SERVER}\n")
        cls.corp = cls.issuer("corp")
        lost = {"name": "lost", "issuer": "https://login.lost.test",
                "audiences": ["orders"], "keys": {"discovery": True}}
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp), lost, wait_ready=False,
            before=["unshare", "-m", "sh", "-c",
                    'mount --bind "$0" /etc/resolv.conf && exec "$@"',
                    settings])

    def test_other_issuers_are_served_and_its_own_tokens_are_undecided(self):
        service = self.daemon.service
        wait_until(lambda: service.issuers()["corp"].ready, "corp has keys")
        good = self.secret(self.corp.mint())
        self.assertEqual(wire.verdict(service.verify(good)), "VERIFIED")
        lost = self.secret(self.corp.mint({"iss": "https://login.lost.test"}))
        # An answer of usherd's own, before the client's deadline.
        self.assertEqual(wire.verdict_of(lambda: service.verify(lost)),
                         "KEYS_UNAVAILABLE")
        error = wait_until(lambda: service.issuers()["lost"].last_error,
                           "the fetch fails")
        self.assertRegex(error, "(?i)name|resol|time")
        # The query went to our name server.
        self.name_server.settimeout(1)
        self.assertIn(b"lost", self.name_server.recv(512))
        # The stop does not wait for the name server either.
        self.assertEqual(self.daemon.stop(within=10), 0)


if __name__ == "__main__":
    unittest.main()
