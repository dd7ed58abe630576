"""Real providers: what usherd must say of the tokens of each.

A peer defines a Provider and calls prove() with it; the table CHECKS is the same
for all.
"""

import base64
import http.cookiejar
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request

import peer
import programs
from harness import cli, tokens, usherd, wire
from harness.certificates import Authority
from harness.usherd import Usherd
from harness.waiting import wait_until

AUDIENCE = "orders"
# Programs in Java on a busy machine.
PATIENCE = 300


def opener(ca_file, *handlers):
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(
            context=ssl.create_default_context(cafile=ca_file)), *handlers)


class Browser:
    """Keeps cookies and follows no redirect: it says where to."""

    def __init__(self, ca_file):
        stay = type("Stay", (urllib.request.HTTPRedirectHandler,), {
            "redirect_request": lambda *_: None})
        self._opener = opener(ca_file, stay, urllib.request.HTTPCookieProcessor(
            http.cookiejar.CookieJar()))

    def get(self, address, form=None):
        """(the page, where it sends the browser): one of them is None."""
        data = form and urllib.parse.urlencode(form).encode()
        try:
            with self._opener.open(address, data, timeout=60) as answer:
                return answer.read().decode(), None
        except urllib.error.HTTPError as moved:
            if moved.code not in (301, 302, 303):
                raise AssertionError(
                    f"{address}: {moved.code} {moved.read()[:500]}")
            return None, urllib.parse.urljoin(
                address, moved.headers["Location"])

    def send(self, method, address, body=None):
        """The JSON that it answers to JSON."""
        request = urllib.request.Request(
            address, body and json.dumps(body).encode(),
            {"Content-Type": "application/json"}, method=method)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{address}: {error.code} {error.read()}")


