"""Connects usherd with the provider, following the documents; see ../../oidc_provider.

Says each thing it saw; its last line sums up. Ends 1 where something was not
as the documents say.
"""

import http.cookiejar
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from harness import cli, documents, tokens, wire
from harness.certificates import Authority
from harness.process import Process
from harness.usherd import Usherd, configuration
from harness.waiting import wait_until

WORK = pathlib.Path(sys.argv[1]).resolve()
ORDERS = "https://orders.example.com"
BILLING = "https://billing.example.com"
REPORTS = "https://reports.example.com"  # its tokens are opaque
REDIRECT = "http://127.0.0.1:8400/callback"


class Provider(Process):
    """The npm package, under way; `kids` of its keys."""

    def __init__(self, directory, certificate, kids, more, port=0):
        settings = directory / "settings.json"
        ready = directory / "provider.json"
        ready.unlink(missing_ok=True)
        settings.write_text(json.dumps({
            "port": port, "certificate": certificate[0],
            "key": certificate[1], "kids": kids, **more}))
        super().__init__("provider", [
            "node", WORK / "provider.mjs", settings, ready], directory)
        self.issuer = self.await_file(ready)["issuer"]
        self.port = urllib.parse.urlsplit(self.issuer).port


class Browser:
    """Signs in as somebody, and consents to what it is asked."""

    def __init__(self, ca_file):
        stay = type("Stay", (urllib.request.HTTPRedirectHandler,), {
            "redirect_request": lambda *_: None})
        self._opener = urllib.request.build_opener(
            stay, urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
            urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=ca_file)))

    def sign_in(self, address, name):
        """The parameters that the redirect URI is called with."""
        form = None
        for _ in range(12):
            data = form and urllib.parse.urlencode(form).encode()
            try:
                page = self._opener.open(address, data, timeout=20)
                text = page.read().decode()
            except urllib.error.HTTPError as moved:
                if moved.code not in (302, 303):
                    raise AssertionError(
                        f"{address}: {moved.code} {moved.read()[:300]}")
                address = urllib.parse.urljoin(
                    address, moved.headers["Location"])
                form = None
                if address.startswith(REDIRECT):
                    query = urllib.parse.urlsplit(address).query
                    return dict(urllib.parse.parse_qsl(query))
                continue
            action = re.search(r'<form[^>]* action="([^"]+)"', text).group(1)
            prompt = re.search(r'name="prompt" value="(\w+)"', text).group(1)
            address = urllib.parse.urljoin(address, action)
            form = {"prompt": prompt, "login": name, "password": "any"}
        raise AssertionError("the provider asks without end")


