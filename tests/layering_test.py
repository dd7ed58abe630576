#!/usr/bin/env python3
"""Reads every #include against the floors: who may see whom.

The rules are those of docs/architecture.md. A folder includes itself and the
folders named for it here, nothing else of ours; each third party has the homes
named for it, and no other.
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder -> the folders it may include, beside itself. Floor-mates are absent
# from each other's rows.
F0 = {"lib/base"}
F1 = F0 | {"lib/jose", "lib/http", "lib/httpd"}
F2 = F1 | {"lib/token", "lib/jwks"}
F4 = F2 | {"lib/issuer"}
F5 = F4 | {"lib/verify"}
F6 = F5 | {"lib/config"}
MAY_INCLUDE = {
    "lib/base": set(),
    "lib/jose": F0,
    "lib/http": F0,
    "lib/httpd": F0,
    "lib/token": F0 | {"lib/jose"},
    "lib/jwks": F0 | {"lib/jose", "lib/http"},
    "lib/issuer": F2,
    "lib/verify": F4,
    "lib/config": F4,
    "server": F6,
    # What users of the client library see and link.
    "client/include": F0,
    "client": F0 | {"client/include"},
    # Users of the library read claims by name and rule on them. One reader of
    # JSON serves all of Usher, so two programs cannot read one token twofold.
    "client/claims": F0 | {"client/include", "lib/jose"},
    # The guard can have its policy in a YAML file.
    "client/guard": F0 | {"client/include", "client", "lib/config"},
    # The command line also looks into tokens and configurations by itself.
    "client/cli": F0 | {"client/include", "client", "client/guard", "lib/jose",
                        "lib/token", "lib/config", "lib/issuer"},
}

# Third party -> (pattern of its headers, the files or folders that may name it).
HOMES = {
    "OpenSSL": (r"openssl/", ["lib/jose/", "lib/base/secret.cc", "lib/http/",
                              "server/"]),
    "simdjson": (r"simdjson", ["lib/jose/json.cc"]),
    "libcurl": (r"curl/", ["lib/http/"]),
    "c-ares": (r"ares", ["lib/http/"]),
    "libmicrohttpd": (r"microhttpd", ["lib/httpd/"]),
    "yaml-cpp": (r"yaml-cpp/", ["lib/config/"]),
    "CLI11": (r"CLI/", ["client/cli/"]),
    "prometheus-cpp": (r"prometheus/", ["server/metrics", "client/guard_"]),
    "gRPC": (r"grpc|grpcpp/", ["server/", "client/"]),
    "protobuf": (r"google/|usher/v1/|grpcpp/", ["server/", "client/"]),
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)


def sources():
    for top in ("lib", "server", "client"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cc") and "examples" not in path.parts:
                yield path


def folder_of(relative):
    """The most particular folder of MAY_INCLUDE that holds this path."""
    parts = relative.split("/")
    for length in range(len(parts) - 1, 0, -1):
        folder = "/".join(parts[:length])
        if folder in MAY_INCLUDE:
            return folder
    return None


def faults():
    found = []
    for path in sources():
        here = path.relative_to(ROOT).as_posix()
        folder = folder_of(here)
        if folder is None:
            found.append(f"{here}: its folder has no row in MAY_INCLUDE")
            continue
        for quote, name in INCLUDE.findall(path.read_text()):
            found += faults_of(here, folder, name, quote == '"')
    return found


def faults_of(here, folder, name, quoted):
    if name.startswith(("lib/", "server/", "client/", "tests/")):
        there = folder_of(name)
        if there != folder and there not in MAY_INCLUDE[folder]:
            yield f"{here}: may not include {name}"
        return
    if re.match(r"usher/[a-z_]+\.h$", name):
        if not folder.startswith("client"):
            yield f"{here}: {name} is for the client"
        return
    for party, (pattern, homes) in HOMES.items():
        if re.match(pattern, name) and not here.startswith(tuple(homes)):
            yield f"{here}: {party} ({name}) has its home elsewhere: {homes}"


class Layering(unittest.TestCase):
    def test_every_include_stays_within_its_floors(self):
        self.assertEqual(faults(), [])

    def test_lib_reads_no_environment_variable(self):
        readers = [
            path.relative_to(ROOT).as_posix()
            for path in sources()
            if re.search(r"\b(secure_)?getenv\s*\(", path.read_text())
            and "lib" in path.relative_to(ROOT).parts[:1]
        ]
        self.assertEqual(readers, [])

    def test_the_rules_would_catch_a_breach(self):
        breaches = [
            ("lib/jose/key.cc", "lib/jose", "lib/http/client.h", True),
            ("lib/base/log.h", "lib/base", "lib/jose/json.h", True),
            ("lib/verify/verifier.cc", "lib/verify", "grpcpp/grpcpp.h", False),
            ("lib/token/claims.cc", "lib/token", "simdjson.h", False),
            ("server/app.cc", "server", "client/client.h", True),
            ("server/app.cc", "server", "prometheus/registry.h", False),
            ("client/include/usher/client.h", "client/include",
             "lib/verify/verifier.h", True),
        ]
        for here, folder, name, quoted in breaches:
            self.assertTrue(list(faults_of(here, folder, name, quoted)),
                            f"{here} including {name} went unnoticed")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
