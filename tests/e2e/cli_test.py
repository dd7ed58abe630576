"""usher, the command line, against the real service."""

import json
import pathlib
import unittest

from harness import tokens, usherd
from harness.cli import DENIED, UNDECIDED, USAGE, VERIFIED, usher
from harness.certificates import Authority
from harness.scene import Scene


class CommandLine(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp))

    def ask(self, command, token, *words):
        """One of the commands that take a token, on standard input."""
        flag = "--admin" if command == "explain" else "--server"
        address = (self.daemon.admin_address if command == "explain"
                   else self.daemon.address)
        ran = usher(command, flag, address, *words, given=self.secret(token))
        self.assertNotIn(token, ran.out + ran.err)
        return ran

    def test_verify_of_a_good_token_ends_with_0_and_prints_its_subject(self):
        token = self.corp.mint({"sub": "ada", "scope": "read"})
        ran = self.ask("verify", token)
        self.assertEqual(ran.status, VERIFIED, ran)
        self.assertRegex(ran.out, r"^verified\n")
        self.assertIn("ada", ran.out)
        answer = self.ask("verify", token, "--json", "--scope", "read").json()
        self.assertEqual(answer["verified"]["subject"], "ada")
        self.assertEqual(answer["verified"]["issuerName"], "corp")

    def test_verify_of_a_bad_token_ends_with_1_and_says_why(self):
        for reason, token in (
                ("TOKEN_EXPIRED", self.corp.mint_at(-3600)),
                ("AUDIENCE_MISMATCH", self.corp.mint({"aud": "billing"})),
                ("ALGORITHM_NOT_ALLOWED",
                 tokens.with_header(self.corp.mint(), alg="none"))):
            ran = self.ask("verify", token)
            self.assertEqual(ran.status, DENIED, ran)
            self.assertIn(reason, ran.out)
            answer = self.ask("verify", token, "--json").json()
            self.assertEqual(answer["denial"]["reason"], reason)

    def test_verify_with_a_configuration_needs_no_usherd(self):
        config = ["--config", self.daemon.config_file]
        token = self.secret(self.corp.mint({"sub": "ada"}))
        ran = usher("verify", *config, given=token)
        self.assertEqual(ran.status, VERIFIED, ran)
        self.assertRegex(ran.out, r"^verified\n")
        answer = usher("verify", *config, "--json", given=token).json()
        self.assertEqual(answer["verified"]["subject"], "ada")
        ran = usher("verify", *config, given=self.corp.mint_at(-3600))
        self.assertEqual(ran.status, DENIED, ran)
        self.assertIn("TOKEN_EXPIRED", ran.out)
        bad = pathlib.Path(self.directory) / "bad-local.yaml"
        bad.write_text("issuers: []\n")
        ran = usher("verify", "--config", bad, given=token)
        self.assertEqual(ran.status, USAGE, ran)
        self.assertIn("issuers", ran.err)

    def test_a_token_is_read_from_a_file_too(self):
        path = pathlib.Path(self.directory) / "token.jwt"
        path.write_text(self.secret(self.corp.mint()) + "\n")
        ran = usher("verify", "--server", self.daemon.address, f"@{path}")
        self.assertEqual(ran.status, VERIFIED, ran)

    def test_an_unreachable_service_ends_with_3_and_says_so(self):
        ran = usher("verify", "--server", "127.0.0.1:1", "--timeout", "2s",
                    given=self.corp.mint())
        self.assertEqual(ran.status, UNDECIDED, ran)
        self.assertIn("127.0.0.1:1", ran.err)

    def test_wrong_usage_ends_with_2(self):
        for words in (["verify", "--no-such-flag"], ["no-such-command"], []):
            self.assertEqual(usher(*words, given="").status, USAGE, words)

    def test_introspect_ends_with_0_for_an_active_token_and_1_otherwise(self):
        ran = self.ask("introspect", self.corp.mint())
        self.assertEqual(ran.status, VERIFIED, ran)
        ran = self.ask("introspect", self.corp.mint_at(-3600))
        self.assertEqual(ran.status, DENIED, ran)
        self.assertNotIn("EXPIRED", ran.out)

    def test_explain_lists_the_checks(self):
        ran = self.ask("explain", self.corp.mint({"aud": "billing"}))
        self.assertEqual(ran.status, DENIED, ran)
        self.assertIn("signature", ran.out)
        self.assertIn("AUDIENCE_MISMATCH", ran.out)
        self.assertEqual(
            self.ask("explain", self.corp.mint()).status, VERIFIED)

    def test_issuers_lists_them(self):
        ran = usher("issuers", "--admin", self.daemon.admin_address)
        self.assertEqual(ran.status, VERIFIED, ran)
        self.assertIn("corp", ran.out)
        self.assertIn(self.corp.issuer, ran.out)

    def test_both_listeners_serve_health(self):
        for address in (self.daemon.address, self.daemon.admin_address):
            ran = usher("health", "--server", address)
            self.assertEqual(ran.status, VERIFIED, ran)
            self.assertEqual(ran.out, "SERVING\n")

    def test_refresh_keys_shows_what_was_fetched(self):
        ran = usher("refresh-keys", "corp", "--admin",
                    self.daemon.admin_address)
        self.assertEqual(ran.status, VERIFIED, ran)
        self.assertRegex(ran.out, r"corp +1 +- +- +-\n")

    def test_refresh_keys_of_an_unknown_issuer_ends_with_2(self):
        ran = usher("refresh-keys", "cork", "--admin",
                    self.daemon.admin_address)
        self.assertEqual(ran.status, USAGE, ran)
        self.assertIn("no issuer of that name", ran.err)

    def test_refresh_keys_of_a_broken_provider_ends_with_3(self):
        self.corp.fault(status=503)
        self.addCleanup(self.corp.fault, clear=True)
        ran = usher("refresh-keys", "--all", "--admin",
                    self.daemon.admin_address)
        self.assertEqual(ran.status, UNDECIDED, ran)
        self.assertIn("503", ran.out)

    def test_health_of_one_without_keys_ends_with_1(self):
        self.corp.fault(status=503)
        self.addCleanup(self.corp.fault, clear=True)
        keyless = self.usherd(usherd.issuer(self.corp), name="keyless",
                              wait_ready=False)
        for address in (keyless.address, keyless.admin_address):
            ran = usher("health", "--server", address)
            self.assertEqual(ran.status, DENIED, ran)
            self.assertEqual(ran.out, "NOT_SERVING\n")

    def test_inspect_needs_no_service(self):
        ran = usher("inspect", given=self.corp.mint({"sub": "ada"}))
        self.assertEqual(ran.status, VERIFIED, ran)
        self.assertIn("ada", ran.out)

    def test_check_config_ends_with_1_and_every_fault(self):
        ran = usher("check-config", self.daemon.config_file)
        self.assertEqual(ran.status, VERIFIED, ran)
        bad = pathlib.Path(self.directory) / "bad.yaml"
        bad.write_text(json.dumps({"lisen": "x", "issuers": []}))
        ran = usher("check-config", bad)
        self.assertEqual(ran.status, DENIED, ran)
        self.assertIn("lisen", ran.out + ran.err)
        self.assertIn("issuers", ran.out + ran.err)


