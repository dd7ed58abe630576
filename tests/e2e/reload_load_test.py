"""A hundred reloads under load: no call fails or meets two configurations.

Two configurations take turns. In A corp's tokens are for alpha and partner's for
beta, in B the other way round; and the caller may ask about what corp's are for.
A token of corp for both is good in each, and in no mixture of one's callers and the
other's issuers. A batch asks whether a token of each issuer is for alpha: in A
corp's is, in B the caller may not ask; a mixture would find that partner's is.
"""

import collections
import pathlib
import signal
import threading
import time
import unittest

import grpc

from harness import tokens, usherd, wire
from harness.certificates import Authority
from harness.scene import Scene, figure
from harness.waiting import wait_until

RELOADS = 100
TAKEN = 'usher_configuration_reloads_total{result="ok"}'


class ReloadUnderLoad(Scene):
    @classmethod
    def set_the_scene(cls):
        authority = Authority(cls.directory)
        certificate, key = authority.issue("usherd", "IP:127.0.0.1")
        own, own_key = authority.issue("asker")
        cls.tls = {"certificate": certificate, "private_key": key,
                   "client_ca": authority.certificate}
        read = lambda path: pathlib.Path(path).read_bytes()
        cls.credentials = grpc.ssl_channel_credentials(
            read(authority.certificate), read(own_key), read(own))
        cls.corp = cls.issuer("corp")
        cls.partner = cls.issuer("partner", alg="ES256")
        cls.steady = cls.issuer("steady", alg="Ed25519")
        cls.daemon = cls.usherd(*cls.issuers("alpha", "beta"), tls=cls.tls,
                                callers=cls.callers("alpha"))

    @classmethod
    def issuers(cls, for_corp, for_partner):
        return [usherd.issuer(cls.corp, audiences=[for_corp]),
                usherd.issuer(cls.partner, audiences=[for_partner]),
                usherd.issuer(cls.steady, audiences=["steady"])]

    @staticmethod
    def callers(audience):
        return [{"name": "asker", "certificate": "asker",
                 "audiences": [audience, "steady"]}]

    def write(self, turn):
        pair = ("alpha", "beta") if turn % 2 == 0 else ("beta", "alpha")
        new = self.daemon.config_file.with_suffix(".new")
        new.write_text(usherd.configuration(
            self.issuers(*pair), tls=self.tls, callers=self.callers(pair[0])))
        new.rename(self.daemon.config_file)

    def samples(self):
        """The tokens that all threads use."""
        mint = lambda issuer, **claims: self.secret(issuer.mint(claims))
        both = mint(self.corp, aud=["alpha", "beta"])
        fresh = [mint(self.corp, aud=["alpha", "beta"], n=i)
                 for i in range(200)]
        steady = mint(self.steady, aud="steady")
        pair = [mint(self.corp, aud="alpha"), mint(self.partner, aud="alpha")]
        stranger = self.secret(tokens.with_claims(
            both, iss="https://stranger.example"))
        # Issued before the last fetch: no newer key can explain its signature.
        forged = self.secret(tokens.with_claims(
            both, sub="root", iat=int(time.time()) - 120))
        return both, fresh, steady, pair, stranger, forged

    def ask(self, samples, stop, counted, faults):
        both, fresh, steady, pair, stranger, forged = samples
        channel = grpc.secure_channel(self.daemon.address, self.credentials)
        stub = wire.token_rpc.TokenServiceStub(channel)
        request = wire.tokens.VerifyRequest

        def one(token, audiences=()):
            return wire.verdict_of(lambda: stub.Verify(
                request(token=token, audiences=audiences), timeout=10))

        def two():
            try:
                answer = stub.BatchVerify(wire.tokens.BatchVerifyRequest(
                    requests=[request(token=token, audiences=["alpha"])
                              for token in pair]), timeout=10)
            except grpc.RpcError as error:
                return error.code().name
            return tuple(map(wire.verdict, answer.results))

        turn = 0
        while not stop.is_set():
            turn += 1
            for kind, expected, got in (
                    ("good", {"VERIFIED"}, one(both)),
                    ("good, new", {"VERIFIED"}, one(fresh[turn % len(fresh)])),
                    ("good, unchanged", {"VERIFIED"}, one(steady, ["steady"])),
                    ("batch", {("VERIFIED", "AUDIENCE_MISMATCH"),
                               ("AUDIENCE_MISMATCH", "AUDIENCE_MISMATCH")},
                     two()),
                    ("forged", {"SIGNATURE_INVALID"}, one(forged)),
                    ("stranger", {"ISSUER_UNKNOWN"}, one(stranger))):
                counted[kind, got] += 1
                if got not in expected:
                    faults.append((kind, got))
        channel.close()

    def test_a_hundred_reloads(self):
        samples = self.samples()
        stop = threading.Event()
        faults = []
        counts = [collections.Counter() for _ in range(4)]
        askers = [threading.Thread(
            target=self.ask, args=(samples, stop, counted, faults))
            for counted in counts]
        for asker in askers:
            asker.start()
        began = time.monotonic()
        try:
            for turn in range(1, RELOADS + 1):
                self.write(turn)
                self.daemon.signal(signal.SIGHUP)
                wait_until(lambda: self.daemon.metrics()[TAKEN] >= turn,
                           f"reload {turn}")
        finally:
            took = time.monotonic() - began
            stop.set()
            for asker in askers:
                asker.join()
        counted = sum(counts, collections.Counter())
        figure("reloads", f"{RELOADS} in {took:.1f} s")
        figure("calls meanwhile", sum(counted.values()))
        for (kind, got), count in sorted(counted.items(), key=str):
            figure(f"  {kind}: {got}", count)
        figure("failed or decided by a mixture", len(faults))
        self.assertEqual(faults, [])
        # Both configurations were seen.
        self.assertEqual(
            len({got for kind, got in counted if kind == "batch"}), 2)


if __name__ == "__main__":
    unittest.main()
