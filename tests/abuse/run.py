"""Two replicas of usherd under mixed abuse. See README.md.

    python3 run.py --minutes 3 --out build/abuse [--seed N]

Ends 0 if everything held that must hold, else 1.
"""

import argparse
import functools
import json
import os
import pathlib
import random
import resource
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(pathlib.Path(__file__).parent)]

import grpc  # noqa: E402

from harness import usherd, wire  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.dev_issuer import DevIssuer  # noqa: E402
from harness.usherd import Usherd  # noqa: E402
from harness.waiting import TooLate, wait_until  # noqa: E402

import http2  # noqa: E402
import report  # noqa: E402
from attacks import Attacks  # noqa: E402

AT_ONCE = 3      # attacks
DESCRIPTORS = 1024
TOKENS = 300


class World:
    """The replicas, and what good callers and attackers have."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.authority = Authority(directory)
        self.server_pairs = [
            self.authority.issue(f"usherd-{i}", "IP:127.0.0.1")
            for i in range(3)]
        self.tls = {"certificate": str(self.directory / "tls.crt"),
                    "private_key": str(self.directory / "tls.key"),
                    "client_ca": self.authority.certificate}
        shutil.copy(self.server_pairs[0][0], self.tls["certificate"])
        shutil.copy(self.server_pairs[0][1], self.tls["private_key"])
        self.good = self.authority.issue("good", "DNS:good.corp")
        self.attacker = self.authority.issue("attacker", "DNS:attacker.corp")
        self.issuer = DevIssuer(directory, "corp", alg="ES256")
        self.slow_issuer = DevIssuer(directory, "slow", alg="ES256")
        long = {"exp": int(time.time()) + 6 * 3600}
        self.good_tokens = [self.issuer.mint({"jti": str(i), **long})
                            for i in range(TOKENS)]
        self.replicas = [
            Usherd(directory, self.configuration(), name,
                   before=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
            for name in ("replica-a", "replica-b")]
        for replica in self.replicas:
            replica.started()
            wait_until(replica.ready, f"{replica.name} is ready")

    def configuration(self, log_level="warning"):
        callers = [{"name": name, "certificate": f"{name}.corp",
                    "audiences": ["orders"]} for name in ("good", "attacker")]
        return usherd.configuration(
            [usherd.issuer(self.issuer), usherd.issuer(self.slow_issuer)],
            tls=self.tls, callers=callers, log={"level": log_level},
            self_probe={"interval": "2s"})

    def channel(self, address, certificate, key, **options):
        read = lambda path: pathlib.Path(path).read_bytes()
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(
            read(self.authority.certificate), read(key), read(certificate)),
            options=[("grpc.use_local_subchannel_pool", 1), *options.items()])

    @functools.lru_cache(maxsize=None)
    def attacker_channel(self, replica):
        return self.channel(replica.address, *self.attacker)

    def attacker_context(self):
        context = ssl.create_default_context(cafile=self.authority.certificate)
        context.load_cert_chain(*self.attacker)
        context.set_alpn_protocols(["h2"])
        return context

    def stop(self):
        """What went wrong while stopping."""
        faults = []
        for process in (*self.replicas, self.issuer, self.slow_issuer):
            running = process.running()
            status = process.stop()
            if not running or status != 0:
                faults.append(f"{process.name} ended with {status}")
        return faults


class GoodCaller:
    def __init__(self, world, replica):
        self.replica = replica
        self.path = world.directory / f"{replica.name}.calls"
        self._child = subprocess.Popen(
            [sys.executable, "-B",
             pathlib.Path(__file__).with_name("good_caller.py")],
            stdin=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests/e2e")})
        self._child.stdin.write(json.dumps({
            "address": replica.address, "ca": world.authority.certificate,
            "certificate": world.good[0], "key": world.good[1],
            "tokens": world.good_tokens, "out": str(self.path)}) + "\n")
        self._child.stdin.flush()

    def stop(self):
        self._child.stdin.close()
        self._child.wait(60)


class MemoryWatch:
    def __init__(self, replicas):
        self.points = {replica.name: [] for replica in replicas}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(replicas,))
        self._thread.start()

    def _run(self, replicas):
        while not self._over.wait(0.5):
            for replica in replicas:
                if replica.running():
                    try:
                        mib = replica.rss_kib() / 1024
                    except (OSError, AssertionError):
                        continue
                    self.points[replica.name].append((time.time(), mib))

    def stop(self):
        self._over.set()
        self._thread.join()


def answers(world, replica):
    """Whether every listener answers a new connection."""
    for address in (replica.address, replica.admin_address):
        if address == replica.address:
            with http2.Link(world.attacker_context(), address) as link:
                if not link.socket.recv(1):
                    return False
    with grpc.insecure_channel(replica.admin_address, options=[
            ("grpc.use_local_subchannel_pool", 1)]) as channel:
        wire.admin_rpc.AdminServiceStub(channel).ListIssuers(
            wire.admin.ListIssuersRequest(), timeout=10)
    with world.channel(replica.address, *world.good) as channel:
        verdict = wire.verdict(wire.token_rpc.TokenServiceStub(channel).Verify(
            wire.tokens.VerifyRequest(token=world.good_tokens[0]), timeout=10))
    return verdict == "VERIFIED" and replica.get("/livez")[0] == 200


def abuse(world, seconds, chance, attacks):
    """Runs the attacks; [(time, name)] of their starts."""
    names = Attacks.names()
    end = time.monotonic() + seconds
    # Each attack comes up at least twice.
    slot = max(2.0, min(15.0, seconds * AT_ONCE / (2 * len(names))))
    begun, faults, left = [], [], []
    lock = threading.Lock()

    def worker():
        while time.monotonic() < end - 1:
            with lock:
                if not left:
                    left.extend(chance.sample(names, len(names)))
                name = left.pop()
                begun.append((time.time(), name))
            try:
                getattr(attacks, name)(min(end, time.monotonic() + slot))
            except Exception as error:  # the attack's, not usherd's
                with lock:
                    faults.append(f"{name}: {error!r}")
                time.sleep(0.5)

    threads = [threading.Thread(target=worker) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return begun, faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int,
                        default=random.SystemRandom().getrandbits(32))
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    options.out.mkdir(parents=True, exist_ok=True)
    seconds = options.minutes * 60
    quiet = max(8.0, seconds * 0.1)

    directory = tempfile.mkdtemp(prefix="usher-abuse-")
    world = World(directory)
    memory = MemoryWatch(world.replicas)
    callers = [GoodCaller(world, replica) for replica in world.replicas]
    attacks = Attacks(world, random.Random(options.seed))
    deaf = []
    try:
        starts = [time.time()]
        time.sleep(quiet)
        starts.append(time.time())
        begun, own_faults = abuse(world, max(10.0, seconds - 2 * quiet),
                                  random.Random(options.seed + 1), attacks)
        abuse_end = time.time()
        for replica in world.replicas:
            try:
                wait_until(lambda: answers(world, replica),
                           f"every listener of {replica.name} answers")
            except TooLate as error:
                deaf.append(f"{replica.name}: {error}")
        starts.append(time.time())
        time.sleep(quiet)
        end = time.time()
    finally:
        for caller in callers:
            caller.stop()
        memory.stop()
        crashes = world.stop()
    phases = {"before": (starts[0], starts[1]),
              "during": (starts[1], abuse_end),
              "after": (starts[2], end)}
    lines, faults = [f"seed {options.seed}, {options.minutes:g} minutes"], []
    for caller in callers:
        calls = report.Calls(caller.path, phases)
        for phase in phases:
            lines.append(f"{caller.replica.name} {phase:7}{calls.row(phase)}")
        denied = [verdict for counts in calls.verdicts.values()
                  for verdict in counts if verdict in DENIALS]
        if denied:
            faults.append(f"good tokens were denied: {denied}")
        if set(calls.verdicts["after"]) != {"VERIFIED"}:
            faults.append(f"{caller.replica.name}: calls fail after the abuse")
        points = memory.points[caller.replica.name]
        peak = max(mib for _, mib in points)
        lines.append(f"{caller.replica.name} memory {points[0][1]:.0f} MiB at "
                     f"first, {peak:.0f} at most, {points[-1][1]:.0f} at last")
    lines.append(f"attacks: {len(begun)} of {len(Attacks.names())} kinds")
    lines += [f"  {what}: {count}"
              for what, count in sorted(attacks.done.items())]
    lines.append(f"crashes {len(crashes)}, deaf listeners {len(deaf)}, "
                 f"forged tokens accepted {attacks.wrongly_accepted}")
    faults += crashes + deaf
    if attacks.wrongly_accepted:
        faults.append("forged tokens were accepted")
    lines += [f"note, an attack ended early: {fault}" for fault in own_faults]
    lines += [f"FAILED: {fault}" for fault in faults]
    report.plot(options.out / "memory.svg", memory.points, phases, begun)
    text = "\n".join(lines)
    (options.out / "summary.txt").write_text(text + "\n")
    print(text)
    print(f"plot: {options.out / 'memory.svg'}")
    if faults:
        for replica in world.replicas:
            print(f"--- the last lines of {replica.name}:")
            print("\n".join(replica.log().splitlines()[-30:]))
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return 1 if faults else 0


# A good token must never get one of these.
DENIALS = {wire.reasons.Reason.Name(number)
           for number in wire.reasons.Reason.values()} - {
    "REASON_UNSPECIFIED", "KEYS_UNAVAILABLE", "OVERLOADED"}

if __name__ == "__main__":
    sys.exit(main())
