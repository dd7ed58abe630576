"""The programs of the demonstration: two issuers, usherd, the command line.

Standard library only.
"""

import json
import ssl
import subprocess
import time
import urllib.request

CONFIGURATION = """\
listen: 127.0.0.1:0
admin: {{listen: "127.0.0.1:0"}}
metrics: {{listen: "127.0.0.1:0"}}
status_page: {{listen: "127.0.0.1:0"}}
issuers:
{issuers}"""

# The refresh times are far shorter than the defaults, so that a rotation and
# an outage can be watched.
ISSUER = """\
  - name: {name}
    issuer: {issuer}
    audiences: [orders]
    algorithms: [{alg}]
    keys: {{discovery: true}}
    ca_file: {ca_file}
    refresh: {{freshness: 3s, min_freshness: 1s, max_freshness: 3s, cooldown: 1s}}
    insecure_allow_private_addresses: true   # it is on this machine
"""


class Program:
    """Started, with its output in a file; ready once it writes its ready file."""

    def __init__(self, directory, name, command):
        self.name = name
        self._log = directory / f"{name}.log"
        ready = directory / f"{name}-ready.json"
        with open(self._log, "wb") as out:
            # A group of its own: Ctrl-C is for the demonstration to pass on.
            self._child = subprocess.Popen(
                [str(word) for word in [*command, "--ready-file", ready]],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True)
        deadline = time.monotonic() + 30
        while not ready.exists():
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SystemExit(f"demo: {name} did not start:\n"
                                 + self._log.read_text(errors="replace"))
            time.sleep(0.01)
        self.said = json.loads(ready.read_text())

    def stop(self):
        """The exit status."""
        if self._child.poll() is None:
            self._child.terminate()
        try:
            return self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()


class Issuer(Program):
    """usher-dev-issuer: signs what it is asked to."""

    def __init__(self, bin_directory, directory, name, alg, kid):
        self.alg = alg
        self.ca_file = directory / f"{name}-ca.pem"
        super().__init__(directory, name, [
            bin_directory / "usher-dev-issuer", "--listen", "127.0.0.1:0",
            "--alg", alg, "--kid", kid, "--ca-out", self.ca_file])
        self.url = self.said["issuer"]
        self._tls = ssl.create_default_context(cafile=str(self.ca_file))

    def post(self, where, **body):
        request = urllib.request.Request(
            self.url + where, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(
                request, context=self._tls, timeout=10) as answer:
            return answer.read().decode().strip()

    def mint(self, claims=None, **how):
        return self.post("/dev/mint", claims=claims or {}, **how)

    def rotate(self):
        return json.loads(self.post("/dev/rotate"))["kid"]

    def break_down(self):
        self.post("/dev/fault", path="/jwks", status=503)

    def recover(self):
        self.post("/dev/fault", path="/jwks", clear=True)


class Stage:
    def __init__(self, bin_directory, directory):
        self.bin = bin_directory.resolve()
        self.directory = directory
        self._programs = []
        try:
            self.corp = self._keep(
                Issuer(self.bin, directory, "corp", "RS256", "corp-1"))
            self.partner = self._keep(
                Issuer(self.bin, directory, "partner", "ES256", "partner-1"))
            self.config_file = directory / "usher.yaml"
            self.config_file.write_text(CONFIGURATION.format(issuers="".join(
                ISSUER.format(name=i.name, issuer=i.url, alg=i.alg,
                              ca_file=i.ca_file)
                for i in (self.corp, self.partner))))
            self.usherd = self._keep(Program(directory, "usherd", [
                self.bin / "usherd", "--config", self.config_file]))
            self.address = self.usherd.said["listen"]
            self.admin = self.usherd.said["admin"]
            self.metrics_url = (
                f"http://{self.usherd.said['metrics']}/metrics")
        except BaseException:
            self.stop()
            raise

    def _keep(self, program):
        self._programs.append(program)
        return program

    def stop(self):
        """Whether usherd ended as it should."""
        statuses = {p.name: p.stop() for p in reversed(self._programs)}
        return statuses.get("usherd") == 0

    def ask(self, token):
        """What `usher verify --json` answers: (exit status, answer)."""
        done = subprocess.run(
            [self.bin / "usher", "verify", "--json", "--server", self.address],
            input=token, text=True, capture_output=True, timeout=30)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, {"unreadable": done.stdout + done.stderr}

    def metrics(self):
        with urllib.request.urlopen(self.metrics_url, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines
                 if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}
