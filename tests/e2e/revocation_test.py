"""Revocation before expiry: in every answer, in every cache, across restarts
and kills; what happens where the store cannot be used."""

import json
import os
import pathlib
import random
import signal
import unittest

import grpc
from google.protobuf import timestamp_pb2

from harness import cli, tokens, usherd, wire
from harness.certificates import Authority
from harness.scene import Scene
from harness.usherd import Usherd
from harness.waiting import wait_until

Target = wire.admin.RevocationTarget


def revoke(service, reason="test", not_issued_after=None, **target):
    request = wire.admin.RevokeRequest(
        target=Target(**{"issuer_name": "corp", **target}), reason=reason)
    if not_issued_after is not None:
        request.not_issued_after.CopyFrom(
            timestamp_pb2.Timestamp(seconds=not_issued_after))
    return service.admin.Revoke(request, timeout=10).revocation


def unrevoke(service, reason="test", **target):
    service.admin.Unrevoke(wire.admin.UnrevokeRequest(
        target=Target(**{"issuer_name": "corp", **target}), reason=reason),
        timeout=10)


def listed(service, **fields):
    return service.admin.ListRevocations(
        wire.admin.ListRevocationsRequest(**fields), timeout=10)


class Revocations(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.store = pathlib.Path(cls.directory, "revocations.db")
        cls.audit = pathlib.Path(cls.directory, "audit.jsonl")
        cls.settings = {"revocation": {"file": str(cls.store)},
                        "audit": {"file": str(cls.audit)}}
        cls.daemon = cls.usherd(usherd.issuer(cls.corp), **cls.settings)
        cls.service = cls.daemon.service

    def mint(self, **claims):
        return self.secret(self.corp.mint(claims))

    def said(self, token):
        return wire.verdict(self.service.verify(token))

    def test_a_revoked_token_is_denied_in_every_answer(self):
        token = self.mint(jti="every-answer")
        self.assertEqual(self.said(token), "VERIFIED")
        self.assertTrue(self.service.introspect(token).active)
        revoke(self.service, token_id="every-answer")
        denied = self.service.verify(token).denial
        self.assertEqual(denied.reason, wire.reasons.TOKEN_REVOKED)
        self.assertEqual(denied.claim, "jti")
        inactive = self.service.introspect(token)
        self.assertEqual(inactive, wire.tokens.IntrospectResponse())
        [one] = self.service.verify_many(
            [wire.tokens.VerifyRequest(token=token)])
        self.assertEqual(wire.verdict(one), "TOKEN_REVOKED")
        checks = {check.name: check
                  for check in self.service.explain(token).checks}
        self.assertEqual(checks["revocation"].outcome,
                         wire.admin.Check.FAILED)
        unrevoke(self.service, token_id="every-answer")
        self.assertEqual(self.said(token), "VERIFIED")

    def test_each_kind_covers_its_tokens_and_no_others(self):
        claims = {"jti": "k1", "sid": "k2", "sub": "k3", "client_id": "k4"}
        token = self.mint(**claims)
        other = self.mint(jti="o1", sid="o2", sub="o3", client_id="o4")
        for target in ({"token_id": "k1"}, {"session_id": "k2"},
                       {"subject": "k3"}, {"client_id": "k4"}):
            revoke(self.service, **target)
            self.assertEqual(self.said(token), "TOKEN_REVOKED", target)
            self.assertEqual(self.said(other), "VERIFIED", target)
            unrevoke(self.service, **target)
            self.assertEqual(self.said(token), "VERIFIED", target)
        revoke(self.service, everything=True)
        self.assertEqual(self.said(other), "TOKEN_REVOKED")
        unrevoke(self.service, everything=True)
        self.assertEqual(self.said(other), "VERIFIED")

    def test_a_token_of_a_later_sign_in_is_accepted(self):
        token = self.mint(sub="later")
        issued = tokens.claims_of(token)["iat"]
        # Beyond the skew of 60 s.
        revoke(self.service, subject="later", not_issued_after=issued - 61)
        self.assertEqual(self.said(token), "VERIFIED")
        revoke(self.service, subject="later", not_issued_after=issued - 60)
        self.assertEqual(self.said(token), "TOKEN_REVOKED")
        # An earlier time does not weaken it.
        revoke(self.service, subject="later", not_issued_after=issued - 600)
        self.assertEqual(self.said(token), "TOKEN_REVOKED")
        unrevoke(self.service, subject="later")

    def test_a_wrong_request_names_its_fields(self):
        for fields, message in (
                ({"issuer_name": "cork", "subject": "x"}, "target.issuer_name"),
                ({}, "needs one of"),
                ({"everything": False}, "needs one of"),
                ({"subject": ""}, "must not be empty"),
                ({"subject": "x", "tenant": "t"}, "has no tenants"),
                ({"subject": "x", "reason": ""}, "reason: is required"),
                ({"token_id": "x", "not_issued_after": 5}, "not_issued_after"),
                ({"subject": "x", "not_issued_after": 10**10},
                 "not_issued_after")):
            with self.subTest(fields):
                with self.assertRaises(grpc.RpcError) as caught:
                    revoke(self.service, **fields)
                self.assertEqual(caught.exception.code(),
                                 grpc.StatusCode.INVALID_ARGUMENT)
                self.assertIn(message, caught.exception.details())
        with self.assertRaises(grpc.RpcError) as caught:
            unrevoke(self.service, subject="never")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_operators_see_and_page_through_them(self):
        names = [f"page-{i}" for i in range(5)]
        for name in names:
            revoke(self.service, session_id=name, reason=f"why {name}")
        seen, token = [], ""
        while True:
            page = listed(self.service, page_size=2, page_token=token)
            seen += [r.target.session_id for r in page.revocations]
            self.assertLessEqual(len(page.revocations), 2)
            token = page.next_page_token
            if not token:
                break
        self.assertEqual([name for name in seen if name in names],
                         names[::-1])
        self.assertFalse(listed(self.service, issuer_name="none").revocations)
        for name in names:
            unrevoke(self.service, session_id=name)

    def test_the_command_line_revokes_lists_and_lifts(self):
        admin = ["--admin", self.daemon.admin_address]
        token = self.mint(sub="cli")
        ran = cli.usher("revoke", "corp", "--subject", "cli", "--reason",
                        "left", *admin)
        self.assertEqual(ran.status, 0, ran)
        self.assertIn("subject cli", ran.out)
        self.assertEqual(self.said(token), "TOKEN_REVOKED")
        ran = cli.usher("revocations", "corp", "--json", *admin)
        self.assertEqual(ran.status, 0, ran)
        [one] = [r for r in ran.json()["revocations"]
                 if r["target"].get("subject") == "cli"]
        self.assertEqual(one["reason"], "left")
        ran = cli.usher("revocations", *admin)
        self.assertRegex(ran.out, r"corp +subject cli +20\d\d-")
        lift = ["unrevoke", "corp", "--subject", "cli", "--reason", "back",
                *admin]
        self.assertEqual(cli.usher(*lift).status, 0)
        self.assertEqual(self.said(token), "VERIFIED")
        ran = cli.usher(*lift)
        self.assertEqual(ran.status, cli.DENIED, ran)
        self.assertIn("no such revocation", ran.err)
        for wrong in (["revoke", "corp", "--reason", "x"],
                      ["revoke", "--subject", "x", "--reason", "x"],
                      ["revoke", "corp", "--subject", "x", "--reason", "x",
                       "--not-issued-after", "yesterday"],
                      ["revoke", "cork", "--subject", "x", "--reason", "x"]):
            self.assertEqual(cli.usher(*wrong, *admin).status, cli.USAGE)

    def test_the_audit_log_says_who_what_and_why(self):
        revoke(self.service, subject="audited", reason="lost laptop")
        unrevoke(self.service, subject="audited", reason="found it")

        def lines():
            text = self.audit.read_text() if self.audit.exists() else ""
            return [line for line in map(json.loads, text.splitlines())
                    if line.get("value") == "audited"]

        wait_until(lambda: len(lines()) == 2, "two lines")
        first, second = lines()
        self.assertEqual(
            [first["event"], first["issuer"], first["kind"], first["reason"]],
            ["revoked", "corp", "subject", "lost laptop"])
        self.assertEqual([second["event"], second["reason"]],
                         ["unrevoked", "found it"])
        self.assertIn('"event":"revoked"', self.daemon.log())
        self.assertNotIn("audited", self.daemon.log())

    def test_metrics_count_entries_and_denials(self):
        def entries():
            return self.daemon.metrics()[
                'usher_revocation_entries{kind="client"}']
        before = entries()
        token = self.mint(client_id="counted")
        revoke(self.service, client_id="counted")
        self.assertEqual(entries(), before + 1)
        self.assertEqual(self.said(token), "TOKEN_REVOKED")
        metrics = self.daemon.metrics()
        self.assertGreaterEqual(metrics[
            'usher_verdicts_total{issuer="corp",result="TOKEN_REVOKED"}'], 1)
        self.assertGreaterEqual(
            metrics['usher_requests_total{method="Revoke",code="OK"}'], 1)
        self.assertEqual(metrics["usher_revocation_store_errors_total"], 0)
        unrevoke(self.service, client_id="counted")


class Operators(Scene):
    """Who revoked, by the client certificate of the admin listener."""

    def test_the_name_in_the_certificate_is_kept_and_logged(self):
        authority = Authority(self.directory)
        certificate, key = authority.issue("server", "IP:127.0.0.1")
        tls = {"certificate": str(certificate), "private_key": str(key),
               "client_ca": str(authority.certificate)}
        audit = pathlib.Path(self.directory, "audit.jsonl")
        daemon = self.usherd(
            usherd.issuer(self.issuer("corp")),
            admin={"listen": "127.0.0.1:0", "tls": tls},
            audit={"file": str(audit)}, revocation={"ephemeral": True})
        mine, my_key = authority.issue("ops", "URI:spiffe://corp/ops")
        connection = ["--admin", daemon.admin_address, "--ca",
                      authority.certificate, "--cert", mine, "--key", my_key]
        ran = cli.usher("revoke", "corp", "--subject", "ada", "--reason", "x",
                        "--json", *connection)
        self.assertEqual(ran.status, 0, ran)
        self.assertEqual(ran.json()["revocation"]["operatorName"],
                         "spiffe://corp/ops")
        ran = cli.usher("revocations", *connection)
        self.assertIn("spiffe://corp/ops", ran.out)
        wait_until(lambda: audit.exists() and audit.read_text(), "a line")
        self.assertEqual(json.loads(audit.read_text())["operator"],
                         "spiffe://corp/ops")
        self.assertIn('"operator":"spiffe://corp/ops"', daemon.log())


class Kills(Scene):
    """kill -9 right after OK."""

    TIMES = 12

    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.store = pathlib.Path(cls.directory, "revocations.db")
        cls.text = usherd.configuration(
            [usherd.issuer(cls.corp)],
            revocation={"file": str(cls.store)})

    def test_nothing_that_was_acknowledged_is_lost(self):
        acknowledged = set()
        for time in range(self.TIMES):
            daemon = Usherd(self.directory, self.text, f"killed-{time}")
            daemon.started()
            try:
                found = {r.target.token_id for r in listed(
                    daemon.service, page_size=1000).revocations}
                self.assertEqual(found, acknowledged)
                for i in range(random.randint(1, 4)):
                    name = f"{time}-{i}"
                    revoke(daemon.service, token_id=name)
                    acknowledged.add(name)
                if time % 3 == 2:
                    name = acknowledged.pop()
                    unrevoke(daemon.service, token_id=name)
            finally:
                os.kill(daemon.pid, signal.SIGKILL)
                daemon.wait()


class Stores(Scene):
    """Without a store, with one in memory, with one that cannot be used."""

    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")

    def fails_to_start(self, name, **settings):
        daemon = self.unready_usherd(usherd.configuration(
            [usherd.issuer(self.corp)], **settings), name)
        self.assertEqual(daemon.wait(), 1)
        return daemon.log()

    def test_without_a_store_it_says_what_to_configure(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="none")
        with self.assertRaises(grpc.RpcError) as caught:
            revoke(daemon.service, subject="x")
        self.assertEqual(caught.exception.code(),
                         grpc.StatusCode.FAILED_PRECONDITION)
        self.assertIn("revocation: {file: PATH}", caught.exception.details())
        ran = cli.usher("revocations", "--admin", daemon.admin_address)
        self.assertEqual(ran.status, cli.USAGE, ran)
        self.assertIn("keeps no revocations", ran.err)
        self.assertNotIn("usher_revocation_entries",
                         "".join(daemon.metrics()))

    def test_an_ephemeral_store_ends_with_the_process(self):
        settings = {"revocation": {"ephemeral": True}}
        daemon = self.usherd(usherd.issuer(self.corp), name="memory",
                             **settings)
        token = self.secret(self.corp.mint({"sub": "x"}))
        revoke(daemon.service, subject="x")
        self.assertEqual(wire.verdict(daemon.service.verify(token)),
                         "TOKEN_REVOKED")
        daemon.stop()
        daemon = self.usherd(usherd.issuer(self.corp), name="memory-again",
                             **settings)
        self.assertEqual(wire.verdict(daemon.service.verify(token)),
                         "VERIFIED")

    def test_a_full_disk_is_an_error_and_revokes_nothing(self):
        # A limit on the size of files stands for the end of the disk.
        store = pathlib.Path(self.directory, "full.db")
        daemon = self.usherd(
            usherd.issuer(self.corp), name="full",
            before=["sh", "-c", 'trap "" XFSZ; ulimit -f 200; exec "$@"',
                    "sh"],
            revocation={"file": str(store)})
        token = self.secret(self.corp.mint({"sub": "kept"}))
        revoke(daemon.service, subject="kept")
        failed = None
        for i in range(200):
            try:
                revoke(daemon.service, token_id=f"{i}-" + "x" * 12000)
            except grpc.RpcError as error:
                failed = error
                break
        self.assertIsNotNone(failed)
        self.assertEqual(failed.code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(wire.undecided_reason(failed),
                         "REVOCATION_UNAVAILABLE")
        self.assertIn(str(store), failed.details())
        self.assertEqual(wire.verdict(daemon.service.verify(token)),
                         "TOKEN_REVOKED")
        self.assertGreaterEqual(
            daemon.metrics()["usher_revocation_store_errors_total"], 1)

    def test_a_store_that_cannot_be_used_is_an_error_at_the_start(self):
        damaged = pathlib.Path(self.directory, "damaged.db")
        damaged.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
        empty = pathlib.Path(self.directory, "empty.db")
        empty.touch()
        for name, path, message in (
                ("damaged", damaged, str(damaged)),
                ("empty", empty, "is empty"),
                ("no-directory", "/nonexistent/r.db", "its directory"),
                ("read-only", "/proc/r.db", "/proc/r.db")):
            with self.subTest(name):
                log = self.fails_to_start(name, revocation={"file": str(path)})
                self.assertIn(message, log)

    def test_two_processes_do_not_share_a_file(self):
        store = str(pathlib.Path(self.directory, "shared.db"))
        self.usherd(usherd.issuer(self.corp), name="first",
                    revocation={"file": store})
        log = self.fails_to_start("second", revocation={"file": store})
        self.assertIn("another process uses this file", log)

    def test_a_reload_keeps_revocations_and_refuses_what_outlives_them(self):
        provider = usherd.issuer(self.corp)
        revocation = {"ephemeral": True}
        daemon = self.usherd(provider, name="reloaded", revocation=revocation)
        token = self.secret(self.corp.mint({"sub": "x"}))
        revoke(daemon.service, subject="x")

        def write(**changes):
            daemon.config_file.write_text(usherd.configuration(
                [{**provider, **changes}], revocation=revocation))

        def metric(name):
            return daemon.metrics()["usher_configuration_" + name]

        write(audiences=["orders", "billing"])
        wait_until(lambda: metric("generation") == 2, "the reload")
        self.assertEqual(wire.verdict(daemon.service.verify(
            token, audiences=["orders"])), "TOKEN_REVOKED")
        # Longer than the revocation lives.
        write(max_lifetime="25h")
        wait_until(lambda: metric("last_reload_successful") == 0,
                   "the refusal")
        self.assertIn("revocation.retention", daemon.log())
        write(max_lifetime="25h", no_expiry=True)
        wait_until(lambda: metric("generation") == 3, "the reload")
        [one] = listed(daemon.service).revocations
        self.assertFalse(one.HasField("expires_at"))
        self.assertEqual(wire.verdict(daemon.service.verify(token)),
                         "TOKEN_REVOKED")

    def test_a_retention_that_is_too_short_is_a_configuration_error(self):
        log = self.fails_to_start(
            "short", revocation={"ephemeral": True, "retention": "1h"})
        self.assertIn("revocation.retention", log)


if __name__ == "__main__":
    unittest.main()
