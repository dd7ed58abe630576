"""usher-dev-issuer: a provider that misbehaves on request."""

import http.client
import json
import pathlib
import ssl
import threading
import time
import urllib.parse

from . import places
from .process import Process


class DevIssuer(Process):
    def __init__(self, directory, name="issuer", alg="RS256", kid="k1"):
        directory = pathlib.Path(directory)
        self.ca_file = directory / f"{name}-ca.pem"
        ready = directory / f"{name}-ready.json"
        super().__init__(name, [
            places.program("usher-dev-issuer"), "--listen", "127.0.0.1:0",
            "--alg", alg, "--kid", kid, "--ca-out", self.ca_file,
            "--ready-file", ready], directory)
        self.said = self.await_file(ready)
        self.alg = alg
        self.kid = kid
        self.issuer = self.said["issuer"]
        self.base = self.issuer.rstrip("/")
        self.port = urllib.parse.urlsplit(self.issuer).port
        self._tls = ssl.create_default_context(cafile=str(self.ca_file))
        self._local = threading.local()

    def ask(self, method, path, body=None):
        """One request; the body of the answer, which must be a 200."""
        url = urllib.parse.urlsplit(self.issuer)
        data = None if body is None else json.dumps(body).encode()
        # A kept connection; a second try when the server has closed it.
        for fresh in (False, True):
            link = getattr(self._local, "link", None)
            if fresh or link is None:
                link = http.client.HTTPSConnection(
                    url.hostname, url.port, context=self._tls, timeout=20)
                self._local.link = link
            try:
                link.request(method, path, data,
                             {"Content-Type": "application/json"})
                answer = link.getresponse()
                text = answer.read().decode()
                break
            except (OSError, http.client.HTTPException):
                link.close()
                if fresh:
                    raise
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {answer.status} {text}")
        return text

    def mint(self, claims=None, **how):
        """A token. `claims` are merged into the issuer's own; `how` may be
        remove=[...], alg=, kid= (of the key that signs), typ=, header={...},
        remove_header=[...]."""
        body = {k: v for k, v in how.items() if v is not None}
        body["claims"] = claims or {}
        return self.ask("POST", "/dev/mint", body).strip()

    def mint_opaque(self, claims=None, prefix="", **how):
        """A token that only the issuer understands."""
        return self.ask("POST", "/dev/mint-opaque", {
            "claims": claims or {}, "prefix": prefix, **how}).strip()

    def revoke(self, token):
        """The issuer calls it inactive from now on."""
        self.ask("POST", "/dev/revoke", {"token": token})

    def mint_at(self, issued, lifetime=300, **claims):
        """One issued `issued` seconds from now."""
        now = int(time.time())
        return self.mint({"iat": now + issued, "exp": now + issued + lifetime,
                          **claims})

    def jwks(self):
        return json.loads(self.ask("GET", self.jwks_path()))

    def jwks_path(self):
        return urllib.parse.urlsplit(self.said["jwks_url"]).path

    def rotate(self, **how):
        """A new key that signs from now on; its kid. keep_old= and publish=
        say what the key set then shows."""
        return json.loads(self.ask("POST", "/dev/rotate", how))["kid"]

    def remove_key(self, kid):
        return self.ask("POST", "/dev/remove-key", {"kid": kid})

    def fault(self, path=None, **how):
        """`path` (the key set's unless said) misbehaves: status=, delay_ms=,
        hang=True, garbage=True, huge=True, redirect=, or clear=True."""
        self.ask("POST", "/dev/fault",
                 {"path": path or self.jwks_path(), **how})

    def introspections(self):
        """How often it was asked about a token."""
        return self.stats()["requests"].get("/introspect", 0)

    def stats(self):
        return json.loads(self.ask("GET", "/dev/stats"))

    def fetches(self):
        """How often the key set was asked for."""
        return self.stats()["requests"].get(self.jwks_path(), 0)
