"""What tools/demo shows. Each line is an answer of the real programs.

Standard library only. Exit status: 0 if every answer was the right one.
"""

import argparse
import base64
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time

from demo_stage import Stage

# What the story must have moved.
METRICS = [
    'usher_verdicts_total{issuer="corp",result="VERIFIED"}',
    'usher_verdicts_total{issuer="partner",result="VERIFIED"}',
    'usher_verdicts_total{issuer="corp",result="TOKEN_EXPIRED"}',
    "usher_key_set_fetch_duration_seconds_count",
    'usher_stale_keys_served_total{issuer="corp"}',
    "usher_token_cache_hits_total",
]


def encoded(members):
    data = base64.urlsafe_b64encode(json.dumps(members).encode())
    return data.decode().rstrip("=")


def unsigned(token):
    """The same claims with `alg` none and no signature."""
    header = encoded({"alg": "none", "typ": "at+jwt"})
    return f"{header}.{token.split('.')[1]}."


def edited(token, **claims):
    """The same token with claims changed: its signature cannot hold."""
    header, payload, signature = token.split(".")
    data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return f"{header}.{encoded({**json.loads(data), **claims})}.{signature}"


def describe(status, answer):
    """One answer of `usher verify --json`: (verdict, details)."""
    if "verified" in answer:
        token = answer["verified"]
        about = f"{token['subject']}, by {token['keyId']}"
        if token["staleKeys"]:
            about += ", stale"
        return "VERIFIED", about
    for kind in ("denial", "undecided"):
        if kind in answer:
            return answer[kind]["reason"], answer[kind]["message"]
    return f"exit status {status}", str(answer)


class Demo:
    def __init__(self, stage):
        self.stage = stage
        self.right = self.total = 0

    def heading(self, text):
        print(f"\n{text}", flush=True)

    def line(self, what, is_right, answer, expected):
        self.total += 1
        self.right += is_right
        mark = "ok   " if is_right else "WRONG"
        shown = answer if is_right else f"{answer} (expected: {expected})"
        print(f"  {mark} {what:<32} {shown}", flush=True)

    def metric(self, name, moved_by):
        self.line(f"{name:<60}", moved_by > 0, f"+{moved_by:.0f}", "more")

    def token(self, what, token, expected):
        """Verifies `token` and prints the answer."""
        status, answer = self.stage.ask(token)
        verdict, about = describe(status, answer)
        wanted_status = 0 if expected == "VERIFIED" else 1
        shown = f"{verdict} {about}" if verdict == "VERIFIED" else verdict
        self.line(what, verdict == expected and status == wanted_status,
                  shown, expected)

    def until(self, what, token, wanted, only, within=40):
        """Verifies `token` until `wanted` accepts the answer. Every answer
        before that must be one of `only`."""
        began = time.monotonic()
        while True:
            status, answer = self.stage.ask(token)
            verdict, about = describe(status, answer)
            arrived = wanted(answer)
            late = time.monotonic() - began > within
            if arrived or late or verdict not in only:
                break
        took = time.monotonic() - began
        self.line(what, arrived, f"{verdict} {about} ({took:.1f} s)",
                  wanted.__doc__)


def fresh(answer):
    """VERIFIED, keys fresh"""
    return "verified" in answer and not answer["verified"]["staleKeys"]


def stale(answer):
    """VERIFIED, keys stale"""
    return "verified" in answer and answer["verified"]["staleKeys"]


