"""Load from a separate process, so that the test does not slow it down.

    python3 -m harness.load <<< '{"address": ..., "mode": ..., ...}'

mode "flood":  `count` calls spread over `seconds`, each with one of `tokens`
               under a random kid; many at once
mode "steady": one call after the other for `seconds`, `tokens` in turn

Prints {"verdicts": {...}, "p50_ms": ..., "p99_ms": ..., "max_ms": ...}.
"""

import collections
import json
import random
import subprocess
import sys
import threading
import time

import grpc

from . import tokens as jws
from . import wire

# What a flood has under way at once at most.
WINDOW = 400


def percentile(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1,
                             int(len(sorted_values) * share))]


def flood(stub, spec):
    verdicts = collections.Counter()
    took = []
    lock = threading.Lock()
    room = threading.Semaphore(WINDOW)

    def done(call, began):
        verdict = wire.verdict_of(call.result)
        with lock:
            verdicts[verdict] += 1
            took.append(time.monotonic() - began)
        room.release()

    began = time.monotonic()
    for i in range(spec["count"]):
        early = began + spec["seconds"] * i / spec["count"] - time.monotonic()
        if early > 0.005:
            time.sleep(early)
        token = jws.with_header(random.choice(spec["tokens"]),
                                kid=f"{random.getrandbits(64):x}")
        room.acquire()
        sent = time.monotonic()
        call = stub.Verify.future(wire.tokens.VerifyRequest(token=token),
                                  timeout=10)
        call.add_done_callback(lambda call, sent=sent: done(call, sent))
    for _ in range(WINDOW):
        room.acquire()
    return verdicts, took, time.monotonic() - began


def steady(stub, spec):
    verdicts = collections.Counter()
    took = []
    began = time.monotonic()
    i = 0
    while time.monotonic() - began < spec["seconds"]:
        request = wire.tokens.VerifyRequest(
            token=spec["tokens"][i % len(spec["tokens"])])
        sent = time.monotonic()
        verdict = wire.verdict_of(lambda: stub.Verify(request, timeout=10))
        verdicts[verdict] += 1
        took.append(time.monotonic() - sent)
        i += 1
        time.sleep(0.002)
    return verdicts, took, time.monotonic() - began


def main():
    spec = json.load(sys.stdin)
    channel = grpc.insecure_channel(spec["address"])
    stub = wire.token_rpc.TokenServiceStub(channel)
    mode = {"flood": flood, "steady": steady}[spec["mode"]]
    verdicts, took, seconds = mode(stub, spec)
    took.sort()
    print(json.dumps({
        "verdicts": verdicts, "seconds": seconds,
        "p50_ms": percentile(took, 0.5) * 1e3,
        "p99_ms": percentile(took, 0.99) * 1e3,
        "max_ms": took[-1] * 1e3}))


class Load:
    """One such process, seen from the test."""

    def __init__(self, daemon, mode, **spec):
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL",
             sys.executable, "-m", "harness.load"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self._child.stdin.write(json.dumps(
            {"address": daemon.address, "mode": mode, **spec}))
        self._child.stdin.close()

    def result(self):
        text = self._child.stdout.read()
        self._child.stdout.close()
        if self._child.wait(60) != 0:
            raise AssertionError("the load generator failed")
        return json.loads(text)


if __name__ == "__main__":
    main()
