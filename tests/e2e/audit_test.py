"""The audit log: who asked, about whose token, the result; never the token."""

import json
import pathlib
import unittest

import grpc

from harness import tokens, usherd, wire
from harness.guarded import Greeter
from harness.scene import Scene
from harness.waiting import wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


class Audit(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.file = pathlib.Path(cls.directory, "audit.jsonl")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp), audit={
            "file": str(cls.file), "sample_verified": 1,
            "refusals_per_second": 1000000})
        cls.private = cls.usherd(usherd.issuer(cls.corp), name="private",
                                 audit={"sample_verified": 1,
                                        "subjects": True})

    def lines(self):
        text = self.file.read_text() if self.file.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def line_of(self, ask, request_id, *more):
        """(answer or error, the only line that `ask` with that id made)"""
        metadata = [("x-request-id", request_id), *more]
        try:
            answer = ask(metadata)
        except grpc.RpcError as error:
            answer = error
        found = wait_until(
            lambda: [line for line in self.lines()
                     if line["request_id"] == request_id],
            f"a line for {request_id}")
        self.assertEqual(len(found), 1)
        return answer, found[0]

    def verify(self, token):
        self.secret(token)
        return lambda metadata: self.daemon.service.tokens.Verify(
            wire.tokens.VerifyRequest(token=token), timeout=10,
            metadata=metadata)

    def test_a_verified_token_has_a_line_without_its_subject(self):
        _, line = self.line_of(
            self.verify(self.corp.mint({"sub": "ada"})), "verified-1",
            ("traceparent", f"00-{TRACE}-{PARENT}-01"))
        self.assertRegex(line.pop("time"), r"^20\d\d-.*Z$")
        self.assertEqual(line, {
            "event": "verdict", "method": "Verify",
            "request_id": "verified-1", "trace_id": TRACE,
            "parent_id": PARENT, "issuer": "corp", "result": "VERIFIED"})

    def test_a_refused_token_has_a_line_with_the_reason(self):
        _, line = self.line_of(self.verify(self.corp.mint_at(-3600)),
                               "expired-1")
        self.assertEqual((line["issuer"], line["result"], line["undecided"]),
                         ("corp", "TOKEN_EXPIRED", False))
        _, line = self.line_of(self.verify(
            self.corp.mint({"iss": "https://x.example"})), "foreign-1")
        self.assertEqual((line["issuer"], line["result"]),
                         ("", "ISSUER_UNKNOWN"))
        # A token whose key had to be fetched.
        unknown = tokens.with_header(self.corp.mint(), kid="nobodys")
        _, line = self.line_of(self.verify(unknown), "asked-1")
        self.assertEqual((line["issuer"], line["result"]),
                         ("corp", "KEY_NOT_FOUND"))

    def test_each_token_of_a_batch_has_its_line(self):
        requests = [wire.tokens.VerifyRequest(token=self.secret(token))
                    for token in (self.corp.mint(), self.corp.mint_at(-3600))]
        self.daemon.service.tokens.BatchVerify(
            wire.tokens.BatchVerifyRequest(requests=requests), timeout=10,
            metadata=[("x-request-id", "batch-1")])
        found = wait_until(
            lambda: (lambda rows: rows if len(rows) == 2 else None)(
                [line for line in self.lines()
                 if line["request_id"] == "batch-1"]), "two lines")
        self.assertEqual({line["method"] for line in found}, {"BatchVerify"})
        self.assertEqual(sorted(line["result"] for line in found),
                         ["TOKEN_EXPIRED", "VERIFIED"])

    def test_a_request_of_the_guard_has_the_trace_of_the_guarded_call(self):
        greeter = Greeter("greeter_callback", self.daemon.address,
                          self.directory)
        self.addCleanup(greeter.stop)
        wait_until(lambda: greeter.call(self.corp.mint())[0] == "OK",
                   "usherd serves")

        def greeted(token, request_id, *more):
            return self.line_of(
                lambda metadata: greeter.ask(self.secret(token),
                                             more=metadata), request_id, *more)
        answer, line = greeted(self.corp.mint({"sub": "ada"}), "guarded-1",
                               ("traceparent", f"00-{TRACE}-{PARENT}-01"))
        self.assertEqual(answer[2:], b"hello, ada")
        self.assertEqual(
            (line["method"], line["trace_id"], line["parent_id"],
             line["result"]), ("Verify", TRACE, PARENT, "VERIFIED"))
        error, line = greeted(self.corp.mint_at(-3600), "guarded-2",
                              ("traceparent", "m4rker"))
        self.assertEqual(error.code().name, "UNAUTHENTICATED")
        self.assertEqual(line["result"], "TOKEN_EXPIRED")
        self.assertNotIn("trace_id", line)

    def test_the_request_id_is_returned_and_generated_if_there_is_no_valid_one(
            self):
        token = self.secret(self.corp.mint())
        for said, kept in (("given-1", True), ("a" * 65, False),
                           ('a"b', False), (None, False)):
            metadata = [("x-request-id", said)] if said else []
            _, call = self.daemon.service.tokens.Verify.with_call(
                wire.tokens.VerifyRequest(token=token), timeout=10,
                metadata=metadata)
            returned = dict(call.initial_metadata())["x-request-id"]
            if kept:
                self.assertEqual(returned, said)
            else:
                self.assertRegex(returned, r"^[0-9a-f]{32}$")

    def test_a_malformed_traceparent_is_ignored(self):
        for i, bad in enumerate((f"00-{TRACE}-{PARENT}-01-x",
                                 f"00-{'0' * 32}-{PARENT}-01",
                                 f"ff-{TRACE}-{PARENT}-01", "m4rker")):
            _, line = self.line_of(self.verify(self.corp.mint()),
                                   f"malformed-{i}", ("traceparent", bad))
            self.assertNotIn("trace_id", line)

    def test_no_part_of_a_token_and_no_claim_is_logged(self):
        marker = "m4rk3r-that-must-stay-secret"
        good = self.corp.mint({"sub": marker, "jti": marker})
        for i, token in enumerate((
                good, tokens.with_claims(good, iss=marker),
                tokens.with_header(good, kid=marker), marker,
                self.corp.mint({"aud": marker}))):
            self.line_of(self.verify(token), f"marker-{i}")
        text = self.file.read_text()
        self.assertNotIn(marker, text)
        for signature in self.signatures:
            self.assertNotIn(signature, text)

    def test_a_renamed_file_is_created_again(self):
        self.line_of(self.verify(self.corp.mint()), "before-1")
        old = self.file.rename(self.file.with_suffix(".1"))
        self.line_of(self.verify(self.corp.mint()), "after-1")
        self.assertIn("before-1", old.read_text())
        self.assertNotIn("after-1", old.read_text())

    def test_subjects_of_verified_tokens_are_logged_if_configured(self):
        token = self.secret(self.corp.mint({"sub": "ada", "jti": "t-1"}))
        self.private.service.verify(token)
        self.private.service.verify(
            self.secret(self.corp.mint_at(-3600, sub="mallory")))

        def verdicts():
            lines = map(json.loads, self.private.log().splitlines())
            return [line for line in lines if line["event"] == "verdict"]
        wait_until(lambda: len(verdicts()) >= 2, "two lines")
        good, bad = verdicts()
        self.assertEqual((good["subject"], good["token_id"]), ("ada", "t-1"))
        self.assertNotIn("subject", bad)
        self.assertNotIn("mallory", self.private.log())

    def test_every_verdict_is_counted(self):
        before = self.daemon.metrics()
        self.line_of(self.verify(self.corp.mint()), "counted-1")
        name = 'usher_audit_lines_total{result="written"}'
        # The counter grows after the line is written.
        wait_until(lambda: self.daemon.metrics()[name] > before[name],
                   "it is counted")

    def test_a_file_that_cannot_be_written_prevents_the_start(self):
        text = usherd.configuration(
            [usherd.issuer(self.corp)],
            audit={"file": "no/such/directory/audit.jsonl"})
        daemon = self.unready_usherd(text, "no-audit")
        self.assertEqual(daemon.wait(), 1)
        self.assertIn("audit.file: cannot write", daemon.log())


if __name__ == "__main__":
    unittest.main()
