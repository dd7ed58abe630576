"""Key sets as providers really publish them, and where they really are."""

import base64
import gzip
import json
import pathlib
import time
import unittest

from harness import certificates, tokens, usherd, wire
from harness.key_server import KeyServer
from harness.scene import Scene
from harness.waiting import wait_until

WEAK = {"kty": "RSA", "kid": "weak", "n": "w" * 171, "e": "AQAB"}


class KeySources(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.provider = cls.issuer("corp")
        cls.keys = cls.provider.jwks()["keys"]
        cls.authority = certificates.Authority(pathlib.Path(cls.directory))
        cls.server_files = cls.authority.issue("keys",
                                               alternative="IP:127.0.0.1")

    def server(self, **how):
        server = KeyServer(*self.server_files, **how)
        self.addCleanup(server.stop)
        return server

    def start(self, name, keys, **settings):
        """usherd whose only issuer has these `keys`."""
        settings.setdefault("required", False)
        return self.usherd(
            usherd.issuer(self.provider, name=name, keys=keys,
                          ca_file=self.authority.certificate, **settings),
            name=f"usherd-{name}")

    def verdict(self, daemon, token=None, **how):
        token = self.secret(token or self.provider.mint(how.pop("claims", None),
                                                        **how))
        return wire.verdict_of(lambda: daemon.service.verify(token))

    def wait_verified(self, daemon):
        wait_until(lambda: self.verdict(daemon) == "VERIFIED",
                   "a token is verified")

    def last_error(self, daemon):
        found = []

        def failed():
            found[:] = [issuer.last_error
                        for issuer in daemon.service.issuers().values()]
            return any(found)

        wait_until(failed, "the fetch has failed")
        return found[0]

    def path(self, name, text):
        path = pathlib.Path(self.directory) / name
        path.write_text(text)
        return str(path)

    def test_a_token_file_signs_in_and_is_read_again(self):
        server = self.server()
        wanted = ["first-4f1c"]
        server.answers["/jwks"] = lambda headers: (
            (200, {}, json.dumps({"keys": self.keys}).encode())
            if headers.get("Authorization") == f"Bearer {wanted[0]}"
            else (401, {}, b""))
        url = f"{server.base}/jwks"
        stranger = self.start("stranger", {"jwks_url": url})
        self.assertIn("keys.token_file", self.last_error(stranger))
        token = self.path("token", "first-4f1c\n")
        daemon = self.start("signed", {"jwks_url": url, "token_file": token},
                            refresh={**usherd.QUICK, "stale_for": "0s"})
        self.wait_verified(daemon)
        wanted[0] = "second-9be2"
        wait_until(lambda: self.verdict(daemon) == "KEYS_UNAVAILABLE",
                   "the old token is refused")
        self.path("token", "second-9be2\n")
        self.wait_verified(daemon)
        for text in (daemon.log(), daemon.get("/metrics")[1]):
            self.assertNotIn("second-9be2", text)

    def test_a_client_certificate_signs_in(self):
        server = self.server(client_ca=self.authority.certificate)
        server.serve("/jwks", {"keys": self.keys})
        url = f"{server.base}/jwks"
        stranger = self.start("nameless", {"jwks_url": url})
        self.assertIn("wants a client certificate", self.last_error(stranger))
        certificate, key = self.authority.issue("usherd")
        self.wait_verified(self.start("named", {
            "jwks_url": url, "client_certificate": certificate,
            "client_key": key}))

    def test_the_token_is_not_shown_to_another_host(self):
        server, other = self.server(), self.server()
        server.serve("/metadata", {"issuer": self.provider.issuer,
                                   "jwks_uri": f"{other.base}/jwks"})
        other.serve("/jwks", {}, status=401)
        daemon = self.start("shy", {
            "discovery_url": f"{server.base}/metadata",
            "token_file": self.path("shy-token", "secret")})
        self.assertIn("set keys.jwks_url", self.last_error(daemon))
        self.assertIn("Authorization", server.asked[0][1])
        self.assertNotIn("Authorization", other.asked[0][1])

    def test_only_allowed_hosts_are_asked_for_keys(self):
        server, other = self.server(), self.server()
        server.serve("/metadata", {"issuer": self.provider.issuer,
                                   "jwks_uri": f"{other.base}/jwks"})
        other.serve("/jwks", {"keys": self.keys})
        metadata = {"discovery_url": f"{server.base}/metadata"}
        strict = self.start("strict", {
            **metadata, "allowed_hosts": ["keys.example.com"]})
        self.assertIn("keys.allowed_hosts", self.last_error(strict))
        self.assertEqual(other.asked, [])
        self.wait_verified(self.start("listed", {
            **metadata,
            "allowed_hosts": [other.base.removeprefix("https://")]}))

    def test_members_that_are_null_or_empty_count_as_absent(self):
        server = self.server()
        empty = {name: value for name, value in (
            ("use", None), ("key_ops", []), ("x5c", None), ("x5t", ""),
            ("d", None))}
        server.serve("/jwks", {"keys": [{**key, **empty}
                                        for key in self.keys]})
        self.wait_verified(self.start("nulls",
                                      {"jwks_url": f"{server.base}/jwks"}))

    def test_a_form_that_changes_no_number_is_read(self):
        server = self.server()
        [key] = self.keys
        modulus = base64.b64encode(tokens.unb64(key["n"])).decode()
        body = json.dumps({"keys": [{**key, "n": modulus}]}).encode()
        server.serve("/jwks", b"\xef\xbb\xbf" + body)
        self.wait_verified(self.start("forms",
                                      {"jwks_url": f"{server.base}/jwks"}))

    def test_an_unusable_key_is_named_and_fetched_once(self):
        server = self.server()
        server.serve("/jwks", {"keys": [
            *self.keys, WEAK, {"kty": "RSA", "kid": "enc", "use": "enc"}]})
        daemon = self.start("weak", {"jwks_url": f"{server.base}/jwks"})
        self.wait_verified(daemon)
        fetched = server.count("/jwks")
        for kid in ("weak", "enc"):
            token = tokens.with_header(self.provider.mint(), kid=kid)
            self.assertEqual(self.verdict(daemon, token), "KEY_MISMATCH")
        self.assertEqual(server.count("/jwks"), fetched)
        denial = daemon.service.verify(self.secret(
            tokens.with_header(self.provider.mint(), kid="weak"))).denial
        self.assertIn("RSA modulus has", denial.message)
        [status] = daemon.service.issuers().values()
        [line] = status.ignored_keys  # the key for encryption needs no note
        self.assertIn('kid "weak"', line)
        self.assertEqual(
            daemon.metrics()['usher_key_set_unusable_keys{issuer="weak"}'], 1)
        wait_until(lambda: '"event":"keys_unusable"' in daemon.log(),
                   "the log names the key")

    def test_no_compression_is_asked_for_and_a_coded_answer_is_named(self):
        server = self.server()
        body = gzip.compress(json.dumps({"keys": self.keys}).encode())
        server.serve("/jwks", body, content_encoding="gzip")
        daemon = self.start("coded", {"jwks_url": f"{server.base}/jwks"})
        self.assertIn("content coding gzip", self.last_error(daemon))
        self.assertEqual(server.asked[0][1]["Accept-Encoding"], "identity")

    def test_a_redirect_is_named_and_the_next_address_is_tried(self):
        server = self.server()
        daemon = self.start("moved", {"jwks_url": f"{server.base}/jwks"})
        server.serve("/jwks", {}, status=301, location="https://new.test/jwks")
        wait_until(lambda: "https://new.test/jwks" in self.last_error(daemon),
                   "the error names the target")

    def test_retry_after_is_honoured(self):
        server = self.server()
        server.serve("/jwks", {}, status=429, retry_after="300")
        daemon = self.start("busy", {"jwks_url": f"{server.base}/jwks"})
        self.last_error(daemon)
        for _ in range(5):  # longer than the first retry would wait
            self.assertEqual(self.verdict(daemon), "KEYS_UNAVAILABLE")
            time.sleep(0.5)
        self.assertEqual(server.count("/jwks"), 1)

    def test_a_slow_provider_is_given_the_configured_time(self):
        slow = {"jwks_url": self.provider.said["jwks_url"]}
        self.provider.fault(delay_ms=1000)
        self.addCleanup(self.provider.fault, clear=True)
        ca = {"ca_file": str(self.provider.ca_file)}
        hasty = self.usherd(usherd.issuer(
            self.provider, name="hasty", keys=slow, required=False,
            refresh={"timeout": "200ms"}, **ca), name="usherd-hasty")
        self.assertIn("timed out after 200ms waiting for its answer",
                      self.last_error(hasty))
        patient = self.usherd(usherd.issuer(
            self.provider, name="patient", keys=slow, **ca,
            refresh={"timeout": "30s"}), name="usherd-patient")
        self.assertEqual(self.verdict(patient), "VERIFIED")

    def test_a_pem_file_may_hold_many_keys_and_unusable_ones(self):
        pem = tokens.rsa_pem(self.keys[0]).decode()
        others = []
        for i in range(8):
            files = self.authority.issue(f"other-{i}", kind=certificates.RSA)
            others.append(pathlib.Path(files[0]).read_text())
        weak = tokens.rsa_pem(WEAK).decode()
        path = self.path("keys.pem", "".join([*others, weak, pem]))
        daemon = self.start("pem", {"jwks_file": path})
        self.assertEqual(self.verdict(daemon), "VERIFIED")
        [status] = daemon.service.issuers().values()
        self.assertEqual(len(status.keys), 9)
        self.assertEqual(len(status.ignored_keys), 1)

    def test_a_map_of_kids_to_pem_is_a_key_set(self):
        server = self.server()
        pem = tokens.rsa_pem(self.keys[0]).decode()
        server.serve("/keys", {self.keys[0]["kid"]: pem})
        self.wait_verified(self.start("map",
                                      {"jwks_url": f"{server.base}/keys"}))

    def test_a_new_key_under_the_old_kid_is_fetched(self):
        server = self.server()
        provider = self.issuer("restored")

        def publish(kid):
            [key] = [key for key in provider.jwks()["keys"]
                     if key["kid"] == kid]
            server.serve("/jwks", {"keys": [{**key, "kid": "same"}]})

        publish("k1")
        daemon = self.usherd(usherd.issuer(
            provider, keys={"jwks_url": f"{server.base}/jwks"},
            ca_file=self.authority.certificate), name="usherd-restored")

        def mint(**how):
            return provider.mint(header={"kid": "same"}, **how)

        self.assertEqual(self.verdict(daemon, mint()), "VERIFIED")
        kid = provider.rotate()
        publish(kid)
        self.assertEqual(self.verdict(daemon, mint()), "VERIFIED")
        self.assertEqual(self.verdict(daemon, mint(kid="k1")),
                         "SIGNATURE_INVALID")
        fetches = ('usher_key_set_fetches_total{issuer="restored",'
                   'trigger="failed_signature",result="ok"}')
        self.assertGreaterEqual(daemon.metrics()[fetches], 1)


if __name__ == "__main__":
    unittest.main()
