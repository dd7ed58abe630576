"""The story tools/demo tells, line by line, each line a real answer.

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

SHOWN = 78  # columns


def unsigned(token):
    """The same claims with `alg` none and no signature."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}')
    return f"{header.decode().rstrip('=')}.{token.split('.')[1]}."


def in_words(status, answer):
    """One answer of `usher verify --json`: (verdict, what it is about)."""
    if "verified" in answer:
        token = answer["verified"]
        about = f"{token['subject']}, key {token['keyId']}"
        if token["staleKeys"]:
            about += ", stale keys"
        return "VERIFIED", about
    for kind in ("denial", "undecided"):
        if kind in answer:
            return answer[kind]["reason"], answer[kind]["message"]
    return f"exit status {status}", str(answer)


class Story:
    def __init__(self, stage):
        self.stage = stage
        self.right = self.told = 0

    def heading(self, text):
        print(f"\n{text}", flush=True)

    def line(self, what, is_right, verdict, about):
        self.told += 1
        self.right += is_right
        text = (f"  {'ok   ' if is_right else 'WRONG'} {what:<31} "
                f"{verdict:<25} {about}")
        print(text if not is_right else text[:SHOWN], flush=True)

    def token(self, what, token, expected):
        """Asks about `token`, and tells."""
        status, answer = self.stage.ask(token)
        verdict, about = in_words(status, answer)
        wanted_status = 0 if expected == "VERIFIED" else 1
        self.line(what, verdict == expected and status == wanted_status,
                  verdict, about if verdict == "VERIFIED" else "")
        return answer

    def until(self, what, token, wanted, only, within=40):
        """Asks until the answer is `wanted`; every other one on the way must
        be among `only`."""
        began = time.monotonic()
        asked = 0
        while True:
            status, answer = self.stage.ask(token)
            asked += 1
            verdict, about = in_words(status, answer)
            arrived = wanted(answer)
            late = time.monotonic() - began > within
            if arrived or late or verdict not in only:
                break
        self.line(what, bool(arrived), verdict,
                  f"{about}")
        return time.monotonic() - began, asked


def fresh(answer):
    return "verified" in answer and not answer["verified"]["staleKeys"]


def stale(answer):
    return "verified" in answer and answer["verified"]["staleKeys"]


def tell(story):
    stage = story.stage
    corp, partner = stage.corp, stage.partner
    now = int(time.time())
    before = stage.metrics()

    print("Usher at work. Each line below is the answer of the real programs.")
    print(f"  corp     issues {corp.alg} tokens at {corp.url}")
    print(f"  partner  issues {partner.alg} tokens at {partner.url}")
    print(f"  usherd   judges them at {stage.address}; asked by: usher verify")

    story.heading("A good token of each issuer")
    good = corp.mint({"sub": "ada"})
    story.token("corp's, for ada", good, "VERIFIED")
    story.token("partner's, for bob", partner.mint({"sub": "bob"}), "VERIFIED")

    story.heading("What is refused, and why")
    story.token("expired an hour ago",
                corp.mint({"iat": now - 3900, "exp": now - 3600}),
                "TOKEN_EXPIRED")
    story.token("meant for another service", corp.mint({"aud": "billing"}),
                "AUDIENCE_MISMATCH")
    story.token("forged: signed by another key",
                partner.mint({"iss": corp.url}, header={"kid": "corp-1"}),
                "ALGORITHM_NOT_ALLOWED")
    head = good.rsplit(".", 1)[0]
    other = corp.mint({"sub": "eve"}).rsplit(".", 1)[1]
    story.token("forged: another's signature", f"{head}.{other}",
                "SIGNATURE_INVALID")
    story.token("of an issuer nobody configured",
                corp.mint({"iss": "https://login.evil.example"}),
                "ISSUER_UNKNOWN")
    story.token('unsigned: algorithm "none"', unsigned(good),
                "ALGORITHM_NOT_ALLOWED")
    story.token("bound to a key (cnf), used bare",
                corp.mint({"cnf": {"jkt": "0" * 43}}),
                "TOKEN_BINDING_UNSUPPORTED")

    kid = corp.rotate()
    story.heading(f"corp signs with a new key ({kid}); usherd runs on")
    took, asked = story.until("the new key's first token",
                              corp.mint({"sub": "ada"}),
                              fresh, {"KEYS_UNAVAILABLE"})
    story.token("the old key's token", good, "VERIFIED")

    corp.break_down()
    story.heading("corp's key server fails (HTTP 503)")
    story.until("its tokens, keys past freshness", good, stale, {"VERIFIED"})
    story.token("partner's, meanwhile", partner.mint({"sub": "bob"}),
                "VERIFIED")
    corp.recover()
    story.until("corp's, once it is back", good, fresh, {"VERIFIED"})

    story.heading("What usherd counted (/metrics)")
    tell_metrics(before, stage.metrics())
    return good


def tell_metrics(before, after):
    moved = [(name, after[name] - before.get(name, 0)) for name in after
             if name.startswith(("usher_verdicts_total",
                                 "usher_key_set_fetches_total",
                                 "usher_token_cache_hits_total",
                                 "usher_stale_keys_served_total"))
             and after[name] != before.get(name, 0)]
    for name, by in moved:
        print(f"  {name:<70} +{by:.0f}"[:SHOWN])


def what_next(stage, good):
    token_file = stage.directory / "ada.jwt"
    token_file.write_text(good + "\n")
    usher = stage.bin / "usher"
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
    assert usher.exists()
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
    try:
        stage = Stage(arguments.bin, directory)
        story = Story(stage)
        good = tell(story)
        all_right = story.right == story.told
        print(f"\n{story.right} of {story.told} answers right"
              + ("." if all_right else ": something is WRONG."))
        if arguments.keep:
            what_next(stage, good)
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
