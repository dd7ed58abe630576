#!/usr/bin/env python3
"""Reads every #include against the floors: which folder may include which.

The rules are those of docs/architecture.md. A folder includes itself and the
folders named for it here, nothing else of ours; each third party has the homes
named for it, and no other.
"""

import collections
import pathlib
import posixpath
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The folders that may name gRPC and protobuf.
GRPC = ["lib/rpc/", "server/", "client/include/", "client/core/", "client/cli/",
        "client/guard/grpc/", "client/guard/guard.cc",
        "client/guard/prometheus.cc", "client/guard/testing.cc"]

# Folder -> the folders it may include, beside itself. Floor-mates are absent
# from each other's rows.
F0 = {"lib/base"}
JSON = F0 | {"lib/json"}
F1 = JSON | {"lib/jose", "lib/http", "lib/httpd"}
F2 = F1 | {"lib/pattern", "lib/token", "lib/claims", "lib/oauth"}
F3 = F2 | {"lib/jwks", "lib/introspect"}
F4 = F3 | {"lib/issuer"}
F5 = F4 | {"lib/verify"}
F6 = F5 | {"lib/yaml", "lib/config"}
MAY_INCLUDE = {
    "lib/base": set(),
    "lib/json": F0,
    "lib/yaml": F0,
    # The one folder of lib/ that may name gRPC and protobuf.
    "lib/rpc": F0,
    "lib/jose": JSON,
    "lib/http": F0,
    "lib/httpd": F0,
    # One reader of JSON serves all of Usher, so two programs cannot read one
    # token in two ways.
    "lib/claims": JSON,
    "lib/pattern": F0,
    # An issuer's rules on claims are those of the guard, and patterns.
    "lib/token": JSON | {"lib/jose", "lib/claims", "lib/pattern"},
    "lib/oauth": JSON | {"lib/jose", "lib/http"},
    "lib/introspect": JSON | {"lib/jose", "lib/http", "lib/token",
                              "lib/oauth"},
    "lib/jwks": JSON | {"lib/jose", "lib/http"},
    "lib/issuer": F3 - {"lib/claims"},
    "lib/verify": F4,
    "lib/config": F4 | {"lib/yaml", "lib/policy"},
    "lib/policy": F0 | {"lib/claims", "lib/yaml"},
    "server/core": F6 | {"lib/rpc"},
    # One class of internals, so that a port to another gRPC is one folder.
    "server/net": F6 | {"client/guard/grpc/internals", "lib/rpc"},
    "server/stats": F6 | {"server/core", "server/net"},
    "server/rpc": F6 | {"lib/rpc", "server/core", "server/stats"},
    "server/monitor": F6 | {"server/core", "server/net", "server/stats",
                            "server/rpc"},
    "server/app": F6 | {"server/core", "server/net", "server/stats",
                        "server/rpc", "server/monitor"},
    "server": F6 | {"server/app", "server/core", "server/net"},
    # What users of the client library see and link: nothing of lib/ but the
    # public headers, <usher/...>.
    "client/include": set(),
    "client/verifier": F0 | {"client/include"},
    # Verification in the user's process. Names no gRPC.
    "client/local": F6 | {"client/include"},
    "client/core": F0 | {"client/include", "lib/rpc"},
    # Names no gRPC, so that ThreadSanitizer can watch it.
    "client/guard/decide": F0 | {"client/include", "lib/token", "lib/policy"},
    "client/guard/grpc/internals": F0 | {"lib/rpc"},
    "client/guard/grpc": F0 | {"lib/rpc", "client/include", "client/core",
                               "client/guard",
                               "client/guard/decide", "lib/token",
                               "client/guard/grpc/internals"},
    "client/guard": F0 | {"client/include", "client/core", "lib/policy",
                          "lib/rpc",
                          "client/guard/decide", "client/guard/grpc"},
    # The command line also looks into tokens and configurations by itself.
    "client/cli/base": F0,
    "client/cli/print": F0 | {"lib/rpc", "lib/policy", "lib/yaml",
                              "client/cli/base"},
    "client/cli/token": JSON | {"lib/jose", "lib/rpc", "client/include",
                                "client/cli/base", "client/cli/print"},
    "client/cli/remote": F0 | {"client/include", "client/core",
                               "client/cli/base", "client/cli/print",
                               "client/cli/token"},
    "client/cli/commands": F0 | {"lib/rpc", "lib/config", "lib/policy",
                                 "client/include", "client/core",
                                 "client/cli/base", "client/cli/print",
                                 "client/cli/token", "client/cli/remote"},
    "client/cli": F0 | {"lib/rpc", "client/cli/base",
                        "client/cli/commands"},
}