class Visit:
    """What a newcomer does, with what is seen counted."""

    def __init__(self, directory):
        self._directory = directory
        authority = Authority(directory, "private")
        self._ca = authority.certificate
        self._certificate = authority.issue("127.0.0.1", "IP:127.0.0.1")
        self._usher = authority.issue("usher", "DNS:usher.example.com")
        self.seen = 0
        self.processes = []
        self.provider = self.start_provider({"ec": "ec-1", "rsa": "rsa-1"})
        self.usherd = self._start_usherd()

    def start_provider(self, kids, port=0):
        provider = Provider(self._directory, self._certificate, kids,
                            {"ca": self._ca, "usher_key": self._usher[1]},
                            port)
        self.processes.append(provider)
        return provider

    def _start_usherd(self):
        """Configured by the last entry of docs/providers/README.md: a provider
        on a private address, here one with discovery and at+jwt."""
        [(_, _, lines)] = documents.issuers("providers/README.md")
        changed = {"issuer": self.provider.issuer, "audiences": f"[{ORDERS}]",
                   "ca_file": self._ca, "keys": "{discovery: true}"}
        entry = [re.sub(r"(\w+): .*",
                        lambda m: f"{m[1]}: {changed.get(m[1])}"
                        if m[1] in changed else m[0], line.strip())
                 for line in lines]
        text = "\n".join([
            "listen: 127.0.0.1:0", "admin: {listen: 127.0.0.1:0}",
            "metrics: {listen: 127.0.0.1:0}",
            "status_page: {listen: 127.0.0.1:0}", "issuers:",
            "  - " + "\n    ".join(entry),
            "    algorithms: [ES256]", "    token_types: [at+jwt]",
            "    max_lifetime: 5m",
            # A short cooldown, so that the test need not wait for it.
            "    refresh: {cooldown: 1s}", ""])
        daemon = Usherd(self._directory, text)
        self.processes.append(daemon)
        checked = cli.usher("check-config", daemon.config_file)
        assert checked.status == 0, checked
        daemon.started()
        wait_until(daemon.ready, "/readyz says ready: discovery, TLS and keys")
        return daemon

    def shell(self, script, **said):
        done = subprocess.run(
            ["bash", "-euc", script], text=True, capture_output=True,
            timeout=60, env={"PATH": os.environ["PATH"],
                             "CURL_CA_BUNDLE": self._ca, **said})
        assert done.returncode == 0, done
        return done.stdout

    def for_itself(self, **fields):
        """A token by the client credentials grant."""
        words = "".join(f" -d {key}={value}" for key, value in fields.items())
        answer = self.shell(
            'curl -sS "$TOKEN" -u shop:a-secret-of-this-test-only'
            f" -d grant_type=client_credentials{words}",
            TOKEN=f"{self.provider.issuer}/token")
        return json.loads(answer)["access_token"]

    def for_a_person(self, name, extra=""):
        """The answer of the authorization code flow, by the commands of
        docs/tokens.md; the browser's part is played."""
        begin, finish = (
            next(block for block in documents.blocks("tokens.md", "sh")
                 if block.startswith(f"# {word}"))
            for word in ("begin", "finish"))
        said = {"AUTHORIZE": f"{self.provider.issuer}/auth",
                "TOKEN": f"{self.provider.issuer}/token",
                "SCOPE": "openid orders.read", "CLIENT_ID": "desk",
                "EXTRA": extra}
        out = self.shell(f'{begin}\necho "$verifier"\necho "$state"', **said)
        address, verifier, state = out.split()
        called = Browser(self._ca).sign_in(address, name)
        assert called.get("state") == state, called
        return json.loads(self.shell(
            finish, **said, REDIRECT=REDIRECT, code=called["code"],
            verifier=verifier))

    def expect(self, what, token, verdict, **fields):
        def ask():
            return self.usherd.service.verify(token, **fields)
        found = wire.verdict_of(ask)
        self.seen += 1
        print(f"{'ok  ' if found == verdict else 'WRONG'} {what}: {found}",
              flush=True)
        if found != verdict:
            explained = cli.usher("explain", "--admin",
                                  self.usherd.admin_address, given=token)
            raise AssertionError(f"{what}: {verdict} expected\n{explained}")
        return ask() if found == "VERIFIED" else None

    def go(self):
        shop = self.for_itself(resource=ORDERS, scope="orders.read")
        header = tokens.header_of(shop)
        assert (header["typ"], header["alg"]) == ("at+jwt", "ES256"), header
        answer = self.expect("a service's token, by client credentials", shop,
                             "VERIFIED", scopes=["orders.read"])
        assert answer.verified.client_id == "shop", answer
        self.expect("a scope that it lacks", shop, "SCOPE_INSUFFICIENT",
                    scopes=["orders.write"])
        self.expect("an edited claim",
                    tokens.with_claims(shop, scope="orders.write"),
                    "SIGNATURE_INVALID")
        self.expect("a token for another service",
                    self.for_itself(resource=BILLING, scope="billing.read"),
                    "AUDIENCE_MISMATCH")
        self.expect("an opaque token (no resource was named)",
                    self.for_itself(), "ISSUER_UNKNOWN")

        both = self.for_a_person("ada", extra=f"resource={ORDERS}")
        answer = self.expect("a person's token, by code and PKCE",
                             both["access_token"], "VERIFIED")
        assert answer.verified.subject == "ada", answer
        assert answer.verified.client_id == "desk", answer
        self.expect("her ID token, as an access token", both["id_token"],
                    "TOKEN_TYPE_NOT_ALLOWED")
        self.expect("her opaque token (no resource was named)",
                    self.for_a_person("ada")["access_token"],
                    "ISSUER_UNKNOWN")

        verified = cli.usher("verify", "--server", self.usherd.address,
                             "--audience", ORDERS, given=shop)
        assert verified.status == cli.VERIFIED, verified
        self.opaque()
        self.rotate_and_stop(shop)

    def methods(self):
        """How usherd says at the provider who it is."""
        secret = self._directory / "secret"
        secret.write_text("usher-secret-of-this-test-only\n")
        certificate, key = (str(path) for path in self._usher)
        return {
            "client_secret_basic": {"auth": "basic",
                                    "secret_file": str(secret)},
            "client_secret_post": {"auth": "post", "secret_file": str(secret)},
            "private_key_jwt": {"auth": "private_key_jwt", "key_file": key,
                                "key_id": "usher-1"},
            "tls_client_auth": {"auth": "mtls", "key_file": key,
                                "certificate_file": certificate}}

    def opaque(self):
        """Opaque tokens, with each method; one that is revoked."""
        first = self.usherd
        for method, how in self.methods().items():
            token = self.for_itself(resource=REPORTS, scope="reports.read")
            assert "." not in token, "it is a JWT"
            self.usherd = Usherd(self._directory, configuration([{
                "name": "private", "issuer": self.provider.issuer,
                "audiences": [REPORTS], "ca_file": str(self._ca),
                "insecure_allow_private_addresses": True,
                "introspection": {"client_id": f"usher-{method}",
                                  "default": True, **how}}]),
                name=f"usherd-{method}")
            self.processes.append(self.usherd)
            self.usherd.started()
            answer = self.expect(f"an opaque token, with {method}", token,
                                 "VERIFIED", scopes=["reports.read"])
            assert answer.verified.client_id == "shop", answer
            self.expect("a scope that it lacks", token, "SCOPE_INSUFFICIENT",
                        scopes=["reports.write"])
            gone = self.for_itself(resource=REPORTS, scope="reports.read")
            self.shell(
                'curl -sSf "$REVOKE" -u shop:a-secret-of-this-test-only'
                f" -d token={gone}",
                REVOKE=f"{self.provider.issuer}/token/revocation")
            self.expect("one that was revoked", gone, "TOKEN_INACTIVE")
            self.expect("one that nobody issued", "made-up", "TOKEN_INACTIVE")
            self.usherd.stop()
        self.usherd = first

    def rotate_and_stop(self, shop):
        self.provider.stop()
        self.provider = self.start_provider({"ec": "ec-2", "rsa": "rsa-2"},
                                            self.provider.port)
        fresh = self.for_itself(resource=ORDERS, scope="orders.read")
        answer = self.expect("after a restart with new keys, unasked for",
                             fresh, "VERIFIED")
        assert answer.verified.key_id == "ec-2", answer
        # A token about as young as the last look might be of newer keys still:
        # undecided, until the next look says that there is no such key.
        def refused():
            found = wire.verdict_of(
                lambda: self.usherd.service.verify(shop))
            assert found in ("KEYS_UNAVAILABLE", "KEY_NOT_FOUND"), found
            return found == "KEY_NOT_FOUND"
        wait_until(refused, "the key that is gone is known to be gone")
        self.seen += 1
        print("ok   the key that is gone: KEY_NOT_FOUND", flush=True)
        unseen = self.for_itself(resource=ORDERS, scope="orders.write")
        self.provider.stop()
        self.expect("a token never seen, while the provider is down", unseen,
                    "VERIFIED")

    def end(self):
        for process in self.processes:
            process.stop()


def main():
    with tempfile.TemporaryDirectory(prefix="usher-peer-") as directory:
        visit = None
        try:
            visit = Visit(pathlib.Path(directory))
            visit.go()
        finally:
            if visit:
                visit.end()
    manifest = WORK / "node_modules/oidc-provider/package.json"
    version = json.loads(manifest.read_text())["version"]
    print(f"oidc-provider {version}: {visit.seen} verdicts as documented "
          "(discovery, client credentials, code with PKCE, ID tokens "
          "refused, opaque tokens with four client authentications, "
          "revocation, new keys, provider down)")


if __name__ == "__main__":
    main()
