#!/usr/bin/env python3
"""Opaque tokens under load: what one client service gets, and another meanwhile.

    bench/introspection_load.py [TOKENS]    default: 10000

Needs the programs of tools/build release, and python3-grpcio. The issuer answers
after 50 ms, so 64 questions at a time are at most 1280 a second. Four parts:

  distinct   TOKENS different tokens, 500 at a time, from one client service
  repeated   100 tokens, each 100 times
  beside     another client service asks one token after the other, alone and
             during "distinct"
  flood      the same while the first one sends random texts
"""

import pathlib
import random
import string
import sys
import tempfile
import threading
import time
from concurrent import futures

import grpc

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))

from harness import usherd, wire  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.dev_issuer import DevIssuer  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

DELAY = 0.050
IN_FLIGHT = 64
BATCH = 250  # two at a time: 500 tokens


def status(process, name):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines()
                    if line.startswith(name + ":")))


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text()
    user, system = fields.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / 100


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] * 1e3


class Run:
    def __init__(self, directory):
        authority = Authority(directory)
        certificate, key = authority.issue("usherd", "IP:127.0.0.1")
        self.authority = authority
        self.certificates = {name: authority.issue(name)
                             for name in ("orders", "billing")}
        self.corp = DevIssuer(directory, "corp", alg="ES256")
        secret = pathlib.Path(directory) / "secret"
        secret.write_text("usher-secret")
        issuer = usherd.issuer(self.corp, introspection={
            "endpoint": self.corp.said["introspection_url"],
            "client_id": "usher", "secret_file": str(secret),
            "default": True, "max_in_flight": IN_FLIGHT})
        self.daemon = usherd.Usherd(directory, usherd.configuration(
            [issuer],
            tls={"certificate": certificate, "private_key": key,
                 "client_ca": authority.certificate},
            callers=[{"name": name, "certificate": name,
                      "audiences": ["orders"]}
                     for name in self.certificates])).started()
        wait_until(self.daemon.ready, "usherd is ready")
        self.corp.fault("/introspect", delay_ms=int(DELAY * 1000))

    def stub(self, caller):
        read = lambda path: pathlib.Path(path).read_bytes()
        certificate, key = self.certificates[caller]
        channel = grpc.secure_channel(
            self.daemon.address, grpc.ssl_channel_credentials(
                read(self.authority.certificate), read(key),
                read(certificate)))
        return wire.token_rpc.TokenServiceStub(channel)

    def mint(self, count):
        with futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda _: self.corp.mint_opaque(),
                                 range(count)))

    def verify(self, stub, tokens):
        """Counts of verdicts, seconds."""
        counts = {}
        lock = threading.Lock()

        def one(batch):
            results = stub.BatchVerify(wire.tokens.BatchVerifyRequest(
                requests=[wire.tokens.VerifyRequest(token=token)
                          for token in batch]), timeout=60).results
            with lock:
                for result in results:
                    name = wire.verdict(result)
                    counts[name] = counts.get(name, 0) + 1

        began = time.monotonic()
        with futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(one, [tokens[i:i + BATCH]
                                for i in range(0, len(tokens), BATCH)]))
        return counts, time.monotonic() - began

    def beside(self, tokens, ended):
        """Milliseconds of one call after the other until `ended`."""
        stub = self.stub("billing")
        took, verdicts = [], {}
        for token in tokens:
            if ended.is_set():
                break
            sent = time.monotonic()
            verdict = wire.verdict_of(lambda: stub.Verify(
                wire.tokens.VerifyRequest(token=token), timeout=10))
            took.append(time.monotonic() - sent)
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
        return took, verdicts

    def with_another(self, name, tokens, work):
        ended = threading.Event()
        with futures.ThreadPoolExecutor(1) as pool:
            other = pool.submit(self.beside, tokens, ended)
            result = work()
            ended.set()
            took, verdicts = other.result()
        print(f"{name}: the other service: {len(took)} calls {verdicts}, "
              f"p50 {percentile(took, .5):.0f} ms, "
              f"p99 {percentile(took, .99):.0f} ms, "
              f"max {max(took) * 1e3:.0f} ms", flush=True)
        return result


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    with tempfile.TemporaryDirectory() as directory:
        run = Run(directory)
        try:
            measure(run, count)
        finally:
            run.daemon.stop()
            run.corp.stop()


def measure(run, count):
    stub = run.stub("orders")
    others = run.mint(3000)
    tokens = run.mint(count)
    run.verify(stub, run.mint(IN_FLIGHT))  # opens the connections
    before = status(run.daemon, "VmRSS")
    cpu = cpu_seconds(run.daemon)
    asked = run.corp.introspections()
    counts, took = run.verify(stub, tokens)
    print(f"distinct: {count} tokens in {took:.2f} s: {count / took:.0f}/s, "
          f"{count / took / (IN_FLIGHT / DELAY):.0%} of {IN_FLIGHT} in flight "
          f"/ {DELAY * 1e3:.0f} ms; {counts}; "
          f"{run.corp.introspections() - asked} requests at the issuer")
    print(f"distinct: usherd: {status(run.daemon, 'Threads')} threads, "
          f"{before / 1024:.0f} -> {status(run.daemon, 'VmRSS') / 1024:.0f} MiB, "
          f"{(cpu_seconds(run.daemon) - cpu) / count * 1e6:.0f} us of CPU a "
          "token", flush=True)

    hundred = run.mint(100)
    asked = run.corp.introspections()
    counts, took = run.verify(stub, hundred * 100)
    print(f"repeated: 100 tokens 100 times in {took:.2f} s: {counts}; "
          f"{run.corp.introspections() - asked} requests at the issuer",
          flush=True)

    run.with_another("alone", others[:40], lambda: time.sleep(2.4))
    again = run.mint(count)
    counts, took = run.with_another(
        "distinct", others[100:1000], lambda: run.verify(stub, again))
    print(f"distinct: the first service meanwhile: {count / took:.0f}/s",
          flush=True)
    letters = string.ascii_letters + string.digits
    random_texts = ["".join(random.choices(letters, k=43))
                    for _ in range(count)]
    counts, took = run.with_another(
        "flood", others[1000:], lambda: run.verify(stub, random_texts))
    print(f"flood: {count / took:.0f} random texts a second: {counts}")
    metrics = run.daemon.metrics()
    for name in sorted(metrics):
        if "introspection_cache" in name or "introspections_total" in name:
            print(f"  {name} {metrics[name]:.0f}")


if __name__ == "__main__":
    main()