# The folders of lib/ that have public headers. Any folder may include those of
# lib/base, and what users see may include all of them.
PUBLIC = {"lib/base"}
MAY_INCLUDE_PUBLIC = {"client/include": {"lib/claims", "lib/policy"},
                      "client/guard": {"lib/claims"}}

# Third party -> (pattern of its headers, the files or folders that may name it).
HOMES = {
    "OpenSSL": (r"openssl/", ["lib/jose/", "lib/http/", "server/net/",
                             "client/core/tls_files.cc"]),
    "simdjson": (r"simdjson", ["lib/json/json.cc"]),
    "libcurl": (r"curl/", ["lib/http/"]),
    "c-ares": (r"ares", ["lib/http/"]),
    "libmicrohttpd": (r"microhttpd", ["lib/httpd/"]),
    "yaml-cpp": (r"yaml-cpp/", ["lib/yaml/parse.cc"]),
    "RE2": (r"re2/", ["lib/pattern/"]),
    # It recurses once per character and crashes on a long text.
    "std::regex": (r"regex$", []),
    "CLI11": (r"CLI/", ["client/cli/"]),
    "prometheus-cpp": (r"prometheus/", ["server/monitor/metrics",
                                        "client/guard/prometheus.cc"]),
    "gRPC": (r"grpc|grpcpp/", GRPC),
    "protobuf": (r"google/|usher/v1/|usher/internal/rpc/|grpcpp/", GRPC),
}

# gRPC's private names, and the tricks that reach them. They live in one folder:
# its README.md says what each is for.
GRPC_INTERNALS = "client/guard/grpc/internals/"
PRIVATE_GRPC = [
    r"\bgrpc::internal\b",
    r"\bgrpc_core::",
    r"\bsrc/(core|cpp)/",
    r"\bAddPortToServer\b",
    r"\bApplyToCall\b",
    r"\bAsSecure(Server)?Credentials\b",
    r":\s*public\s+(::)?grpc::(ServerCredentials|CallCredentials|"
    r"ChannelCredentials|ServerBuilder)\b",
    # An explicit instantiation with a pointer to a private member.
    r"template\s+(struct|class)\s+\w+<&\s*(::)?grpc::",
]

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)

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


def include_folder_of(folder):
    return folder if folder.endswith("/include") else folder + "/include"


def home_of_public_header(name):
    """The folder whose include/ holds <usher/...>."""
    for folder in MAY_INCLUDE:
        if (ROOT / include_folder_of(folder) / name).exists():
            return folder
    return None


def public_header(name):
    """The path of <usher/...>, or None."""
    home = home_of_public_header(name)
    return home and f"{include_folder_of(home)}/{name}"


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
    if re.match(r"usher/[a-z_/]+\.h$", name):
        there = home_of_public_header(name)
        if there is None:
            yield f"{here}: there is no {name}"
        elif there != folder and there not in (
                MAY_INCLUDE[folder] | PUBLIC |
                MAY_INCLUDE_PUBLIC.get(folder, set())):
            yield f"{here}: may not include {name} of {there}"
        return
    for party, (pattern, homes) in HOMES.items():
        if re.match(pattern, name) and not here.startswith(tuple(homes)):
            yield f"{here}: {party} ({name}) has its home elsewhere: {homes}"


def folder_graph(includes):
    """Folder -> the folders of its includes, from (file, included name)."""
    graph = {}
    for here, name in includes:
        start = posixpath.dirname(here)
        end = posixpath.dirname(public_header(name) or name)
        if start != end:
            graph.setdefault(start, set()).add(end)
    return graph


