"""Each kind of token gets its verdict."""

import json
import time
import unittest

from harness import tokens, usherd, wire
from harness.scene import Scene


class Verdicts(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="RS256", kid="k1")
        cls.partner = cls.issuer("partner", alg="ES256", kid="k1")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp),
                                usherd.issuer(cls.partner))
        cls.service = cls.daemon.service

    def verdict(self, token, **fields):
        self.secret(token)
        return wire.verdict_of(lambda: self.service.verify(token, **fields))

    def good(self, **how):
        return self.corp.mint({"aud": "orders"}, **how)

    def test_a_good_token_is_verified_with_all_its_claims(self):
        token = self.secret(self.corp.mint({
            "sub": "ada", "scope": "read write", "jti": "t-1",
            "client_id": "shop", "aud": ["orders", "other"],
            "big": 9007199254740993}))
        verified = self.service.verify(token).verified
        claims = tokens.claims_of(token)
        self.assertEqual(verified.issuer, self.corp.issuer)
        self.assertEqual(verified.issuer_name, "corp")
        self.assertEqual(verified.subject, "ada")
        self.assertEqual(verified.client_id, "shop")
        self.assertEqual(verified.token_id, "t-1")
        self.assertEqual(list(verified.scopes), ["read", "write"])
        self.assertEqual(list(verified.audiences), ["orders", "other"])
        self.assertEqual(verified.key_id, "k1")
        self.assertEqual(verified.algorithm, "RS256")
        self.assertEqual(verified.expires_at.seconds, claims["exp"])
        self.assertFalse(verified.stale_keys)
        self.assertLessEqual(verified.cache_for.seconds, 30)
        self.assertGreater(verified.cache_for.ToMilliseconds(), 0)
        # Exactly the bytes that were signed.
        self.assertEqual(verified.claims_json,
                         tokens.unb64(token.split(".")[1]))
        self.assertEqual(json.loads(verified.claims_json)["big"],
                         9007199254740993)

    def test_a_second_issuer_of_another_algorithm_is_verified_too(self):
        token = self.partner.mint({"aud": "orders"})
        self.assertEqual(self.verdict(token), "VERIFIED")

    def test_the_same_token_is_verified_again_from_memory(self):
        token = self.good()
        self.assertEqual(self.verdict(token), "VERIFIED")
        self.assertEqual(self.verdict(token), "VERIFIED")

    def test_an_expired_token(self):
        token = self.corp.mint_at(-3600, aud="orders")
        self.assertEqual(self.verdict(token), "TOKEN_EXPIRED")

    def test_a_token_that_is_not_valid_yet(self):
        later = int(time.time()) + 3600
        token = self.corp.mint({"nbf": later, "exp": later + 60})
        self.assertEqual(self.verdict(token), "TOKEN_NOT_YET_VALID")

    def test_a_token_issued_in_the_future(self):
        later = int(time.time()) + 3600
        token = self.corp.mint({"iat": later, "exp": later + 60},
                               remove=["nbf"])
        self.assertEqual(self.verdict(token), "ISSUED_IN_FUTURE")

    def test_a_token_that_lives_too_long(self):
        token = self.corp.mint_at(0, lifetime=25 * 3600)
        self.assertEqual(self.verdict(token), "LIFETIME_TOO_LONG")

    def test_a_token_for_another_audience(self):
        token = self.corp.mint({"aud": "billing"})
        self.assertEqual(self.verdict(token), "AUDIENCE_MISMATCH")

    def test_a_token_whose_audience_the_request_does_not_name(self):
        token = self.good()
        self.assertEqual(self.verdict(token, audiences=["orders"]), "VERIFIED")

    def test_a_token_without_the_scope(self):
        token = self.corp.mint({"scope": "read"})
        self.assertEqual(self.verdict(token, scopes=["read"]), "VERIFIED")
        self.assertEqual(self.verdict(token, scopes=["read", "write"]),
                         "SCOPE_INSUFFICIENT")
        self.assertEqual(
            self.verdict(token, scopes=["read", "write"],
                         scope_match=wire.tokens.ANY), "VERIFIED")

    def test_a_forged_signature(self):
        # Signed by another provider's key with the same kid and type.
        other = self.issuer("forger", alg="RS256", kid="k1")
        token = other.mint({"iss": self.corp.issuer, "aud": "orders"})
        self.assertEqual(self.verdict(token), "SIGNATURE_INVALID")

    def test_changed_claims(self):
        token = tokens.with_claims(self.good(), sub="root")
        self.assertEqual(self.verdict(token), "SIGNATURE_INVALID")

    def test_an_unknown_issuer(self):
        token = self.corp.mint({"iss": "https://elsewhere.example"})
        self.assertEqual(self.verdict(token), "ISSUER_UNKNOWN")

    def test_an_issuer_that_differs_by_a_slash(self):
        token = self.corp.mint({"iss": self.corp.issuer + "/"})
        self.assertEqual(self.verdict(token), "ISSUER_UNKNOWN")

    def test_no_issuer(self):
        token = self.corp.mint(remove=["iss"])
        self.assertEqual(self.verdict(token), "ISSUER_MISSING")

    def test_an_issuer_other_than_the_requested_one(self):
        verdict = self.verdict(self.good(), issuer=self.partner.issuer)
        self.assertEqual(verdict, "ISSUER_UNKNOWN")

    def test_the_algorithm_none(self):
        token = tokens.unsigned(self.good())
        self.assertIn(self.verdict(token),
                      ["ALGORITHM_NOT_ALLOWED", "TOKEN_MALFORMED"])
        token = tokens.with_header(self.good(), alg="none")
        self.assertEqual(self.verdict(token), "ALGORITHM_NOT_ALLOWED")

    def test_an_hmac_with_the_public_key_as_its_secret(self):
        (jwk,) = self.corp.jwks()["keys"]
        for secret in (tokens.rsa_pem(jwk), tokens.rsa_pem(jwk).strip(),
                       json.dumps(jwk).encode(), tokens.unb64(jwk["n"])):
            token = tokens.hs256(self.good(), secret)
            self.assertEqual(self.verdict(token), "ALGORITHM_NOT_ALLOWED")

    def test_an_algorithm_the_issuer_may_not_use(self):
        token = tokens.with_header(self.good(), alg="PS256")
        self.assertEqual(self.verdict(token), "ALGORITHM_NOT_ALLOWED")

    def test_a_sender_constrained_token(self):
        token = self.corp.mint({"cnf": {"jkt": "x" * 43}})
        self.assertEqual(self.verdict(token), "TOKEN_BINDING_UNSUPPORTED")

    def test_an_id_token(self):
        token = self.corp.mint({"nonce": "n-1"}, typ="JWT")
        self.assertEqual(self.verdict(token), "TOKEN_TYPE_NOT_ALLOWED")
        self.assertEqual(self.verdict(token, kind=wire.tokens.ID_TOKEN),
                         "VERIFIED")

    def test_a_type_that_is_not_listed(self):
        token = self.good(typ="logout+jwt")
        self.assertEqual(self.verdict(token), "TOKEN_TYPE_NOT_ALLOWED")

    def test_an_unknown_kid_long_after_the_token_was_issued(self):
        token = tokens.with_header(
            self.corp.mint_at(-200, lifetime=900), kid="unknown")
        self.assertEqual(self.verdict(token), "KEY_NOT_FOUND")

    def test_a_token_that_is_too_large(self):
        token = self.corp.mint({"groups": ["g" * 100] * 200})
        self.assertEqual(self.verdict(token), "TOKEN_TOO_LARGE")

    def test_malformed_tokens(self):
        good = self.good()
        header, claims, signature = good.split(".")
        for token in ("eyJx", "..", f"{header}.{claims}", good + ".x",
                      good + "=", " " + good, good + "\n",
                      f"{header}.{tokens.b64(b'[]')}.{signature}",
                      f"{tokens.b64(b'{')}.{claims}.{signature}",
                      # A duplicate member.
                      tokens.b64(b'{"alg":"RS256","alg":"RS256"}')
                      + f".{claims}.{signature}"):
            self.assertEqual(self.verdict(token), "TOKEN_MALFORMED", token)

    def test_a_critical_extension(self):
        token = self.good(header={"crit": ["exp"], "exp": 1})
        self.assertEqual(self.verdict(token), "CRITICAL_HEADER_UNSUPPORTED")

    def test_a_token_that_never_ends(self):
        response = self.service.verify(
            self.secret(self.corp.mint(remove=["exp"])))
        self.assertEqual(wire.verdict(response), "CLAIM_MISSING")
        self.assertEqual(response.denial.claim, "exp")

    def test_a_claim_of_the_wrong_type(self):
        response = self.service.verify(
            self.secret(self.corp.mint({"exp": "tomorrow"})))
        self.assertEqual(wire.verdict(response), "CLAIM_INVALID")
        self.assertEqual(response.denial.claim, "exp")

    def test_of_two_faults_the_first_in_order_is_reported(self):
        token = self.corp.mint_at(-3600, aud="billing", cnf={"jkt": "x"})
        self.assertEqual(self.verdict(token), "TOKEN_EXPIRED")

    def test_a_refusal_never_quotes_unverified_claims(self):
        token = self.secret(tokens.with_claims(
            self.good(), iss="https://evil.example/marker"))
        self.assertNotIn("marker", self.service.verify(token).denial.message)


if __name__ == "__main__":
    unittest.main()
