"""Mutual TLS: which client service may call, and for which audiences."""

import json
import pathlib
import unittest

import grpc

from harness import usherd, wire
from harness.certificates import Authority
from harness.scene import Scene
from harness.waiting import wait_until

ORDERS = "spiffe://corp/ns/prod/sa/orders"


class CallersOverTls(Scene):
    @classmethod
    def set_the_scene(cls):
        authority = Authority(cls.directory)
        cls.authority = authority
        cls.server_certificate, cls.server_key = authority.issue(
            "usherd", "IP:127.0.0.1")
        cls.certificates = {
            "orders": authority.issue("orders", f"URI:{ORDERS}"),
            "billing": authority.issue("billing"),
            "unknown": authority.issue("unknown", "DNS:unknown.example"),
            "of another CA": Authority(cls.directory, "other").issue(
                "orders", f"URI:{ORDERS}"),
        }
        cls.corp = cls.issuer("corp")
        cls.tls = {"certificate": cls.server_certificate,
                   "private_key": cls.server_key,
                   "client_ca": authority.certificate}
        cls.callers = [
            {"name": "orders", "certificate": ORDERS, "audiences": ["orders"]},
            {"name": "billing", "certificate": "billing",
             "audiences": ["billing"], "rpcs": ["Verify"]}]
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp, audiences=["orders", "billing"]),
            tls=cls.tls, callers=cls.callers, audit={"sample_verified": 1})

    def service(self, caller):
        read = lambda path: pathlib.Path(path).read_bytes()
        certificate, key = self.certificates.get(caller, (None, None))
        credentials = grpc.ssl_channel_credentials(
            read(self.authority.certificate),
            read(key) if key else None,
            read(certificate) if certificate else None)
        channel = grpc.secure_channel(self.daemon.address, credentials)
        self.addCleanup(channel.close)
        return wire.Service(
            channel, grpc.insecure_channel(self.daemon.admin_address))

    def error_of(self, call):
        with self.assertRaises(grpc.RpcError) as caught:
            call()
        return caught.exception

    def test_a_caller_asks_about_tokens_for_its_own_audience(self):
        service = self.service("orders")
        # Two audiences are configured; only one is also of this client service.
        good = self.secret(self.corp.mint({"aud": "orders"}))
        self.assertEqual(wire.verdict(service.verify(good)), "VERIFIED")
        others = self.secret(self.corp.mint({"aud": "billing"}))
        self.assertEqual(wire.verdict(service.verify(others)),
                         "AUDIENCE_MISMATCH")

    def test_the_audit_log_has_the_callers_name(self):
        token = self.secret(self.corp.mint({"aud": "orders"}))
        self.service("orders").tokens.Verify(
            wire.tokens.VerifyRequest(token=token), timeout=10,
            metadata=[("x-request-id", "whose-1")])
        wait_until(lambda: any(
            line.get("request_id") == "whose-1" and line["caller"] == "orders"
            for line in map(json.loads, self.daemon.log().splitlines())),
            "a line names the caller")

    def test_a_caller_cannot_ask_for_an_audience_that_is_not_its_own(self):
        service = self.service("orders")
        token = self.secret(self.corp.mint({"aud": "billing"}))
        outcome = wire.verdict_of(
            lambda: service.verify(token, audiences=["billing"]))
        self.assertIn(outcome, ["AUDIENCE_MISMATCH", "INVALID_ARGUMENT",
                                "CALLER_NOT_ALLOWED"])

    def test_a_caller_without_alternative_name_is_found_by_its_common_name(
            self):
        token = self.secret(self.corp.mint({"aud": "billing"}))
        self.assertEqual(
            wire.verdict(self.service("billing").verify(token)), "VERIFIED")

    def test_a_caller_may_call_only_what_is_listed(self):
        error = self.error_of(
            lambda: self.service("billing").introspect(self.corp.mint()))
        self.assertEqual(error.code(), grpc.StatusCode.PERMISSION_DENIED)
        self.assertEqual(wire.undecided_reason(error), "CALLER_NOT_ALLOWED")

    def test_a_certificate_that_names_no_caller_is_refused(self):
        error = self.error_of(
            lambda: self.service("unknown").verify(self.corp.mint()))
        self.assertEqual(error.code(), grpc.StatusCode.PERMISSION_DENIED)
        self.assertEqual(wire.undecided_reason(error), "CALLER_NOT_ALLOWED")

    def test_a_client_without_a_certificate_of_our_ca_is_refused(self):
        for caller in ("no certificate", "of another CA"):
            error = self.error_of(
                lambda: self.service(caller).verify(self.corp.mint()))
            self.assertEqual(error.code(), grpc.StatusCode.UNAVAILABLE, caller)
            self.assertIsNone(wire.undecided_reason(error))


class OpenDoors(Scene):
    """A listener that other machines can reach needs a list of callers."""

    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")

    def words_at_exit(self, name, **settings):
        text = usherd.configuration([usherd.issuer(self.corp)], **settings)
        daemon = self.unready_usherd(text, name)
        self.assertEqual(daemon.wait(), 1)
        return daemon.log()

    def test_it_does_not_start_on_a_public_address_without_callers_and_tls(
            self):
        words = self.words_at_exit("bare", listen="0.0.0.0:0")
        self.assertIn("callers", words)
        self.assertIn("insecure_allow_plaintext", words)
        self.assertIn("insecure_allow_anonymous_callers", words)

    def test_it_does_not_start_on_a_public_address_without_callers(self):
        certificate, key = Authority(self.directory).issue(
            "usherd", "IP:127.0.0.1")
        words = self.words_at_exit(
            "tls", listen="0.0.0.0:0",
            tls={"certificate": certificate, "private_key": key})
        self.assertIn("callers", words)

    def test_it_does_not_start_with_its_admin_service_on_a_public_address(
            self):
        words = self.words_at_exit("admin", admin={"listen": "0.0.0.0:0"})
        self.assertIn("admin.listen", words)


if __name__ == "__main__":
    unittest.main()