def cycle_in(graph):
    """The folders of one cycle, or []."""
    done = set()

    def walk(folder, path):
        if folder in path:
            return path[path.index(folder):]
        if folder in done:
            return []
        for next_folder in sorted(graph.get(folder, ())):
            cycle = walk(next_folder, path + [folder])
            if cycle:
                return cycle
        done.add(folder)
        return []

    for start in sorted(graph):
        cycle = walk(start, [])
        if cycle:
            return cycle
    return []


def private_grpc_names(here, text):
    """The uses of gRPC's private names in the code of one file."""
    if here.startswith(GRPC_INTERNALS):
        return []
    code = COMMENT.sub("", text)
    return [f"{here}: {found.group()} belongs into {GRPC_INTERNALS}"
            for pattern in PRIVATE_GRPC
            for found in re.finditer(pattern, code)]


class Layering(unittest.TestCase):
    def test_every_include_stays_within_its_floors(self):
        self.assertEqual(faults(), [])

    def test_the_folders_have_no_cycle(self):
        includes = [
            (path.relative_to(ROOT).as_posix(), name)
            for path in sources()
            for _, name in INCLUDE.findall(path.read_text())
            if name.startswith(("lib/", "server/", "client/", "usher/"))
        ]
        self.assertEqual(cycle_in(folder_graph(includes)), [])

    def test_no_folder_has_more_than_30_files(self):
        files = collections.Counter(path.parent.relative_to(ROOT).as_posix()
                                    for path in sources())
        self.assertGreater(len(files), 20)
        self.assertEqual({folder: count for folder, count in files.items()
                          if count > 30}, {})

    def test_a_cycle_of_folders_would_be_found(self):
        includes = [("client/cli/print/a.h", "client/cli/remote/b.h"),
                    ("client/cli/remote/b.cc", "client/cli/token/c.h"),
                    ("client/cli/token/c.cc", "lib/base/log.h")]
        self.assertEqual(cycle_in(folder_graph(includes)), [])
        includes.append(("client/cli/token/d.cc", "client/cli/print/a.h"))
        self.assertEqual(
            cycle_in(folder_graph(includes)),
            ["client/cli/print", "client/cli/remote", "client/cli/token"])

    def test_private_names_of_grpc_live_in_one_folder(self):
        found = []
        for path in sources():
            here = path.relative_to(ROOT).as_posix()
            found += private_grpc_names(here, path.read_text())
        self.assertEqual(found, [])

    def test_the_guard_decides_without_grpc(self):
        found = [
            path.relative_to(ROOT).as_posix()
            for path in sources()
            if path.is_relative_to(ROOT / "client/guard/decide")
            and re.search(r"\bgrpc(::|_)", COMMENT.sub("", path.read_text()))
        ]
        self.assertEqual(found, [])

    def test_private_names_of_grpc_would_be_found(self):
        for code in (
            "using grpc::internal::MethodHandler;",
            "int AddPortToServer(const std::string&, grpc_server*) override;",
            "class Mine final : public grpc::ServerCredentials {",
            "class Mine : public grpc::ServerBuilder {",
            "template struct Access<&grpc::Service::methods_>;",
            "#include \"src/core/lib/surface/call.h\"",
        ):
            self.assertTrue(private_grpc_names("client/guard/grpc/x.cc", code),
                            code)
            self.assertFalse(private_grpc_names(GRPC_INTERNALS + "x.cc", code))
        self.assertFalse(private_grpc_names(
            "client/guard/grpc/x.cc", "// grpc::internal is private"))

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
            ("lib/base/log.h", "lib/base", "lib/json/json.h", True),
            ("lib/verify/verifier.cc", "lib/verify", "grpcpp/grpcpp.h", False),
            ("lib/token/claims.cc", "lib/token", "simdjson.h", False),
            ("server/app/app.cc", "server", "client/client.h", True),
            ("server/app/app.cc", "server", "prometheus/registry.h", False),
            ("client/include/usher/client.h", "client/include",
             "lib/verify/verifier.h", True),
        ]
        for here, folder, name, quoted in breaches:
            self.assertTrue(list(faults_of(here, folder, name, quoted)),
                            f"{here} including {name} went unnoticed")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
