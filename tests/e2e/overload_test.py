"""A flood from one client service or of one issuer, beside others: what is
refused, and what keeps flowing. And memory, while strangers send what costs it."""

import gzip
import pathlib
import subprocess
import sys
import threading
import time
import unittest

import grpc

from harness import places, tokens, usherd, wire
from harness.certificates import Authority
from harness.scene import Scene, figure
from harness.waiting import wait_until

Request = wire.tokens.VerifyRequest


class Floods(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.authority = Authority(cls.directory)
        certificate, key = cls.authority.issue("usherd", "IP:127.0.0.1")
        cls.certificates = {name: cls.authority.issue(name)
                            for name in ("web", "shop")}
        cls.corp = cls.issuer("corp", alg="ES384")
        cls.other = cls.issuer("other")
        cls.slow = cls.issuer("slow")
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp), usherd.issuer(cls.other),
            usherd.issuer(cls.slow, refresh={"unknown_kid_wait": "10s"}),
            tls={"certificate": certificate, "private_key": key,
                 "client_ca": cls.authority.certificate},
            callers=[{"name": name, "certificate": name,
                      "audiences": ["orders"]} for name in cls.certificates],
            # Small, so that little is too much.
            limits={"memory": "144MiB", "cpu_percent": 10},
            token_cache={"bytes": "1MiB"})

    def service(self, caller):
        read = lambda path: pathlib.Path(path).read_bytes()
        certificate, key = self.certificates[caller]
        channel = grpc.secure_channel(
            self.daemon.address,
            grpc.ssl_channel_credentials(read(self.authority.certificate),
                                         read(key), read(certificate)),
            # A connection of its own.
            options=[("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(channel.close)
        return wire.Service(channel,
                            grpc.insecure_channel(self.daemon.admin_address))

    def refused(self, queue, bound):
        return self.daemon.metrics().get(
            f'usher_overloaded_total{{queue="{queue}",bound="{bound}"}}', 0)

    def test_forged_tokens_from_one_client_service_stop_no_other(self):
        web, shop = self.service("web"), self.service("shop")
        kept = self.secret(self.corp.mint({"aud": "orders", "n": "kept"}))
        self.assertEqual(wire.verdict(web.verify(kept)), "VERIFIED")
        good = self.secret(self.corp.mint({"aud": "orders"}))
        # Issued before the last fetch, so that no new key can have signed them.
        before = int(time.time()) - 120
        forged = [Request(token=tokens.with_claims(good, n=i, iat=before))
                  for i in range(250)]
        seen, stop = {}, threading.Event()

        def flood():
            while not stop.is_set():
                for result in web.verify_many(forged):
                    verdict = wire.verdict(result)
                    seen[verdict] = seen.get(verdict, 0) + 1

        floods = [threading.Thread(target=flood) for _ in range(3)]
        for each in floods:
            each.start()
        try:
            wait_until(lambda: self.refused("signatures", "issuer") > 0,
                       "the flood is too much")
            slowest = 0
            for i in range(20):
                begun = time.monotonic()
                # The same issuer from another client service, another issuer
                # from the same one, and what is cached.
                for service, provider in ((shop, self.corp), (web, self.other)):
                    token = self.secret(
                        provider.mint({"aud": "orders", "n": str(i)}))
                    self.assertEqual(wire.verdict(service.verify(token)),
                                     "VERIFIED")
                self.assertEqual(wire.verdict(web.verify(kept)), "VERIFIED")
                slowest = max(slowest, time.monotonic() - begun)
        finally:
            stop.set()
            for each in floods:
                each.join()
        figure("flood of forged tokens", seen)
        figure("good tokens meanwhile, three calls, slowest",
               f"{slowest * 1000:.0f} ms")
        self.assertEqual(set(seen), {"SIGNATURE_INVALID", "OVERLOADED"})

    def test_tokens_that_wait_for_one_issuer_leave_room_for_others(self):
        web, shop = self.service("web"), self.service("shop")
        mold = self.secret(self.slow.mint({"aud": "orders"}))
        self.slow.fault(hang=True)
        unknown = [tokens.with_header(mold, kid=f"new-{i}")
                   for i in range(1500)]
        began = time.monotonic()
        batches = [web.tokens.BatchVerify.future(
            wire.tokens.BatchVerifyRequest(
                requests=[Request(token=t) for t in unknown[i:i + 250]]),
            timeout=20) for i in range(0, len(unknown), 250)]
        # The fetch of the slow issuer has begun, and web has too many waiting.
        wait_until(lambda: self.refused("keys", "issuer") > 0,
                   "too many tokens of one issuer wait")
        (waits,) = shop.verify_many(
            [Request(token=tokens.with_header(mold, kid="another"))])
        self.assertEqual(wire.verdict(waits), "KEYS_UNAVAILABLE")
        seen = {}
        for batch in batches:
            for result in batch.result().results:
                verdict = wire.verdict(result)
                seen[verdict] = seen.get(verdict, 0) + 1
        figure("tokens that waited for a slow issuer", seen)
        self.assertEqual(set(seen), {"KEYS_UNAVAILABLE", "OVERLOADED"})
        # No answer waits for longer than 2 s, whatever unknown_kid_wait says.
        figure("the slowest answer", f"{time.monotonic() - began:.1f} s")
        self.assertLess(time.monotonic() - began, 9)


class Memory(Scene):
    """What is sent to a usherd that may use 256 MiB."""

    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp),
                                limits={"memory": "256MiB"},
                                token_cache={"bytes": "8MiB"})

    def raw(self, method, address=None):
        channel = grpc.insecure_channel(
            address or self.daemon.address,
            options=[("grpc.max_send_message_length", -1)])
        self.addCleanup(channel.close)
        return channel.unary_unary(f"/usher.v1.{method}")

    def code(self, call, body, **how):
        try:
            call(body, timeout=20, **how)
        except grpc.RpcError as error:
            return error.code().name
        return "OK"

    def grown(self, attack):
        before = self.daemon.rss_kib()
        attack()
        return (self.daemon.rss_kib() - before) // 1024

    def test_millions_of_empty_elements_cost_little(self):
        empty = b"\x0a\x00" * (2 << 20)  # 4 MiB
        nested = b"\x12\x00" * (2 << 20)

        def attack():
            for method, body in (("TokenService/Verify", nested),
                                 ("TokenService/Introspect", nested),
                                 ("TokenService/BatchVerify", empty)):
                self.assertEqual(self.code(self.raw(method), body),
                                 "INVALID_ARGUMENT")
            small = b"\x0a\x00" * (100 << 10)
            for method in ("RefreshKeys", "Explain", "ListIssuers"):
                call = self.raw(f"AdminService/{method}",
                                self.daemon.admin_address)
                self.assertEqual(self.code(call, small), "INVALID_ARGUMENT")

        grown = self.grown(attack)
        figure("RSS after 4 MiB of empty elements", f"{grown} MiB more")
        self.assertLess(grown, 64)

    def test_a_compressed_request_is_unimplemented(self):
        call = self.raw("TokenService/BatchVerify")
        body = b"\x0a\x00" * (2 << 20)
        self.assertLess(len(gzip.compress(body)), 10_000)

        def attack():
            for algorithm in (grpc.Compression.Gzip, grpc.Compression.Deflate):
                for _ in range(12):
                    self.assertEqual(
                        self.code(call, body, compression=algorithm),
                        "UNIMPLEMENTED")

        grown = self.grown(attack)
        figure("RSS after 24 compressed requests", f"{grown} MiB more")
        self.assertLess(grown, 32)

    def test_more_than_5_mib_are_refused(self):
        call = self.raw("TokenService/Verify")
        token = b"x" * (5 << 20)
        self.assertEqual(self.code(call, token), "INVALID_ARGUMENT")
        self.assertEqual(self.code(call, token + b"x"), "RESOURCE_EXHAUSTED")

    @unittest.skipIf(places.SANITIZED,
                     "AddressSanitizer keeps what was freed")
    def test_memory_is_given_back(self):
        # 4 MiB that are accepted: one batch of tokens that are too long.
        batch = wire.tokens.BatchVerifyRequest(
            requests=[Request(token="x" * 16_000)] * 256)
        before = self.daemon.rss_kib()
        calls = [self.daemon.service.tokens.BatchVerify.future(batch, timeout=30)
                 for _ in range(12)]
        for call in calls:
            call.exception()
        wait_until(lambda: self.daemon.rss_kib() < before + (24 << 10),
                   "the memory has been given back")


class UnfinishedMessages(Scene):
    """Clients that send much and finish nothing, beside a good one."""

    MEMORY_MIB = 256

    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.daemon = cls.usherd(usherd.issuer(cls.corp),
                                limits={"memory": f"{cls.MEMORY_MIB}MiB"},
                                token_cache={"bytes": "8MiB"})

    def test_do_not_take_more_memory_than_there_is(self):
        port = self.daemon.address.rsplit(":", 1)[1]
        program = pathlib.Path(__file__).parent / "harness/unfinished.py"
        clients = [subprocess.Popen([sys.executable, program, port])
                   for _ in range(4)]
        seen = {}
        try:
            until = time.monotonic() + 8
            while time.monotonic() < until:
                token = self.secret(self.corp.mint({"aud": "orders"}))
                try:
                    verdict = wire.verdict(self.daemon.service.verify(token))
                except grpc.RpcError as error:
                    verdict = error.code().name
                seen[verdict] = seen.get(verdict, 0) + 1
        finally:
            for client in clients:
                client.kill()
                client.wait()
        peak = self.daemon.peak_rss_kib() >> 10
        figure("unfinished messages: most memory", f"{peak} MiB")
        figure("a good client meanwhile", seen)
        self.assertEqual(set(seen), {"VERIFIED"})
        if not places.SANITIZED:
            self.assertLess(peak, self.MEMORY_MIB)


if __name__ == "__main__":
    unittest.main()
