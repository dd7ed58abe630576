"""usherd starts, or says why not; and ends without dropping anybody."""

import json
import signal
import socket
import subprocess
import unittest

from harness import places, tokens, usherd, wire
from harness.scene import Scene
from harness.waiting import wait_until


class Lifecycle(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")

    def test_it_ends_with_0_and_answers_what_is_under_way(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="drain")
        service = daemon.service
        self.corp.fault(hang=True)
        self.addCleanup(self.corp.fault, clear=True)
        unknown = self.secret(tokens.with_header(self.corp.mint(), kid="new"))
        call = service.tokens.Verify.future(
            wire.tokens.VerifyRequest(token=unknown), timeout=10)
        wait_until(
            lambda: daemon.metrics()["usher_in_flight_requests"] == 1,
            "the call waits for the provider", every=0.005)
        daemon.signal(signal.SIGTERM)
        # An answer of usherd's own, not a broken connection.
        self.assertEqual(wire.verdict_of(call.result), "KEYS_UNAVAILABLE")
        self.assertEqual(daemon.wait(), 0)

    def test_it_ends_with_0_on_ctrl_c_too(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="interrupted")
        daemon.signal(signal.SIGINT)
        self.assertEqual(daemon.wait(), 0)

    def test_it_does_not_end_when_told_to_reload_and_says_it_cannot(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="hung-up")
        daemon.signal(signal.SIGHUP)
        wait_until(lambda: "reload_refused" in daemon.log(), "it says so")
        self.assertTrue(daemon.metrics())
        daemon.signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(), 0)

    def test_a_service_manager_is_told_when_it_listens_and_when_it_stops(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = f"{self.directory}/notify"
            manager.bind(path)
            manager.settimeout(20)
            daemon = self.usherd(usherd.issuer(self.corp), name="managed",
                                 before=["env", f"NOTIFY_SOCKET={path}"])
            self.assertEqual(manager.recv(100), b"READY=1")
            daemon.signal(signal.SIGTERM)
            self.assertEqual(manager.recv(100), b"STOPPING=1")
            self.assertEqual(daemon.wait(), 0)

    def test_a_taken_port_is_said_and_ends_it_with_1(self):
        first = self.usherd(usherd.issuer(self.corp), name="first")
        for listener, address in (("listen", first.address),
                                  ("admin", first.admin_address),
                                  ("metrics", first.metrics_address),
                                  ("status_page", first.said["status_page"])):
            with self.subTest(listener):
                where = (address if listener == "listen"
                         else {"listen": address})
                second = self.unready_usherd(usherd.configuration(
                    [usherd.issuer(self.corp)], **{listener: where}),
                    name=f"second-{listener}")
                self.assertEqual(second.wait(), 1)
                self.assertIn(address, second.log())
                self.assertRegex(second.log(), "(?i)in use|taken")

    def test_every_fault_of_a_configuration_is_told_at_once(self):
        bad = json.dumps({
            "lisen": "127.0.0.1:0",
            "issuers": [
                {"name": "Corp!", "issuer": "http://login.example",
                 "audiences": [], "algorithms": ["HS256"]},
                {"name": "two", "issuer": "https://two.example",
                 "audiences": ["orders"], "clock_skew": "1h",
                 "ca_file": "/nowhere/ca.pem"}]}, indent=1)
        daemon = self.unready_usherd(bad, "faulty")
        self.assertEqual(daemon.wait(), 1)
        for path in ("lisen", "issuers[0].name", "issuers[0].issuer",
                     "issuers[0].audiences", "issuers[0].algorithms",
                     "issuers[1].clock_skew", "issuers[1].ca_file"):
            self.assertIn(path, daemon.log())
        self.assertRegex(daemon.log(), "listen.?.?\\?|did you mean")

    def run_usherd(self, *words):
        return subprocess.run([places.program("usherd"), *map(str, words)],
                              capture_output=True, text=True, timeout=30)

    def test_check_judges_the_configuration_and_starts_nothing(self):
        good = f"{self.directory}/good.yaml"
        with open(good, "w") as out:
            out.write(usherd.configuration([usherd.issuer(self.corp)]))
        self.assertEqual(
            self.run_usherd("--check", "--config", good).returncode, 0)
        with open(good, "a") as out:
            out.write("]")
        done = self.run_usherd("--check", "--config", good)
        self.assertEqual(done.returncode, 1)
        done = self.run_usherd("--check", "--config", "/nowhere/usher.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/usher.yaml", done.stdout + done.stderr)

    def test_it_listens_on_a_unix_socket(self):
        address = f"unix:{self.directory}/usherd.sock"
        daemon = self.usherd(usherd.issuer(self.corp), name="socket",
                             listen=address)
        self.assertEqual(daemon.address, address)
        token = self.secret(self.corp.mint())
        self.assertEqual(wire.verdict(daemon.service.verify(token)),
                         "VERIFIED")

    def test_it_tells_its_version(self):
        done = self.run_usherd("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main()
