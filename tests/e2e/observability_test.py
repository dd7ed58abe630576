"""What an operator sees: metrics, logs, health."""

import json
import unittest

import grpc

from harness import metric_table, tokens, usherd, wire
from harness.certificates import Authority
from harness.scene import Scene
from harness.waiting import wait_until


class Observability(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        authority = Authority(cls.directory)
        certificate, key = authority.issue("usherd", "IP:127.0.0.1")
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp, refresh=usherd.QUICK, introspection={
                "client_id": "usher", "default": True,
                "secret_file": cls.secret_file("usher-secret")},
                no_expiry=True),
            revocation={"ephemeral": True},
            log={"level": "debug"}, audit={},
            admin={"listen": "127.0.0.1:0", "tls": {
                "certificate": certificate, "private_key": key,
                "client_ca": authority.certificate}})
        cls.service = cls.daemon.service

    def grown(self, before, name):
        return self.daemon.metrics().get(name, 0) - before.get(name, 0)

    def test_every_verdict_is_counted_by_issuer_and_reason(self):
        before = self.daemon.metrics()
        good = self.secret(self.corp.mint())
        self.service.verify(good)
        self.service.verify(good)
        self.service.verify(self.secret(self.corp.mint_at(-3600)))
        self.service.verify(self.secret(
            self.corp.mint({"iss": "https://x.example"})))
        for name, count in (
                ('usher_verdicts_total{issuer="corp",result="VERIFIED"}', 2),
                ('usher_verdicts_total{issuer="corp",result="TOKEN_EXPIRED"}',
                 1),
                ('usher_verdicts_total{issuer="",result="ISSUER_UNKNOWN"}', 1),
                ('usher_requests_total{method="Verify",code="OK"}', 4),
                ('usher_request_duration_seconds_count{method="Verify"}', 4),
                ('usher_verify_duration_seconds_count{path="cache"}', 1),
                ("usher_token_cache_hits_total", 1)):
            self.assertEqual(self.grown(before, name), count, name)
        now = self.daemon.metrics()
        self.assertEqual(now['usher_issuer_ready{issuer="corp"}'], 1)
        self.assertEqual(now['usher_key_set_keys{issuer="corp"}'], 1)
        self.assertEqual(now["usher_in_flight_requests"], 0)

    def test_every_metric_has_its_help_and_type_and_the_prefix(self):
        status, text = self.daemon.get("/metrics")
        self.assertEqual(status, 200)
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) )?usher_")

    def test_the_metrics_are_those_of_the_documents(self):
        # Series that exist only after their event.
        self.service.verify(self.secret(self.corp.mint()))
        self.service.verify(self.secret(self.corp.mint_opaque()))
        self.corp.fault(status=503)
        wait_until(lambda: self.daemon.metrics().get(
            'usher_key_set_fetches_total{issuer="corp",trigger="refresh",'
            'result="failed"}'), "a refresh has failed")
        self.corp.fault(clear=True)
        shown = metric_table.shown(self.daemon.get("/metrics")[1])
        documented = metric_table.metrics()
        self.assertEqual({name: row.type for name, row in documented.items()},
                         {name: row.type for name, row in shown.items()})
        for name, row in shown.items():
            with self.subTest(name):
                self.assertEqual(set(documented[name].labels), set(row.labels))
                for label, words in documented[name].labels.items():
                    if words:
                        self.assertLessEqual(row.labels[label], words)

    def test_the_http_listener_serves_three_pages_and_nothing_else(self):
        self.assertEqual(self.daemon.get("/livez")[0], 200)
        self.assertEqual(self.daemon.get("/readyz")[0], 200)
        for path in ("/", "/metrics/", "/debug", "/../etc/passwd"):
            self.assertEqual(self.daemon.get(path)[0], 404, path)

    def test_grpc_health_says_serving(self):
        # The response in bytes: SERVING.
        self.assertEqual(self.service.health(b"", timeout=10), b"\x08\x01")

    def test_every_line_of_the_log_is_json(self):
        self.service.verify(self.secret(self.corp.mint()))
        lines = self.daemon.log().splitlines()
        self.assertTrue(lines)
        for line in lines:
            json.loads(line)

    def test_no_part_of_a_token_is_logged(self):
        marker = "m4rk3r-that-must-stay-secret"
        good = self.corp.mint({"sub": marker, "email": marker})
        for token in (good, tokens.with_claims(good, iss=marker),
                      tokens.with_header(good, kid=marker),
                      tokens.with_header(good, alg=marker),
                      tokens.with_header(good, typ=marker),
                      self.corp.mint({"aud": marker}), marker, good + marker):
            self.secret(token)
            try:
                answer = self.service.verify(token)
                self.assertNotIn(marker, answer.denial.message)
            except grpc.RpcError as error:
                self.assertNotIn(marker, error.details())
        self.assertNotIn(marker, self.daemon.log())
        self.assertNotIn(marker, self.daemon.get("/metrics")[1])
        self.assertEqual(self.leaks(), [])

    def test_an_invalid_verify_request_is_reported_with_its_field(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.service.verify("", audiences=[""])
        self.assertEqual(caught.exception.code(),
                         grpc.StatusCode.INVALID_ARGUMENT)
        violations = wire.detail(
            caught.exception, wire.error_details_pb2.BadRequest
        ).field_violations
        self.assertEqual([v.field for v in violations],
                         ["token", "audiences[0]"])


if __name__ == "__main__":
    unittest.main()