def code_in(address):
    """The authorization code that a redirect URI is called with."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    assert "code" in query, address
    return query["code"][0]


class Provider:
    """One provider, started by its constructor. `stop` and `start` end it and
    bring it back, with other keys if it keeps none."""

    name = None          # with its version, for the report
    issuer = None        # the tokens' iss
    client = "shop"      # the aud of its ID tokens
    settings = {}        # of its issuer in usher.yaml, besides those below
    kind = wire.tokens.ACCESS_TOKEN
    # The Reason why its ID token is refused; None: it has no ID tokens.
    id_token_denied = "TOKEN_TYPE_NOT_ALLOWED"

    def __init__(self, directory):
        self.directory = directory
        authority = Authority(directory, "private")
        self.ca_file = authority.certificate
        self.certificate, self.key = authority.issue(
            "localhost", "DNS:localhost,IP:127.0.0.1")

    def token(self):
        """A new token for AUDIENCE."""
        raise NotImplementedError

    def introspection(self):
        """What its issuer has in usher.yaml to be asked about every token;
        None: it is not asked."""

    def opaque_token(self):
        """The same as token(), but opaque; None: it makes none."""

    def revoke(self, token):
        """It says from now on that `token` is not active."""
        raise NotImplementedError

    def secret_file(self, secret):
        path = self.directory / "usher-secret"
        path.write_text(secret)
        return str(path)

    def id_token(self):
        raise NotImplementedError

    def rotate(self):
        """The next token is signed by a new key."""
        self.stop()
        self.start()

    def end(self):
        self.stop()

    # For the adapters.

    def ask(self, address, form=None, user=None, body=None, method=None,
            **headers):
        """The JSON that it answers to a form, a JSON body, or nothing."""
        data = None
        if form is not None:
            data = urllib.parse.urlencode(form).encode()
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(
                ":".join(user).encode()).decode()
        request = urllib.request.Request(address, data, headers, method=method)
        try:
            with opener(self.ca_file).open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{address}: {error.code} {error.read()}")

    def browser(self):
        return Browser(self.ca_file)

    def await_answer(self, address, process):
        def answers():
            if not process.running():
                peer.check(False, f"{process.name} runs:\n{process.log()[-4000:]}")
            self.ask(address)
            return True
        wait_until(answers, f"{process.name} answers at {address}",
                   within=PATIENCE, every=0.5)


class Verifier:
    """usherd, with this provider as its issuer."""

    def __init__(self, provider, name, before=(), more=None):
        self._kind = provider.kind
        entry = {"name": "provider", "issuer": provider.issuer,
                 "audiences": [AUDIENCE, "billing", provider.client],
                 "refresh": {"cooldown": "1s"}, **provider.settings,
                 **(more or {})}
        if provider.ca_file:
            entry.update(ca_file=provider.ca_file,
                         insecure_allow_private_addresses=True)
        self.daemon = Usherd(provider.directory, usherd.configuration([entry]),
                             name, before)
        checked = cli.usher("check-config", self.daemon.config_file)
        if checked.status != 0:
            peer.check(False, f"check-config takes it: {checked}")
        self.daemon.started()

    def verdict(self, token, audience=AUDIENCE, kind=None):
        return wire.verdict_of(lambda: self.daemon.service.verify(
            token, audiences=[audience],
            kind=self._kind if kind is None else kind))

    def explained(self, token, audience=AUDIENCE):
        return cli.usher("explain", "--admin", self.daemon.admin_address,
                         "--audience", audience, given=token)


class Proof:
    def __init__(self, provider):
        self.provider = provider
        self.verifiers = []
        self.usherd = self.verifier("usherd")
        wait_until(self.usherd.daemon.ready, "usherd has the keys",
                   within=PATIENCE)

    def verifier(self, name, before=(), more=None):
        made = Verifier(self.provider, name, before, more)
        self.verifiers.append(made)
        return made

    def expect(self, verdict, token, by=None, **how):
        by = by or self.usherd
        found = by.verdict(token, **how)
        if found != verdict:
            if token.count(".") == 2:
                print(tokens.header_of(token), tokens.claims_of(token))
            print(by.daemon.log()[-2000:])
            print(by.explained(token, how.get("audience", AUDIENCE)))
        peer.check(found == verdict, f"{verdict}" + (
            "" if found == verdict else f" expected, not {found}"))

    def good_token(self):
        self.expect("VERIFIED", self.provider.token())

    def another_audience(self):
        self.expect("AUDIENCE_MISMATCH", self.provider.token(),
                    audience="billing")

    def expired(self):
        """By the clock of a usherd that is twenty hours ahead."""
        root, _ = programs.from_debian("faketime")
        [library] = root.glob("usr/lib/*/faketime/libfaketimeMT.so.1")
        token = self.provider.token()
        ahead = self.verifier("usherd-ahead", [
            "env", f"LD_PRELOAD={library}", "FAKETIME=+20h",
            "FAKETIME_DONT_FAKE_MONOTONIC=1"])
        wait_until(lambda: ahead.verdict(token) == "TOKEN_EXPIRED",
                   "TOKEN_EXPIRED")
        self.verifiers.remove(ahead)
        ahead.daemon.stop()

    def id_token(self):
        """Even where it is for the client that asks."""
        if self.provider.id_token_denied is None:
            return "it has none"
        self.expect(self.provider.id_token_denied, self.provider.id_token(),
                    audience=self.provider.client,
                    kind=wire.tokens.ACCESS_TOKEN)

    def asked(self):
        """About every token; one that is revoked there is denied."""
        more = self.provider.introspection()
        if more is None:
            return "not tried"
        asking = self.verifier("usherd-asking", more=more)
        wait_until(asking.daemon.ready, "usherd has the keys", within=PATIENCE)
        kinds = []
        for kind in ("token", "opaque_token"):
            token = getattr(self.provider, kind)()
            if token is None:
                continue
            self.expect("VERIFIED", token, by=asking)
            self.expect("AUDIENCE_MISMATCH", token, by=asking,
                        audience="billing")
            gone = getattr(self.provider, kind)()
            self.provider.revoke(gone)
            self.expect("TOKEN_INACTIVE", gone, by=asking)
            kinds.append("JWTs" if kind == "token" else "opaque tokens")
        self.expect("TOKEN_INACTIVE", "made-up", by=asking)
        self.verifiers.remove(asking)
        asking.daemon.stop()
        return " and ".join(kinds)

    def rotation(self):
        """The first token of a new key may have to wait, but is not denied."""
        former = tokens.header_of(self.provider.token()).get("kid")
        self.provider.rotate()
        token = self.provider.token()
        peer.check(tokens.header_of(token).get("kid") != former, "a new key")
        began = time.monotonic()

        def verified():
            found = self.usherd.verdict(token)
            peer.check(found in ("VERIFIED", "KEYS_UNAVAILABLE"), found)
            return found == "VERIFIED"
        wait_until(verified, "the new key's token is verified", every=0.2)
        return f"after {time.monotonic() - began:.1f} s"

    def outage(self):
        unseen = self.provider.token()
        self.provider.stop()
        self.expect("VERIFIED", unseen)
        keyless = self.verifier("usherd-keyless")
        self.expect("KEYS_UNAVAILABLE", unseen, by=keyless)
        self.provider.start()
        token = self.provider.token()
        for one in (keyless, self.usherd):
            wait_until(lambda: one.verdict(token) == "VERIFIED",
                       "verified, once the provider is back", every=0.2)


CHECKS = [
    ("a good token", Proof.good_token),
    ("a token for another audience", Proof.another_audience),
    ("an expired token", Proof.expired),
    ("an ID token as an access token", Proof.id_token),
    ("introspection", Proof.asked),
    ("a rotation", Proof.rotation),
    ("an outage", Proof.outage),
]


def prove(kind, name):
    """Every check of this kind of Provider; the last line sums up. `more` of the
    provider, if it has one, are checks of its own."""
    provider = proof = None
    try:
        provider = kind(peer.directory(name))
        print(f"{provider.name}: {provider.issuer}", flush=True)
        proof = Proof(provider)
        checks = [*CHECKS, *getattr(provider, "more", ())]
        for what, check in checks:
            print(f"-- {what}", flush=True)
            note = check(proof)
            print(f"ok: {what}{': ' if note else ''}{note or ''}", flush=True)
    finally:
        for verifier in proof.verifiers if proof else ():
            verifier.daemon.stop()
        if provider:
            provider.end()
    print(f"{provider.name}: " + ", ".join(what for what, _ in checks))
