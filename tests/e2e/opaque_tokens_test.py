"""Tokens that only their issuer understands, and JWTs that it has revoked."""

import json
import pathlib
import unittest

from harness import usherd
from harness.cli import usher
from harness.guarded import Greeter
from harness.scene import Scene
from harness.waiting import wait_until
from harness.wire import verdict, verdict_of

# How the endpoint misbehaves, and what the log then says.
FAULTS = (
    ({"status": 401}, "credentials_refused", "client_id"),
    ({"status": 403}, "credentials_refused", "allowed to introspect"),
    ({"redirect": "https://127.0.0.1:1/elsewhere"}, "redirect",
     "introspection.endpoint"),
    ({"status": 500}, "status", "500"),
    ({"body": "<html>sign in</html>", "content_type": "text/html"},
     "content_type", "application/json"),
    ({"body": '{"active":"true","aud":"orders"}',
      "content_type": "application/json"}, "malformed", "active"),
    ({"garbage": True}, "malformed", "JSON"),
    ({"huge": True}, "too_large", "bytes"),
    ({"hang": True}, "timeout", ""),
)


class OpaqueTokens(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256")
        cls.daemon = cls.usherd(cls.configured(always=True))

    @classmethod
    def configured(cls, **more):
        return usherd.issuer(cls.corp, introspection={
            "auth": "basic", "client_id": "usher",
            "secret_file": cls.secret_file("usher-secret\n"), "default": True, **more})

    def verify(self, token, **fields):
        return verdict_of(
            lambda: self.daemon.service.verify(token, **fields))

    def opaque(self, **claims):
        return self.secret(self.corp.mint_opaque({"sub": "ada", **claims}))

    def test_an_opaque_token_is_verified_once_and_remembered(self):
        token = self.opaque(scope="read")
        asked = self.corp.introspections()
        answer = self.daemon.service.verify(token, scopes=["read"])
        self.assertEqual(verdict(answer), "VERIFIED")
        self.assertEqual(answer.verified.subject, "ada")
        self.assertFalse(answer.verified.HasField("algorithm"))
        self.assertFalse(answer.verified.HasField("key_id"))
        self.assertEqual(self.verify(token, scopes=["write"]),
                         "SCOPE_INSUFFICIENT")
        self.assertEqual(self.verify(token, audiences=["billing"]),
                         "AUDIENCE_MISMATCH")
        self.assertEqual(self.corp.introspections(), asked + 1)

    def test_introspect_answers_about_both_kinds(self):
        for token in (self.opaque(), self.secret(self.corp.mint())):
            self.assertTrue(self.daemon.service.introspect(token).active)
        for token in (self.opaque(), self.secret(self.corp.mint())):
            self.corp.revoke(token)
            answer = self.daemon.service.introspect(token)
            self.assertEqual(answer.SerializeToString(), b"")

    def test_a_token_revoked_at_the_issuer_is_denied(self):
        for token in (self.opaque(), self.secret(self.corp.mint())):
            self.corp.revoke(token)
            self.assertEqual(self.verify(token), "TOKEN_INACTIVE")
        self.assertEqual(self.verify("made-up"), "TOKEN_INACTIVE")

    def test_a_request_can_have_a_jwt_checked_at_its_issuer(self):
        service = self.usherd(self.configured(), name="asked").service
        token = self.secret(self.corp.mint())
        self.corp.revoke(token)
        self.assertEqual(verdict(service.verify(token)), "VERIFIED")
        self.assertEqual(
            verdict(service.verify(token, check_at_issuer=True)),
            "TOKEN_INACTIVE")
        self.assertTrue(service.introspect(token).active)
        self.assertFalse(
            service.introspect(token, check_at_issuer=True).active)
        self.assertFalse(
            service.introspect(token, issuer="https://other.example").active)

    def test_a_token_without_expiry_is_verified(self):
        token = self.secret(self.corp.mint_opaque(remove=["exp", "iat"]))
        verified = self.daemon.service.verify(token).verified
        self.assertFalse(verified.HasField("expires_at"))
        self.assertLessEqual(verified.cache_for.seconds, 30)
        self.assertIn("when its issuer says so", usher(
            "verify", "-", "--server", self.daemon.address,
            given=token).out)

    def test_what_no_token_can_be_is_shown_to_no_issuer(self):
        asked = self.corp.introspections()
        self.assertEqual(self.verify("a b"), "TOKEN_MALFORMED")
        self.assertEqual(self.verify("a" * 5000), "TOKEN_TOO_LARGE")
        self.assertEqual(self.verify("eyJhbGciOiJub25lIn0"), "TOKEN_MALFORMED")
        self.assertEqual(self.corp.introspections(), asked)

    def test_an_explanation_says_what_the_issuer_said(self):
        token = self.opaque()
        self.verify(token)
        checks = {check.name: check
                  for check in self.daemon.service.explain(token).checks}
        self.assertIn("active", checks["introspection"].detail)

    def test_the_command_line_takes_both_kinds(self):
        token = self.opaque()
        ran = usher("introspect", "-", "--server", self.daemon.address,
                    "--json", given=token)
        self.assertEqual(ran.status, 0, ran)
        self.assertTrue(ran.json()["active"])
        config = pathlib.Path(self.directory) / "cli.yaml"
        config.write_text(usherd.configuration([self.configured()]))
        ran = usher("verify", "-", "--config", config, given=token)
        self.assertEqual(ran.status, 0, ran)
        self.assertIn("its issuer was asked", ran.out)
        self.assertIn("opaque", repr(usher("inspect", "-", given=token)))

    def test_no_faulty_answer_admits_a_token(self):
        daemon = self.usherd(self.configured(timeout="300ms"), name="faulty")
        for how, result, advice in FAULTS:
            with self.subTest(result=result, **how):
                self.corp.fault("/introspect", **how)
                self.addCleanup(self.corp.fault, "/introspect", clear=True)
                self.assertEqual(
                    verdict_of(lambda: daemon.service.verify(self.opaque())),
                    "INTROSPECTION_UNAVAILABLE")
                self.assertIn(
                    f'usher_introspections_total{{issuer="corp",'
                    f'result="{result}"}}', daemon.metrics())
        self.corp.fault("/introspect", clear=True)
        failed = [json.loads(line) for line in daemon.log().splitlines()
                  if '"event":"introspection_failed"' in line]
        # Limited in rate: the first one is there.
        self.assertEqual(failed[0]["result"], FAULTS[0][1])
        self.assertIn(FAULTS[0][2], failed[0]["error"])
        self.assertEqual(
            verdict_of(lambda: daemon.service.verify(self.opaque())),
            "VERIFIED")

    def test_without_introspection_the_denial_says_what_it_is(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="without")
        denial = daemon.service.verify(self.opaque()).denial
        self.assertIn("opaque token", denial.message)
        self.assertIn("introspection", denial.message)

    def test_a_guard_and_a_verifier_in_the_process_take_them(self):
        config = pathlib.Path(self.directory) / "local.yaml"
        config.write_text(usherd.configuration([self.configured()]))
        for program, target in (("greeter_sync", self.daemon.address),
                                ("greeter_local", str(config))):
            greeter = Greeter(program, target, self.directory)
            self.addCleanup(greeter.stop)
            token = self.opaque()
            wait_until(lambda: greeter.call(token)[0] == "OK", "it is ready")
            self.assertEqual(greeter.call(token), ("OK", "hello, ada"))
            gone = self.opaque()
            self.corp.revoke(gone)
            status, said = greeter.call(gone)
            self.assertEqual(status, "UNAUTHENTICATED", said)
            self.assertIn("TOKEN_INACTIVE", said)
            self.assertNotIn(token, greeter.log())


if __name__ == "__main__":
    unittest.main()
