"""usherd uses changed certificates, refuses unusable ones, and accepts no
outdated TLS."""

import collections
import contextlib
import hashlib
import os
import pathlib
import shutil
import socket
import ssl
import threading
import unittest
import warnings

import grpc

from harness import usherd, wire
from harness.certificates import RSA, Authority
from harness.scene import Scene, figure
from harness.waiting import wait_until

TLS = ssl.TLSVersion
# Each takes some seconds. A hundred are for special runs.
ROTATIONS = int(os.environ.get("USHER_TEST_ROTATIONS", "3"))


def antique(context, version, suites):
    """Allows versions and suites that this machine disables by default."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.set_ciphers(suites + ":@SECLEVEL=0")
        context.minimum_version = version
        context.maximum_version = version
    return context


class Certificates(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.authority = Authority(cls.directory)
        cls.mine = cls.authority.issue("orders", "DNS:orders")
        cls.corp = cls.issuer("corp")

    def start(self, name, pair=None):
        """usherd over mutual TLS. Its secrets are laid out as Kubernetes mounts
        them: links through `..data`, which is replaced in one step."""
        self.mount = pathlib.Path(self.directory, f"{name}-secret")
        self.mount.mkdir()
        self.versions = 0
        self.put(self.authority, *(
            pair or self.authority.issue(f"{name}-1", "IP:127.0.0.1")))
        for file in ("tls.crt", "tls.key", "ca.crt"):
            os.symlink(f"..data/{file}", self.mount / file)
        tls = {"certificate": str(self.mount / "tls.crt"),
               "private_key": str(self.mount / "tls.key"),
               "client_ca": str(self.mount / "ca.crt")}
        self.daemon = self.usherd(
            usherd.issuer(self.corp), name=name, tls=tls,
            admin={"listen": "127.0.0.1:0", "tls": tls},
            callers=[{"name": "orders", "certificate": "orders",
                      "audiences": ["orders"]}])

    def put(self, authority, certificate, key):
        """Another version of the secret, in one step."""
        self.versions += 1
        version = self.mount / f"..{self.versions}"
        version.mkdir()
        for source, file in ((certificate, "tls.crt"), (key, "tls.key"),
                             (authority.certificate, "ca.crt")):
            shutil.copy(source, version / file)
        os.symlink(version.name, self.mount / "..data_tmp")
        os.rename(self.mount / "..data_tmp", self.mount / "..data")

    def reloads(self, result, listener="listen"):
        return self.daemon.metrics()[
            f'usher_certificate_reloads_total{{listener="{listener}",'
            f'result="{result}"}}']

    def context(self):
        context = ssl.create_default_context(
            cafile=self.authority.certificate)
        context.load_cert_chain(*self.mine)
        context.set_alpn_protocols(["h2"])
        return context

    def connect(self, context, address=None):
        """The server's certificate, after a handshake and a first answer: a
        refused client sees the refusal only when it reads."""
        host, port = (address or self.daemon.address).rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=20) as plain:
            with context.wrap_socket(plain, server_hostname=host) as link:
                link.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                             b"\0\0\0\4\0\0\0\0\0")
                if not link.recv(1):
                    raise ConnectionError("closed")
                return link.getpeercert(binary_form=True)

    def shown(self, address=None):
        return self.connect(self.context(), address)

    def channel(self, pool):
        """`pool`: channels of one number may share a connection."""
        read = lambda path: pathlib.Path(path).read_bytes()
        certificate, key = map(read, self.mine)
        return grpc.secure_channel(
            self.daemon.address, grpc.ssl_channel_credentials(
                read(self.authority.certificate), key, certificate),
            options=[("grpc.use_local_subchannel_pool", 1),
                     ("usher.pool", pool)])

    def test_a_rotated_certificate_is_used_and_no_call_fails(self):
        self.start("rotated")
        first = self.shown()
        ends = collections.Counter()
        over = threading.Event()
        kept = self.channel(0)
        self.addCleanup(kept.close)

        def load(number):
            old = wire.token_rpc.TokenServiceStub(kept)
            while not over.is_set():
                with self.channel(number) as fresh:
                    for stub in (old, wire.token_rpc.TokenServiceStub(fresh)):
                        token = self.secret(self.corp.mint())
                        ends[wire.verdict_of(lambda: stub.Verify(
                            wire.tokens.VerifyRequest(token=token),
                            timeout=20))] += 1

        threads = [threading.Thread(target=load, args=(i,)) for i in (1, 2)]
        for thread in threads:
            thread.start()
        try:
            for count in range(1, ROTATIONS + 1):
                at_least = ends["VERIFIED"] + 20
                wait_until(lambda: ends["VERIFIED"] >= at_least, "calls end")
                self.put(self.authority, *self.authority.issue(
                    f"rotated-again-{count}", "IP:127.0.0.1"))
                for listener in ("listen", "admin"):
                    wait_until(lambda: self.reloads("ok", listener) == count,
                               f"{listener} uses change {count}")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        for end, count in ends.items():
            figure(f"calls during {ROTATIONS} rotations: {end}", count)
        self.assertEqual(set(ends), {"VERIFIED"})
        last = self.shown()
        self.assertNotEqual(first, last)
        self.assertEqual(self.shown(self.daemon.admin_address), last)
        self.assertIn("certificate_changed", self.daemon.log())
        self.assertIn(hashlib.sha256(last).hexdigest(), self.daemon.log())

    def test_an_unusable_pair_is_not_used_until_it_is_corrected(self):
        self.start("mismatched")
        first = self.shown()
        certificate, key = self.authority.issue("next", "IP:127.0.0.1")
        _, other_key = self.authority.issue("other", "IP:127.0.0.1")
        empty = pathlib.Path(self.directory, "empty")
        empty.touch()
        half = pathlib.Path(self.directory, "half")
        half.write_text(pathlib.Path(certificate).read_text()[:300])
        for count, (pair, why) in enumerate((
                ((certificate, other_key), "is the key of another certificate"),
                ((empty, key), "tls.crt: is empty"),
                ((half, key), "tls.crt: has a certificate that cannot be read")), 1):
            with self.subTest(why):
                self.put(self.authority, *pair)
                wait_until(lambda: self.reloads("failed") == count,
                           "it is refused")
                self.assertIn(why, self.daemon.log())
                self.assertEqual(self.shown(), first)
        self.assertEqual(self.reloads("ok"), 0)
        self.put(self.authority, certificate, key)
        wait_until(lambda: self.reloads("ok") == 1, "it is used")
        self.assertEqual(self.shown(), ssl.PEM_cert_to_DER_cert(
            pathlib.Path(certificate).read_text()))
        # Logged once, not at each check of the files.
        self.assertEqual(
            self.daemon.log().count('"certificate_refused","listener":"listen"'),
            3)

    def test_metrics_have_the_validity_of_the_certificates(self):
        self.start("measured")
        _, text = self.daemon.get("/metrics")
        for which, path in (("server", self.mount / "tls.crt"),
                            ("client_ca", self.mount / "ca.crt")):
            told = ssl._ssl._test_decode_cert(str(path))
            for metric, member in (("start", "notBefore"),
                                   ("expiry", "notAfter")):
                self.assertEqual(
                    self.daemon.metrics()[
                        f"usher_certificate_{metric}_timestamp_seconds"
                        f'{{listener="listen",certificate="{which}"}}'],
                    ssl.cert_time_to_seconds(told[member]))

    def outdated(self, version, suites):
        return antique(self.context(), version, suites)

    def everything_else(self, pair):
        """The address of a server that accepts every version and suite."""
        context = antique(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
                          TLS.MINIMUM_SUPPORTED, "ALL:COMPLEMENTOFALL")
        context.maximum_version = TLS.MAXIMUM_SUPPORTED
        context.load_cert_chain(*pair)
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)

        def serve():
            while True:
                try:
                    plain, _ = listening.accept()
                except OSError:
                    return  # closed
                with plain, contextlib.suppress(OSError), context.wrap_socket(
                        plain, server_side=True) as link:
                    link.sendall(b"x")
                    while link.recv(1000):
                        pass

        threading.Thread(target=serve, daemon=True).start()
        return "127.0.0.1:%d" % listening.getsockname()[1]

    def test_outdated_tls_is_refused(self):
        pair = self.authority.issue("modern", "IP:127.0.0.1", RSA)
        self.start("modern", pair)
        control = self.everything_else(pair)
        for version, suites in (
                (TLS.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256"),
                (TLS.TLSv1_2, "ECDHE-RSA-AES256-GCM-SHA384"),
                (TLS.TLSv1_3, "ALL")):
            self.assertTrue(self.connect(self.outdated(version, suites)))
        for what, version, suites in (
                ("TLS 1.0", TLS.TLSv1, "ALL"),
                ("TLS 1.1", TLS.TLSv1_1, "ALL"),
                ("CBC", TLS.TLSv1_2, "ECDHE-RSA-AES128-SHA"),
                ("CBC with SHA-2", TLS.TLSv1_2, "ECDHE-RSA-AES256-SHA384"),
                ("RSA key exchange", TLS.TLSv1_2, "AES128-GCM-SHA256"),
                ("no encryption", TLS.TLSv1_2, "ECDHE-RSA-NULL-SHA")):
            with self.subTest(what):
                outdated = self.outdated(version, suites)
                # This client can connect to another server.
                self.assertTrue(self.connect(outdated, control))
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    self.connect(outdated)


if __name__ == "__main__":
    unittest.main()