class CommandLineOverTls(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.authority = Authority(cls.directory)
        certificate, key = cls.authority.issue("usherd", "IP:127.0.0.1")
        cls.corp = cls.issuer("corp")
        tls = {"certificate": certificate, "private_key": key,
               "client_ca": cls.authority.certificate}
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp), tls=tls,
            admin={"listen": "127.0.0.1:0", "tls": tls},
            callers=[{"name": "orders", "certificate": "orders",
                      "audiences": ["orders"]}])

    def test_it_presents_a_certificate_and_trusts_a_private_ca(self):
        certificate, key = self.authority.issue("orders")
        token = self.secret(self.corp.mint())
        trust = ["--ca", self.authority.certificate]
        identity = ["--cert", certificate, "--key", key]
        for words in (["verify", "--server", self.daemon.address],
                      ["explain", "--admin", self.daemon.admin_address],
                      ["issuers", "--admin", self.daemon.admin_address]):
            ran = usher(*words, *trust, *identity, given=token)
            self.assertEqual(ran.status, VERIFIED, ran)
            ran = usher(*words, *trust, given=token)
            self.assertEqual(ran.status, UNDECIDED, ran)
            self.assertIn("wants a client certificate", ran.err)
            ran = usher(*words, given=token)
            self.assertEqual(ran.status, UNDECIDED, ran)

    def test_a_listener_without_client_ca_asks_for_no_certificate(self):
        certificate, key = self.authority.issue("alone", "IP:127.0.0.1")
        tls = {"certificate": certificate, "private_key": key}
        daemon = self.usherd(
            usherd.issuer(self.corp), name="alone", tls=tls,
            admin={"listen": "127.0.0.1:0", "tls": tls})
        token = self.secret(self.corp.mint())
        trust = ["--ca", self.authority.certificate]
        for words in (["verify", "--server", daemon.address],
                      ["issuers", "--admin", daemon.admin_address]):
            ran = usher(*words, *trust, given=token)
            self.assertEqual(ran.status, VERIFIED, ran)
        for words, text in (
                ([daemon.admin_address, *trust], "another listener of usherd"),
                ([daemon.address], "wants TLS"),
                ([daemon.metrics_address, *trust], "without TLS"),
                ([daemon.metrics_address], "one for HTTP")):
            ran = usher("verify", "--server", *words, given=token)
            self.assertEqual(ran.status, UNDECIDED, ran)
            self.assertIn(text, ran.err)


if __name__ == "__main__":
    unittest.main()
