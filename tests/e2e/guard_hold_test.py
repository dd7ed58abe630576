"""Strangers who begin calls of a guarded service and do not go on with them."""

import struct
import unittest

from harness import places, usherd
from harness.guarded import Greeter
from harness.raw_http2 import RawConnection
from harness.scene import Scene
from harness.waiting import wait_until

HELLO = b"/greeter.v1.Greeter/Hello"
MIB = 1 << 20
# Of 100 messages of nearly 4 MiB, or of 2 000 calls that are held, the server
# would keep hundreds of MiB.
FLAT_KIB = 100 * 1024


class Hold(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256", kid="k1")

    def setUp(self):
        text = usherd.configuration(
            [usherd.issuer(self.corp)],
            listen=f"unix:{self.directory}/usherd.sock")
        daemon = usherd.Usherd(self.directory, text,
                               self._testMethodName).started()
        self.addCleanup(daemon.stop)
        wait_until(daemon.ready, "/readyz says ready")
        # Its service is a GuardedService.
        self.greeter = Greeter("greeter_sync",
                               f"unix:{self.directory}/usherd.sock",
                               self.directory)
        self.addCleanup(self.greeter.stop)
        token = self.secret(self.corp.mint({"aud": "orders", "sub": "ada"}))
        self.hello = lambda: self.greeter.call(token)
        wait_until(lambda: self.hello()[0] == "OK", "usherd serves")

    def connect(self):
        connection = RawConnection(self.greeter.port)
        self.addCleanup(connection.close)
        return connection

    def assert_flat(self, before):
        if not places.SANITIZED:  # AddressSanitizer keeps what was freed
            self.assertLess(self.greeter.rss_kib() - before, FLAT_KIB)
        self.assertEqual(self.hello(), ("OK", "hello, ada"))

    def test_calls_without_a_message_are_refused_at_once(self):
        before = self.greeter.rss_kib()
        for _ in range(20):
            connection = self.connect()
            # No token, one of no issuer.
            calls = [connection.begin(HELLO, (b"", b"Bearer forged")[i % 2])
                     for i in range(100)]
            self.assertTrue(connection.wait_for_end(calls, 30))
            for call in calls:
                self.assertRegex(connection.ended[call],
                                 b"TOKEN_MISSING|ISSUER_UNKNOWN")
        self.assert_flat(before)

    def test_unfinished_messages_are_not_kept(self):
        before = self.greeter.rss_kib()
        message = b"\0" + struct.pack(">I", 4 * MIB - 10) + b"x" * (4 * MIB - 20)
        sent = 0
        for _ in range(100):
            connection = self.connect()
            call = connection.begin(HELLO)
            sent += connection.send(call, message, 5)
            self.assertTrue(connection.wait_for_end([call], 30))
        self.assertLess(sent, 100 * MIB, "the server took more of each message")
        self.assert_flat(before)

    def test_a_path_with_nul_reaches_no_handler(self):
        connection = self.connect()
        token = self.secret(self.corp.mint({"aud": "orders", "sub": "ada"}))
        calls = [connection.begin(path, b"Bearer " + token.encode())
                 for path in (HELLO + b"\0", b"/greeter.v1.Greeter/Version\0",
                              b"/greeter.v1.Greeter\0/Hello", HELLO + b"?x")]
        self.assertTrue(connection.wait_for_end(calls, 30))
        for call in calls:
            # HTTP/2 forbids some of them; the others end at the gate.
            self.assertRegex(connection.ended[call], b"^$|METHOD_NOT_IN_POLICY")


if __name__ == "__main__":
    unittest.main()
