"""Guarded servers with real tokens and a real usherd, also a killed one."""

import collections
import signal
import threading
import time
import unittest

import grpc

from harness import tokens, usherd, wire
from harness.guarded import Chat, Greeter
from harness.scene import Scene
from harness.waiting import wait_until

STYLES = ("greeter_sync", "greeter_callback", "greeter_queue")


class Guard(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256", kid="k1")

    def daemon(self, name):
        """An usherd that a test may kill; always at the same address."""
        text = usherd.configuration(
            [usherd.issuer(self.corp)],
            listen=f"unix:{self.directory}/usherd.sock")
        daemon = usherd.Usherd(self.directory, text, name).started()
        self.addCleanup(lambda: daemon.running() and daemon.stop())
        wait_until(daemon.ready, "/readyz says ready")
        return daemon

    def greeter(self, style, token):
        """A greeter that has admitted `token`: usherd's health service says
        SERVING shortly after /readyz does."""
        greeter = Greeter(style, f"unix:{self.directory}/usherd.sock",
                          self.directory)
        self.addCleanup(greeter.stop)
        wait_until(lambda: greeter.call(token)[0] == "OK", "usherd serves")
        return greeter

    def good(self, subject="ada", **claims):
        return self.secret(self.corp.mint(
            {"aud": "orders", "sub": subject, **claims}))

    def test_every_style_of_server_admits_exactly_the_allowed_callers(self):
        self.daemon("usherd-styles")
        token = self.good()
        late = self.secret(self.corp.mint_at(-600, 300, aud="orders"))
        forged = tokens.with_claims(token, sub="eve")
        for style in STYLES:
            with self.subTest(style):
                greeter = self.greeter(style, token)
                for _ in range(2):  # from usherd, then from memory
                    self.assertEqual(greeter.call(token), ("OK", "hello, ada"))
                    self.assertRegex(
                        " ".join(greeter.call(late)),
                        "^UNAUTHENTICATED invalid_token: TOKEN_EXPIRED: ")
                    self.assertRegex(
                        " ".join(greeter.call(forged)),
                        "^UNAUTHENTICATED invalid_token: SIGNATURE_INVALID: ")
                self.assertRegex(" ".join(greeter.call()),
                                 "^UNAUTHENTICATED TOKEN_MISSING: ")
                self.assertRegex(
                    " ".join(greeter.call(
                        self.corp.mint({"aud": "billing"}))),
                    "^UNAUTHENTICATED invalid_token: AUDIENCE_MISMATCH: ")
                self.assertRegex(
                    " ".join(greeter.call(token, "Forget")),
                    "^PERMISSION_DENIED insufficient_scope: "
                    "SCOPE_INSUFFICIENT: needs greeter.write")
                self.assertEqual(
                    greeter.call(self.good(scope="greeter.write"), "Forget"),
                    ("OK", "forgotten"))
                self.assertEqual(greeter.call(method="Version"), ("OK", "1"))
                self.assertNotIn(token, greeter.log())

    def test_a_token_that_a_proxy_sends_in_a_header_of_its_own(self):
        self.daemon("usherd-header")
        greeter = Greeter("greeter_policy", f"unix:{self.directory}/usherd.sock",
                          self.directory, "", "x-example-jwt-assertion")
        self.addCleanup(greeter.stop)

        def call(*metadata):
            try:
                return greeter.ask(None, more=metadata)[2:].decode()
            except grpc.RpcError as error:
                return error.details()
        token = self.good()
        assertion = ("x-example-jwt-assertion", token)
        wait_until(lambda: call(assertion).startswith("hello, ada"),
                   "usherd serves")
        other = ("authorization", f"Bearer {self.good('eve')}")
        self.assertRegex(call(other, assertion), "^hello, ada")
        self.assertRegex(call(other), "^TOKEN_MISSING: .*x-example-jwt-assertion")
        self.assertRegex(call(assertion, assertion), "TOKEN_MULTIPLE: ")
        self.assertRegex(
            call((assertion[0], tokens.with_claims(token, sub="eve"))),
            "^invalid_token: SIGNATURE_INVALID: ")

    def test_a_guarded_service_sends_error_details(self):
        self.daemon("usherd-rich")
        token = self.good()
        late = self.secret(self.corp.mint_at(-600, 300, aud="orders"))
        greeter = self.greeter("greeter_sync", token)
        for _ in range(2):  # from usherd, then from memory
            info, challenge = greeter.refusal(token, "Forget")
            self.assertEqual((info.reason, info.domain),
                             ("SCOPE_INSUFFICIENT", "usher.dev"))
            self.assertEqual(dict(info.metadata),
                             {"scope": "greeter.write", "scope_match": "all"})
            self.assertRegex(challenge, '^Bearer error="insufficient_scope", '
                                        '.*, scope="greeter.write"$')
            # Without a verified token a call ends at the gate, and so do the
            # calls of a server without a GuardedService.
            self.assertEqual(greeter.refusal(late), (None, None))
            self.assertEqual(greeter.refusal(), (None, None))
        plain = self.greeter("greeter_callback", token)
        self.assertEqual(plain.refusal(token, "Forget"), (None, None))

    def test_the_chat_ends_a_stream_whose_token_expires(self):
        self.daemon("usherd-chat")
        target = f"unix:{self.directory}/usherd.sock"
        chat = Chat("chat", target, self.directory)
        self.addCleanup(chat.stop)
        hello = b"\x0a\x05hello"
        heard = b"\x12\x03ada"

        def said():
            yield hello
            over.wait(60)  # the stream stays open until the server ends it

        over = threading.Event()
        self.addCleanup(over.set)

        def greeted():
            try:
                messages = list(chat.talk(self.good(), [hello]))
                return messages == [hello + heard]
            except grpc.RpcError:
                return False
        wait_until(greeted, "usherd serves")
        stream = chat.talk(
            self.secret(self.corp.mint_at(-10, 13, aud="orders", sub="ada")),
            said())
        with self.assertRaises(grpc.RpcError) as caught:
            for message in stream:
                self.assertEqual(message, hello + heard)
        error = caught.exception
        self.assertEqual(error.code().name, "UNAUTHENTICATED")
        self.assertEqual(error.details(),
                         "invalid_token: TOKEN_EXPIRED: expired during the "
                         "call")
        self.assertEqual(
            wire.detail(error, wire.error_details_pb2.ErrorInfo).reason,
            "TOKEN_EXPIRED")

    def test_after_usherd_is_killed_cached_callers_continue_and_forgers_are_refused(
            self):
        daemon = self.daemon("usherd-killed")
        regular = self.good("regular")
        greeter = self.greeter("greeter_callback", regular)
        forged = tokens.with_claims(regular, sub="eve")
        self.assertEqual(greeter.call(regular), ("OK", "hello, regular"))
        ends = collections.Counter()
        over = threading.Event()
        began = time.monotonic()

        def load():
            count = 0
            while not over.is_set():
                count += 1
                for who, token in (
                        ("regular", regular),
                        ("new", self.corp.mint({"aud": "orders"})),
                        ("forged", forged[:-8] + f"{count:08d}")):
                    code, _ = greeter.call(token)
                    second = int(time.monotonic() - began)
                    ends[second, who, code] += 1

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        seen = lambda who, code: sum(
            count for (_, *end), count in list(ends.items())
            if end == [who, code])
        wait_until(lambda: seen("new", "OK") >= 30, "new callers come in")
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        wait_until(lambda: seen("new", "UNAVAILABLE") >= 30,
                   "new callers get UNAVAILABLE")
        self.daemon("usherd-again")
        before = seen("new", "OK")
        wait_until(lambda: seen("new", "OK") >= before + 30,
                   "new callers come in again")
        over.set()
        for thread in threads:
            thread.join()
        for (second, who, code), count in sorted(ends.items()):
            print(f"second {second}: {who} {code}: {count}")
        kinds = {(who, code) for _, who, code in ends}
        self.assertEqual(kinds, {
            ("regular", "OK"), ("new", "OK"), ("new", "UNAVAILABLE"),
            ("forged", "UNAUTHENTICATED"), ("forged", "UNAVAILABLE")})


if __name__ == "__main__":
    unittest.main()
