"""Whatever usher and usherd are given: they end in order, and nothing of it
reaches a terminal or a log as it is."""

import base64
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import unittest

import grpc
from google.protobuf import descriptor_pb2

from harness import places, usherd
from harness.scene import Scene

# Clears a screen, writes a clipboard, sets a title, reverses and hides text.
HOSTILE = ("\x1b[2J\x1b]52;c;AAAA\x07\x9b31m\x9d0;title\x9c\x7f\x85"
           "\u202e\u2066\u200b\ufeff\u2028\u2029\U000e0041")
# C0 but for the line feed, DEL, C1, direction, zero width, separators.
SEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f"
                  "\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")
SECRET = "MIIEvQIBADANsecret"
PEM = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"

COMMANDS = {  # what each needs to get far
    "verify": ["--server", "127.0.0.1:1"],
    "introspect": ["--server", "127.0.0.1:1"],
    "explain": ["--admin", "127.0.0.1:1"],
    "issuers": ["--admin", "127.0.0.1:1"],
    "refresh-keys": ["--admin", "127.0.0.1:1", "corp"],
    "health": ["--server", "127.0.0.1:1"],
    "inspect": [],
    "check-config": ["FILE"],
    "check-policy": ["FILE", "--server", "127.0.0.1:1"],
}
VALUES = [HOSTILE.encode(), b"\xff\xfe\xc0\x80", b"a\nb.x.y", PEM.encode(),
          b"", b"-", b"unix:" + b"x" * 300, b"@" + HOSTILE.encode(),
          b"%s%n:1", b"9" * 400, b"dns:///\x01:1", b"[::1", b"ipv4:1,2"]
TOKENS = [HOSTILE.encode(), b"a\nb.x.y", bytes(range(256)), b"", b"." * 20000,
          b"x" * (2 << 20), b"Bearer \x80", b"eyJ.eyJ.", b"\r\n\x00.\x00.\x00"]