def run(demo):
    stage = demo.stage
    corp, partner = stage.corp, stage.partner
    now = int(time.time())
    before = stage.metrics()

    print("Usher at work. Each line is an answer of the real programs.")
    print(f"  corp     issues {corp.alg} tokens at {corp.url}")
    print(f"  partner  issues {partner.alg} tokens at {partner.url}")
    print(f"  usherd   verifies them at {stage.address}, asked by usher verify")

    demo.heading("A good token of each issuer")
    good = corp.mint({"sub": "ada"})
    demo.token("corp's, for ada", good, "VERIFIED")
    demo.token("partner's, for bob", partner.mint({"sub": "bob"}), "VERIFIED")

    demo.heading("Denied tokens, and why")
    demo.token("expired an hour ago",
                corp.mint({"iat": now - 3900, "exp": now - 3600}),
                "TOKEN_EXPIRED")
    demo.token("meant for another service", corp.mint({"aud": "billing"}),
                "AUDIENCE_MISMATCH")
    demo.token("forged: a claim was edited", edited(good, sub="root"),
                "SIGNATURE_INVALID")
    demo.token("forged: partner signs as corp",
                partner.mint({"iss": corp.url}, header={"kid": "corp-1"}),
                "ALGORITHM_NOT_ALLOWED")
    demo.token("from an issuer not configured",
                corp.mint({"iss": "https://login.evil.example"}),
                "ISSUER_UNKNOWN")
    demo.token('unsigned: algorithm "none"', unsigned(good),
                "ALGORITHM_NOT_ALLOWED")
    demo.token("bound to a key (cnf), used bare",
                corp.mint({"cnf": {"jkt": "0" * 43}}),
                "TOKEN_BINDING_UNSUPPORTED")

    kid = corp.rotate()
    demo.heading(f"corp signs with a new key ({kid}); usherd runs on")
    demo.until("the new key's first token", corp.mint({"sub": "ada"}),
                fresh, {"KEYS_UNAVAILABLE", "VERIFIED"})
    demo.token("the old key's token", good, "VERIFIED")

    corp.break_down()
    demo.heading("corp's key server fails (HTTP 503)")
    demo.until("its tokens, keys past freshness", good, stale, {"VERIFIED"})
    demo.token("partner's, meanwhile", partner.mint({"sub": "bob"}),
                "VERIFIED")
    corp.recover()
    demo.until("corp's, once it is back", good, fresh, {"VERIFIED"})

    demo.heading("What moved on /metrics meanwhile")
    after = stage.metrics()
    for name in METRICS:
        demo.metric(name, after.get(name, 0) - before.get(name, 0))


def what_next(stage):
    token = stage.corp.mint({"sub": "ada", "exp": int(time.time()) + 8 * 3600})
    (stage.directory / "ada.jwt").write_text(token + "\n")
    print(f"""
It stays up until Ctrl-C. In another terminal:
  cd {stage.directory}
  PATH={stage.bin}:$PATH
  usher verify --server {stage.address} @ada.jwt
  usher explain --admin {stage.admin} @ada.jwt
  usher inspect @ada.jwt
  usher issuers --admin {stage.admin}
  curl -s {stage.metrics_url} | grep verdicts
A token of your own wish, and the verdict on it:
  curl -s --cacert corp-ca.pem {stage.corp.url}/dev/mint \\
    -d '{{"claims":{{"sub":"me","aud":"billing"}}}}' |
    usher verify --server {stage.address}""", flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


def stop_on_signal(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, stop_on_signal)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="usher-demo-"))
    stage = None
    began = time.monotonic()
    try:
        stage = Stage(arguments.bin, directory)
        demo = Demo(stage)
        run(demo)
        all_right = demo.right == demo.total
        took = time.monotonic() - began
        print(f"\n{demo.right} of {demo.total} right, in {took:.0f} s"
              + ("." if all_right else ": something is WRONG."), flush=True)
        if arguments.keep:
            what_next(stage)
    except KeyboardInterrupt:
        print("\ndemo: interrupted")
        all_right = False
    finally:
        ended_well = stage.stop() if stage else False
        shutil.rmtree(directory, ignore_errors=True)
    if stage and not ended_well:
        print("demo: usherd did not end as it should", file=sys.stderr)
    return 0 if all_right and ended_well else 1


if __name__ == "__main__":
    sys.exit(main())
