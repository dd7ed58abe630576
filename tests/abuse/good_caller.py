"""A good caller: one call after the other, each noted as a line
"SECONDS-SINCE-1970 MILLISECONDS VERDICT". A process of its own, so that the
attackers do not slow down its clock. Its description comes on standard input;
it ends when that is closed.
"""

import json
import pathlib
import sys
import threading
import time

import grpc

from harness import wire

DEADLINE = 5


def main():
    spec = json.loads(sys.stdin.readline())
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()),
                     daemon=True).start()
    read = lambda name: pathlib.Path(spec[name]).read_bytes()
    channel = grpc.secure_channel(spec["address"], grpc.ssl_channel_credentials(
        read("ca"), read("key"), read("certificate")))
    stub = wire.token_rpc.TokenServiceStub(channel)
    with open(spec["out"], "w", buffering=1) as out:
        count = 0
        while not over.wait(0.01):
            request = wire.tokens.VerifyRequest(
                token=spec["tokens"][count % len(spec["tokens"])])
            began = time.time()
            clock = time.monotonic()
            verdict = wire.verdict_of(
                lambda: stub.Verify(request, timeout=DEADLINE))
            took = (time.monotonic() - clock) * 1e3
            out.write(f"{began:.3f} {took:.2f} {verdict}\n")
            count += 1


if __name__ == "__main__":
    main()
