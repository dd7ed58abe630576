"""A client certificate that has expired or is revoked is refused at the next
call, on open connections and resumed sessions too."""

import os
import pathlib
import shutil
import socket
import ssl
import time
import unittest

import grpc

from harness import usherd, wire
from harness.certificates import Authority
from harness.scene import Scene
from harness.waiting import wait_until

UNAUTHENTICATED = "UNAUTHENTICATED"


def frame(kind, flags, stream, payload):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) +
            stream.to_bytes(4, "big") + payload)


def literal(name, value):
    return b"".join([b"\0", *(bytes([len(word)]) + word.encode()
                              for word in (name, value))])


class RawCall:
    """gRPC over a TLS connection of Python's own, whose session can be kept."""

    HEADERS = ((":method", "POST"), (":scheme", "https"),
               (":path", "/usher.v1.TokenService/Verify"),
               (":authority", "localhost"),
               ("content-type", "application/grpc"), ("te", "trailers"))

    def __init__(self, context, address, session=None):
        host, port = address.rsplit(":", 1)
        self.link = context.wrap_socket(
            socket.create_connection((host, int(port)), timeout=20),
            server_hostname=host, session=session)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def verify(self, token, known):
        """Whether the answer holds `known`, the subject of the token."""
        message = wire.tokens.VerifyRequest(token=token).SerializeToString()
        self.link.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") +
            frame(1, 4, 1, b"".join(literal(*header)
                                    for header in self.HEADERS)) +
            frame(0, 1, 1, b"\0" + len(message).to_bytes(4, "big") + message))
        received = b""
        while known not in received and b"grpc-status" not in received:
            more = self.link.recv(65536)
            if not more:
                break
            received += more
        return known in received


class ClientCertificates(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.authority = Authority(cls.directory)
        cls.server = cls.authority.issue("usherd", "IP:127.0.0.1")
        cls.corp = cls.issuer("corp")

    def start(self, name, **tls):
        tls = {"certificate": self.server[0], "private_key": self.server[1],
               "client_ca": self.authority.certificate, **tls}
        return self.usherd(
            usherd.issuer(self.corp), name=name, tls=tls,
            admin={"listen": "127.0.0.1:0", "tls": tls},
            callers=[{"name": "orders", "certificate": "orders.corp",
                      "audiences": ["orders"]}])

    def context(self, certificate, key):
        context = ssl.create_default_context(
            cafile=self.authority.certificate)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["h2"])
        return context

    def channel(self, address, certificate, key):
        read = lambda path: pathlib.Path(path).read_bytes()
        channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(
            read(self.authority.certificate), read(key), read(certificate)))
        self.addCleanup(channel.close)
        return channel

    def verify(self, channel):
        stub = wire.token_rpc.TokenServiceStub(channel)
        token = self.secret(self.corp.mint())
        return wire.verdict_of(lambda: stub.Verify(
            wire.tokens.VerifyRequest(token=token), timeout=20))

    def admin(self, channel):
        stub = wire.admin_rpc.AdminServiceStub(channel)
        try:
            stub.ListIssuers(wire.admin.ListIssuersRequest(), timeout=20)
            return "OK"
        except grpc.RpcError as error:
            return error.code().name

    def test_an_expired_certificate_is_refused_at_the_next_call(self):
        daemon = self.start("expiry")
        seconds = 15
        expires = time.monotonic() + seconds + 1
        mine = self.authority.issue_for("brief", "DNS:orders.corp", seconds)
        channels = [self.channel(address, *mine) for address in
                    (daemon.address, daemon.admin_address)]
        self.assertEqual(self.verify(channels[0]), "VERIFIED")
        self.assertEqual(self.admin(channels[1]), "OK")
        context = self.context(*mine)
        token = self.secret(self.corp.mint({"sub": "ada-of-tests"}))
        with RawCall(context, daemon.address) as call:
            self.assertTrue(call.verify(token, b"ada-of-tests"))
            session = call.link.session
        time.sleep(max(0, expires - time.monotonic()))
        # The same connections.
        self.assertEqual(self.verify(channels[0]), UNAUTHENTICATED)
        self.assertEqual(self.admin(channels[1]), UNAUTHENTICATED)
        # A resumed session: the handshake does not look at the dates again.
        with RawCall(context, daemon.address, session) as call:
            self.assertTrue(call.link.session_reused)
            self.assertFalse(call.verify(token, b"ada-of-tests"))
        refused = daemon.metrics()[
            'usher_client_certificates_refused_total'
            '{listener="listen",reason="expired"}']
        self.assertGreaterEqual(refused, 2)

    def test_a_revoked_certificate_is_refused_on_its_open_connection(self):
        lists = pathlib.Path(self.directory, "lists.pem")
        shutil.copy(self.authority.revocation_list(), lists)
        daemon = self.start("revocation", client_crl=str(lists))
        mine = self.authority.issue("mine", "DNS:orders.corp")
        other = self.authority.issue("theirs", "DNS:orders.corp")
        revoked, kept = (self.channel(daemon.address, *pair)
                         for pair in (mine, other))
        context = self.context(*mine)
        token = self.secret(self.corp.mint({"sub": "ada-of-tests"}))
        with RawCall(context, daemon.address) as call:
            self.assertTrue(call.verify(token, b"ada-of-tests"))
            session = call.link.session
        self.assertEqual([self.verify(revoked), self.verify(kept)],
                         ["VERIFIED", "VERIFIED"])
        self.authority.revoke(mine[0])
        shutil.copy(self.authority.revocation_list("next"), f"{lists}.new")
        os.rename(f"{lists}.new", lists)
        wait_until(lambda: self.verify(revoked) == UNAUTHENTICATED,
                   "the revoked certificate is refused")
        self.assertEqual(self.verify(kept), "VERIFIED")
        with RawCall(context, daemon.address, session) as call:
            self.assertFalse(call.verify(token, b"ada-of-tests"))
        # A file that cannot be used changes nothing and is reported.
        lists.write_text("nonsense")
        wait_until(lambda: daemon.metrics()[
            'usher_certificate_reloads_total'
            '{listener="listen",result="failed"}'] == 1, "it is counted")
        self.assertEqual(self.verify(revoked), UNAUTHENTICATED)
        self.assertEqual(self.verify(kept), "VERIFIED")
        self.assertIn("the last good lists are used", daemon.log())

    def test_an_expired_list_refuses_only_where_lists_are_required(self):
        lists = self.authority.revocation_list("brief", seconds=1)
        mine = self.authority.issue("required", "DNS:orders.corp")
        time.sleep(2.1)
        lenient = self.start("lenient", client_crl=lists)
        self.assertEqual(self.verify(self.channel(lenient.address, *mine)),
                         "VERIFIED")
        wait_until(lambda: "client_crl_expired" in lenient.log(),
                   "it is logged")
        strict = self.start("strict", client_crl=lists,
                            client_crl_required=True)
        self.assertEqual(self.verify(self.channel(strict.address, *mine)),
                         UNAUTHENTICATED)


if __name__ == "__main__":
    unittest.main()
