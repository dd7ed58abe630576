"""The guarded examples, running, and what their callers receive."""

import os
import subprocess

import grpc

from . import places, process, wire


def bearer(token):
    return [("authorization", f"Bearer {token}")] if token else []


class Example:
    """One of the examples, running."""

    def __init__(self, program, target, directory, *words):
        """`target`: where usherd is."""
        self._log = os.path.join(directory, f"{program}.err")
        with open(self._log, "ab") as err:
            self._child = subprocess.Popen(
                [places.program(program), "127.0.0.1:0", target, *words],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err,
                text=True)
        self.port = int(self._child.stdout.readline().split()[-1])
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")

    def log(self):
        with open(self._log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def rss_kib(self):
        return process.rss_kib(self._child.pid)

    def stop(self):
        """The exit status."""
        self._channel.close()
        self._child.stdin.close()
        self._child.stdout.close()
        return self._child.wait(60)


class Greeter(Example):
    SERVICE = "greeter.v1.Greeter"

    def ask(self, token, method="Hello", more=()):
        """The reply; raises the error that the caller gets. `more`: metadata."""
        rpc = self._channel.unary_unary(f"/{self.SERVICE}/{method}")
        return rpc(b"", metadata=[*bearer(token), *more], timeout=30)

    def call(self, token=None, method="Hello"):
        """(status code, the greeting or the error message)."""
        try:
            # One short field of text.
            return "OK", self.ask(token, method)[2:].decode()
        except grpc.RpcError as error:
            return error.code().name, error.details()

    def refusal(self, token=None, method="Hello"):
        """(ErrorInfo, the www-authenticate trailer)."""
        try:
            self.ask(token, method)
        except grpc.RpcError as error:
            return wire.detail(error, wire.error_details_pb2.ErrorInfo), dict(
                error.trailing_metadata()).get("www-authenticate")
        raise AssertionError("was admitted")


class Gateway(Greeter):
    SERVICE = "greeter.v1.Gateway"


class Chat(Example):
    def talk(self, token, said):
        """A stream of messages, each two short fields of text."""
        rpc = self._channel.stream_stream("/chat.v1.Chat/Talk")
        return rpc(iter(said), metadata=bearer(token), timeout=60)
