"""usherd starts, or logs why it cannot; it stops without dropping a call."""

import contextlib
import json
import pathlib
import signal
import socket
import stat
import subprocess
import threading
import unittest

import grpc

from harness import places, tokens, usherd, wire
from harness.certificates import Authority
from harness.scene import Scene
from harness.waiting import wait_until

# grpc.health.v1.HealthCheckResponse, as bytes.
SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


class Lifecycle(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")

    def test_it_ends_with_0_and_answers_pending_calls(self):
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

    def test_it_serves_unready_until_its_shutdown_delay_ends(self):
        # Longer than any test: the second signal cuts it short.
        daemon = usherd.Usherd(self.directory, usherd.configuration(
            [usherd.issuer(self.corp)], shutdown_delay="5m"),
            "delayed").started()
        self.addCleanup(lambda: daemon.running() and daemon.stop())
        wait_until(daemon.ready, "/readyz says ready")
        watched = []

        def watch():
            with contextlib.suppress(grpc.RpcError):
                for status in daemon.service.health_watch(b""):
                    watched.append(status)

        watching = threading.Thread(target=watch)
        watching.start()
        self.addCleanup(watching.join)
        wait_until(lambda: watched == [SERVING], "health is watched")
        daemon.signal(signal.SIGTERM)
        wait_until(lambda: daemon.get("/readyz")
                   == (503, "not ready: draining\n"), "it is unready")
        wait_until(lambda: watched[1:] == [NOT_SERVING], "the watch is notified")
        self.assertEqual(daemon.service.health(b""), NOT_SERVING)
        token = self.secret(self.corp.mint())
        self.assertEqual(wire.verdict(daemon.service.verify(token)),
                         "VERIFIED")
        # New connections too.
        with grpc.insecure_channel(daemon.address, options=[
                ("grpc.use_local_subchannel_pool", 1)]) as fresh:
            self.assertEqual(wire.verdict(
                wire.token_rpc.TokenServiceStub(fresh).Verify(
                    wire.tokens.VerifyRequest(token=token), timeout=20)),
                "VERIFIED")
        self.assertEqual(daemon.metrics()["usher_ready"], 0)
        daemon.signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(), -signal.SIGTERM)
        self.assertNotIn('"stopped"', daemon.log())

    def test_it_ends_with_0_after_its_delay(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="delayed-a-little",
                             shutdown_delay="500ms")
        daemon.signal(signal.SIGTERM)
        self.assertEqual(daemon.wait(), 0)
        self.assertIn('"delay_seconds":0.5', daemon.log())

    def test_it_ends_with_0_on_ctrl_c_too(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="interrupted")
        daemon.signal(signal.SIGINT)
        self.assertEqual(daemon.wait(), 0)

    def test_the_service_manager_is_notified_of_start_and_stop(self):
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

    def test_a_port_in_use_is_logged_and_the_exit_status_is_1(self):
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

    def test_every_error_of_a_configuration_is_reported_at_once(self):
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

    def test_what_prevents_the_start_is_logged_and_the_exit_status_is_1(self):
        authority = Authority(self.directory)
        certificate, key = authority.issue("usherd")
        _, other_key = authority.issue("other")
        garbage = f"{self.directory}/garbage.pem"
        pathlib.Path(garbage).write_text("garbage")
        empty = f"{self.directory}/empty.pem"
        pathlib.Path(empty).touch()
        nowhere = f"{self.directory}/nowhere.pem"
        in_the_way = f"unix:{garbage}"
        good = {"certificate": certificate, "private_key": key}
        for name, settings, message in (
                ("no-certificate", {"tls": {**good, "certificate": garbage}},
                 f"tls.certificate: {garbage}: has no PEM block of type "
                 "CERTIFICATE"),
                ("empty", {"tls": {**good, "private_key": empty}},
                 f"tls.private_key: {empty}: is empty"),
                ("missing", {"tls": {**good, "private_key": nowhere}},
                 f"tls.private_key: cannot read {nowhere}: "
                 "No such file or directory"),
                ("mismatch", {"tls": {**good, "private_key": other_key}},
                 f"tls.private_key: {other_key}: is the key of another "
                 "certificate"),
                ("expired", {"tls": dict(zip(
                    good, authority.expired("former")))}, ": expired at 20"),
                ("client-ca", {"tls": {**good, "client_ca": garbage}},
                 f"tls.client_ca: {garbage}: has no PEM block of type "
                 "CERTIFICATE"),
                ("admin", {"admin": {"listen": "127.0.0.1:0", "tls": {
                    **good, "private_key": other_key}}},
                 f"admin.tls.private_key: {other_key}: is the key of another "
                 "certificate"),
                ("not-a-socket", {"listen": in_the_way},
                 f"cannot listen on {in_the_way}: File exists."),
                ("no-address", {"listen": "192.0.2.1:0", "tls": {
                    **good, "client_ca": authority.certificate},
                    "insecure_allow_anonymous_callers": True},
                 "cannot listen on 192.0.2.1:0: Cannot assign requested "
                 "address. Set listen to an address of this machine.")):
            with self.subTest(name):
                daemon = self.unready_usherd(usherd.configuration(
                    [usherd.issuer(self.corp)], **settings), f"no-{name}")
                self.assertEqual(daemon.wait(), 1)
                self.assertIn(message, daemon.log())
                self.assertNotIn('"listening"', daemon.log())

    def run_usherd(self, *words):
        return subprocess.run([places.program("usherd"), *map(str, words)],
                              capture_output=True, text=True, timeout=30)

    def test_check_validates_the_configuration_and_starts_nothing(self):
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

    def test_a_stale_socket_is_replaced_and_one_in_use_is_not(self):
        address = f"unix:{self.directory}/left.sock"
        settings = {"listen": address}
        killed = usherd.Usherd(self.directory, usherd.configuration(
            [usherd.issuer(self.corp)], **settings), "killed").started()
        killed.signal(signal.SIGKILL)
        killed.wait()
        path = pathlib.Path(self.directory, "left.sock")
        self.assertTrue(path.is_socket())
        daemon = self.usherd(usherd.issuer(self.corp), name="restarted",
                             **settings)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o660)
        second = self.unready_usherd(usherd.configuration(
            [usherd.issuer(self.corp)], **settings), "robber")
        self.assertEqual(second.wait(), 1)
        self.assertIn(f"cannot listen on {address}: Address already in use",
                      second.log())
        token = self.secret(self.corp.mint())
        self.assertEqual(wire.verdict(daemon.service.verify(token)),
                         "VERIFIED")
        self.assertEqual(daemon.stop(), 0)
        self.assertFalse(path.exists())

    def test_it_prints_its_version(self):
        done = self.run_usherd("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main()