def part(members):
    text = json.dumps(members, ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def token():
    """Its claims are hostile, and it is well-formed."""
    claims = {"iss": f"https://{HOSTILE}", "sub": HOSTILE, HOSTILE: HOSTILE,
              "aud": [HOSTILE], "exp": 9999999999}
    return f'{part({"alg": "ES256", "kid": HOSTILE})}.{part(claims)}.AAAA'


def field(number, payload):
    """A length-delimited field of a message."""
    size = bytearray()
    rest = len(payload)
    while rest > 0x7f:
        size.append(rest & 0x7f | 0x80)
        rest >>= 7
    return bytes([number << 3 | 2, *size, rest]) + payload


def hostile_file():
    file = descriptor_pb2.FileDescriptorProto(name="x.proto", package="shop")
    service = file.service.add(name=f"Evil{HOSTILE}")
    service.method.add(name=f"Method{HOSTILE}", input_type=".shop.A",
                       output_type=".shop.A")
    return file


class HostileReflection(grpc.GenericRpcHandler):
    def service(self, details):
        if not details.method.endswith("/ServerReflectionInfo"):
            return None
        file = hostile_file()
        name = f"shop.{file.service[0].name}".encode()

        # The list of services, then the file of each.
        answers = [field(6, field(1, field(1, name))),
                   field(4, field(1, file.SerializeToString()))]

        def talk(requests, _):
            for i, _ in enumerate(requests):
                yield answers[min(i, 1)]

        return grpc.stream_stream_rpc_method_handler(talk)


class HostileInput(Scene):
    def usher(self, *words, given=b""):
        done = subprocess.run(
            [os.fsencode(places.program("usher")),
             *(word if isinstance(word, bytes) else os.fsencode(str(word))
               for word in words)],
            input=given, capture_output=True, timeout=60, env={})
        said = done.stdout + done.stderr
        self.assertIn(done.returncode, (0, 1, 2, 3), (words, given, said))
        text = said.decode()  # strict: valid UTF-8
        self.assertIsNone(SEEN.search(text), (words, text))
        self.assertNotIn(SECRET, text, words)
        return done.returncode, text

    def write(self, name, text):
        path = pathlib.Path(self.directory, name)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def options_of(self, command):
        help_text = self.usher(command, "--help")[1]
        return sorted(set(re.findall(r"(--[a-z-]+)", help_text)) - {"--help"})

    def all_at_once(self, runs):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(self.usher, *words, given=given)
                         for words, given in runs]:
                done.result()

    def test_no_option_and_no_token_aborts_a_command(self):
        config = self.write("usher.yaml", "issuers: []\n")
        runs = []
        for command, words in COMMANDS.items():
            words = [config if word == "FILE" else word for word in words]
            turn = len(runs)
            for i, option in enumerate(self.options_of(command)):
                value = VALUES[(turn + i) % len(VALUES)]
                runs.append(((command, *words, option, value), b"a.b.c"))
            for value in TOKENS:
                runs.append(((command, *words), value))
        for value in VALUES:
            runs.append(((b"verify", b"--server", value), b"a.b.c"))
            runs.append(((b"verify", value), b""))
            runs.append(((b"check-policy", config, b"--server",
                          b"127.0.0.1:1", b"--token", value), b"a\nb.c"))
            runs.append(((value,), b""))
        for value in TOKENS:
            runs.append((("check-policy", config, "--server", "127.0.0.1:1",
                          "--token", "-"), value))
        self.all_at_once(runs)

    def test_the_claims_of_a_token_are_shown_harmless(self):
        for words in (["inspect"], ["inspect", "--json"]):
            status, text = self.usher(*words, given=token().encode())
            self.assertEqual(status, 0, text)
            self.assertIn("1b", text)
        claims = json.loads(text)["claims"]
        self.assertEqual(claims["sub"], HOSTILE)

    def test_names_of_a_server_are_shown_harmless(self):
        policy = self.write("policy.yaml", "services: {x.Y: {scopes: [a]}}\n")
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        server.add_generic_rpc_handlers([HostileReflection()])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.addCleanup(server.stop, None)
        descriptors = self.write("names.pb", descriptor_pb2.FileDescriptorSet(
            file=[hostile_file()]).SerializeToString())
        for source in (["--server", f"127.0.0.1:{port}"],
                       ["--descriptors", descriptors]):
            for more in ([], ["--json"]):
                _, text = self.usher("check-policy", policy, *source, *more)
                self.assertIn("Evil", text)

    def test_files_with_hostile_names_are_reported_harmless(self):
        quoted = json.dumps(HOSTILE)
        for command, text in (
                ("check-config", f"{quoted}: 1\nissuers: [{quoted}]\n"),
                ("check-config", f"issuers: [{{name: {quoted}}}]\n"),
                ("check-policy", f"{quoted}: 1\nmethods: {{{quoted}: 1}}\n"),
                ("check-policy", f"services: {{x.Y: {{scopes: {quoted}}}}}\n")):
            path = self.write("hostile.yaml", text)
            for more in ([], ["--json"]):
                self.assertEqual(self.usher(command, path, *more)[0], 1)

    def test_a_key_in_place_of_its_path_is_not_quoted(self):
        tls = {"certificate": PEM, "private_key": PEM, "client_ca": PEM,
               "client_crl": PEM}
        text = usherd.configuration(
            [{"name": "corp", "issuer": "https://a.example",
              "audiences": ["orders"], "ca_file": PEM,
              "keys": {"jwks_file": PEM}}],
            tls=tls, admin={"listen": "127.0.0.1:0", "tls": tls},
            audit={"file": PEM}, **{PEM: 1})
        path = self.write("pem.yaml", text)
        for more in ([], ["--json"]):
            status, said = self.usher("check-config", path, *more)
            self.assertEqual(status, 1)
            self.assertIn("set the path of a file", said)
        for words in (["--config", path], ["--config", path, "--check"],
                      ["--config", PEM], [PEM]):
            done = subprocess.run([places.program("usherd"), *words],
                                  capture_output=True, text=True, timeout=60)
            self.assertIn(done.returncode, (1, 2))
            said = done.stdout + done.stderr
            self.assertNotIn(SECRET, said)
            self.assertIsNone(SEEN.search(said), said)

    def test_the_ready_file_follows_no_link(self):
        corp = self.issuer("corp")
        # Where the file is to be, and where an earlier version wrote it first.
        target = pathlib.Path(self.directory, "victim")
        for link in ("linked-ready.json", "linked-ready.json.new"):
            os.symlink(target, pathlib.Path(self.directory, link))
        daemon = self.usherd(usherd.issuer(corp), name="linked")
        self.assertFalse(target.exists())
        self.assertEqual(daemon.said["pid"], daemon.pid)


if __name__ == "__main__":
    unittest.main()
