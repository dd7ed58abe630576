"""Many tokens in one call."""

import unittest

import grpc

from harness import tokens, usherd, wire
from harness.scene import Scene

Request = wire.tokens.VerifyRequest


class Batches(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp))
        cls.service = cls.daemon.service

    def refused(self, requests):
        with self.assertRaises(grpc.RpcError) as caught:
            self.service.verify_many(requests)
        return caught.exception

    def test_each_token_has_its_answer_in_its_place(self):
        good = self.secret(self.corp.mint())
        bad = self.secret(self.corp.mint({"aud": "billing"}))
        unsigned = tokens.unsigned(good)
        results = self.service.verify_many(
            [Request(token=t) for t in (bad, good, "eyJx", unsigned, good)])
        self.assertEqual([wire.verdict(r) for r in results],
                         ["AUDIENCE_MISMATCH", "VERIFIED", "TOKEN_MALFORMED",
                          "ALGORITHM_NOT_ALLOWED", "VERIFIED"])

    def test_the_unknown_kids_of_a_batch_cost_no_more_fetches_than_one_burst(self):
        fetched = self.corp.fetches()
        good = self.corp.mint()
        unknown = [Request(token=tokens.with_header(good, kid=f"new-{i}"))
                   for i in range(50)]
        first = [wire.verdict(r) for r in self.service.verify_many(
            [*unknown, Request(token=good)])]
        # A key may have been published after the fetch began.
        self.assertLessEqual(set(first[:50]),
                             {"KEY_NOT_FOUND", "KEYS_UNAVAILABLE"})
        self.assertEqual(first[0], "KEY_NOT_FOUND")
        self.assertEqual(first[50], "VERIFIED")
        burst = 3
        self.assertLessEqual(self.corp.fetches() - fetched, burst)
        # A token issued since may have a newer key: undecided until the
        # provider has been asked once more.
        since = tokens.with_header(self.corp.mint(), kid="newer")
        (second,) = self.service.verify_many([Request(token=since)])
        self.assertIn(wire.verdict(second),
                      {"KEY_NOT_FOUND", "KEYS_UNAVAILABLE"})
        if wire.verdict(second) == "KEYS_UNAVAILABLE":
            self.assertGreater(second.undecided.retry_after.ToMilliseconds(), 0)
        self.assertLessEqual(self.corp.fetches() - fetched, burst)

    def test_an_empty_batch_has_an_empty_answer(self):
        self.assertEqual(self.service.verify_many([]), [])

    def test_256_tokens_are_accepted_and_257_are_not(self):
        good = Request(token=self.secret(self.corp.mint()))
        results = self.service.verify_many([good] * 256)
        self.assertEqual({wire.verdict(r) for r in results}, {"VERIFIED"})
        error = self.refused([good] * 257)
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        (violation,) = wire.detail(
            error, wire.error_details_pb2.BadRequest).field_violations
        self.assertEqual(violation.field, "requests")

    def test_more_than_4_mib_are_refused(self):
        error = self.refused([Request(token="x" * 20_000)] * 220)
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        error = self.refused([Request(token="x" * (9 << 20))])
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_an_invalid_request_is_reported_with_its_index(self):
        good = self.corp.mint()
        error = self.refused([Request(token=good), Request(token="")])
        self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        (violation,) = wire.detail(
            error, wire.error_details_pb2.BadRequest).field_violations
        self.assertEqual(violation.field, "requests[1].token")


if __name__ == "__main__":
    unittest.main()
