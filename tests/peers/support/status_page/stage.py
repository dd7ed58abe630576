"""usherd, its issuers and some traffic, at the browser's command.

The browser's script (browser.mjs) writes one JSON line for each thing it wants
done, and reads one with the answer.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from harness import tokens, usherd, wire  # noqa: E402
from harness.dev_issuer import DevIssuer  # noqa: E402
from harness.usherd import Usherd  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

HOSTILE = "<img src=x onerror=\"window.broken=1\"></textarea><script>broken=1"


class Traffic(threading.Thread):
    """Asks about good and bad tokens until it is stopped."""

    def __init__(self, service, mix):
        super().__init__(daemon=True)
        self._service = service
        self._mix = mix
        self._stopping = threading.Event()
        self.start()

    def run(self):
        i = 0
        while not self._stopping.wait(0.02):
            token = self._mix[i * 5 % len(self._mix)]
            wire.verdict_of(lambda: self._service.verify(token))
            i += 1

    def stop(self):
        self._stopping.set()
        self.join()


class Stage:
    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self._corp = DevIssuer(directory, "corp", alg="RS256", kid="corp-2026-11")
        self._partner = DevIssuer(directory, "partner", alg="ES256")
        self._down = DevIssuer(directory, "staging", alg="ES256")
        self._down.fault(status=503)
        self._issuers = [self._corp, self._partner, self._down]
        self._page = "127.0.0.1:0"
        self._daemon = None
        self._traffic = None

    def start(self, troubled=False, more=0, loud=False):
        """usherd with two issuers, and where told so one that is down, `more`
        with keys of their own, and a weakened setting."""
        issuers = [
            usherd.issuer(self._corp, refresh=usherd.QUICK),
            usherd.issuer(self._partner, audiences=["orders", "billing"]),
        ]
        if troubled:
            issuers.append(usherd.issuer(self._down, required=False))
        keys = self._partner.jwks()
        issuers += [{"name": f"tenant-{i:03}", "audiences": ["orders"],
                     "issuer": f"https://tenant-{i:03}.login.example.com/",
                     "keys": {"jwks": keys}} for i in range(more)]
        settings = {"insecure_allow_remote_admin": True} if loud else {}
        self._daemon = Usherd(
            self._directory, usherd.configuration(
                issuers, status_page={"listen": self._page}, **settings))
        self._daemon.started()
        wait_until(self._daemon.ready, "/readyz says ready")
        self._page = self._daemon.said["status_page"]
        return f"http://{self._page}/"

    def stop(self):
        self.quiet()
        if self._daemon is None:
            return None
        status = self._daemon.stop()
        (self._directory / "usherd-ready.json").unlink()
        self._daemon = None
        return status

    def traffic(self):
        good = [self.mint("good") for _ in range(8)]
        mix = [*good, *good, *good, self.mint("expired"), self.mint("forged"),
               self.mint("audience"), self.mint("stranger")]
        self._traffic = Traffic(self._daemon.service, mix)

    def quiet(self):
        if self._traffic is not None:
            self._traffic.stop()
            self._traffic = None

    def mint(self, what):
        return {
            "good": lambda: self._corp.mint({"sub": "ada", "scope": "read"}),
            "expired": lambda: self._corp.mint_at(-3600),
            "forged": lambda: tokens.with_claims(
                self._corp.mint({"sub": "ada"}), sub="root"),
            "audience": lambda: self._corp.mint({"aud": "billing"}),
            "stranger": lambda: self._corp.mint({"iss": "https://x.example"}),
            "two audiences": lambda: self._partner.mint(
                {"aud": ["orders", "billing"]}),
            "hostile": lambda: self._corp.mint({"sub": HOSTILE, "x": HOSTILE}),
        }[what]()

    def break_corp(self):
        self._corp.fault(status=503)

    def repair_corp(self):
        self._corp.fault(clear=True)

    def log(self):
        return self._daemon.log()

    def end(self):
        self.stop()
        for issuer in self._issuers:
            issuer.stop()


def main():
    work = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="usher-page-") as directory:
        stage = Stage(directory)
        browser = subprocess.Popen(
            ["node", "browser.mjs", directory], cwd=work, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            for line in browser.stdout:
                if not line.startswith("{"):
                    print(line, end="", flush=True)
                    continue
                wish = json.loads(line)
                answer = getattr(stage, wish["do"])(*wish["with"])
                browser.stdin.write(json.dumps(answer) + "\n")
                browser.stdin.flush()
            return browser.wait(30)
        finally:
            browser.kill()
            browser.wait()
            stage.end()


if __name__ == "__main__":
    sys.exit(main())
