#!/usr/bin/env python3
"""Projects that use Usher: by find_package, by pkg-config, as a subproject.

CTest runs each class by itself. In the environment: USHER_BUILD (a built tree),
USHER_WORK (a directory for installations and builds), USHER_CXX, USHER_FLAGS;
for the class Local also what tests/e2e/harness/places.py reads.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = pathlib.Path(os.environ["USHER_WORK"])
CXX = os.environ["USHER_CXX"]
FLAGS = os.environ.get("USHER_FLAGS", "")
STATIC = WORK / "prefix"
SHARED = WORK / "subproject" / "prefix"
# Names that the libraries may define: of namespace usher, templates over its
# types, and the tables that protoc makes of usher/*.proto.
OURS = (r"usher::|^(TableStruct|descriptor_table)_usher_"
        # AddressSanitizer's own, one for each global variable.
        r"|^__odr_asan\.")
# What a build of the client and the guard must not look for.
UNNEEDED = ["CURL", "CLI11", "prometheus-cpp", "GTest", "benchmark"]


def run(*command, env=None, fails=False):
    """Runs a program, which must end with 0 (`fails`: must not); its output."""
    words = [str(word) for word in command]
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=900,
                          env={**os.environ, **(env or {})})
    if (done.returncode != 0) != fails:
        raise AssertionError(f"{shlex.join(words)}\n"
                             f"ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def configure(source, build, *settings, fails=False):
    launcher = shutil.which("ccache") or ""
    return run("cmake", "-S", source, "-B", build, "-G", "Ninja",
               f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_CXX_FLAGS={FLAGS}",
               f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}", *settings,
               fails=fails)


def install(build, prefix):
    shutil.rmtree(prefix, ignore_errors=True)
    run("cmake", "--install", build, "--prefix", prefix,
        "--component", "usher-dev")


def pkg_config(prefix, *words, fails=False):
    folder = next(prefix.rglob("pkgconfig"))
    return run("pkg-config", *words, env={"PKG_CONFIG_PATH": str(folder)},
               fails=fails)


def run_installed(prefix, *command):
    """Runs a program that was linked against the libraries of `prefix`."""
    libraries = next(prefix.rglob("pkgconfig")).parent
    run(*command, env={"LD_LIBRARY_PATH": str(libraries)})


class Consumer(unittest.TestCase):
    def find_package(self, prefix, build):
        """Builds and runs the programs of find_package/."""
        configure(HERE / "find_package", build,
                  f"-DCMAKE_PREFIX_PATH={prefix}")
        run("cmake", "--build", build)
        # No LD_LIBRARY_PATH: CMake writes where the libraries are.
        run(build / "asker")
        run(build / "guarded")
        run(build / "rich_usher_first")
        run(build / "rich_googleapis_first")
        run(build / "plugin_host", build / "libplugin.so")

    def one_line(self, prefix, source, component, output, *more):
        """`c++ x.cc $(pkg-config --cflags --libs usher-...)`"""
        words = pkg_config(prefix, "--cflags", "--libs", component).split()
        run(CXX, *FLAGS.split(), *more, HERE / source, "-o", output, *words)

    def pkg_config_programs(self, prefix, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.one_line(prefix, "asker.cc", "usher-client", folder / "asker")
        run_installed(prefix, folder / "asker")
        self.one_line(prefix, "plugin.cc", "usher-guard",
                      folder / "plugin.so", "-shared", "-fPIC")
        run(CXX, *FLAGS.split(), HERE / "plugin_host.cc", "-o",
            folder / "plugin_host", "-ldl")
        run_installed(prefix, folder / "plugin_host", folder / "plugin.so")

    def assert_names_are_ours(self, library, *how):
        """Every strong symbol that a library defines is in namespace usher."""
        listing = run("nm", "-C", "--defined-only", *how, library)
        foreign = set()
        for line in listing.splitlines():
            found = re.match(r"[0-9a-f]+ [TDBR] (.*)", line)
            if found and not re.search(OURS, found.group(1)):
                foreign.add(found.group(1))
        self.assertEqual(foreign, set(), library)


class Install(unittest.TestCase):
    """The static libraries of the build, installed; for the classes below."""

    def test_the_development_files_are_installed(self):
        install(os.environ["USHER_BUILD"], STATIC)
        installed = {path.name for path in (STATIC / "include").iterdir()}
        # Nothing else may come onto a user's include path.
        self.assertEqual(installed, {"usher"})
        for header in (STATIC / "include").rglob("*.h"):
            for name in re.findall(r'#include "(.*)"', header.read_text()):
                self.assertRegex(name, "^(usher|absl|grpcpp|google)/", header)


class FindPackage(Consumer):
    def test_programs_and_a_plugin_link_what_find_package_finds(self):
        self.find_package(STATIC, WORK / "find_package")

    def refusal(self, components, *settings):
        said = configure(HERE / "find_package", WORK / "refused",
                         f"-DCMAKE_PREFIX_PATH={STATIC}",
                         f"-DCOMPONENTS={components}", *settings, fails=True)
        return " ".join(said.split())

    def test_an_unknown_component_is_an_error_that_lists_the_components(self):
        self.assertRegex(self.refusal("client;gard"),
                         "usher has no component gard; there are: .*"
                         "client.* guard ")

    def test_a_component_without_its_dependency_is_an_error_that_names_it(self):
        self.assertIn(
            "its component guard_prometheus needs prometheus-cpp",
            self.refusal("guard_prometheus",
                         "-DCMAKE_DISABLE_FIND_PACKAGE_prometheus-cpp=ON"))


class PkgConfig(Consumer):
    def test_one_line_links_a_program_and_a_plugin(self):
        self.pkg_config_programs(STATIC, WORK / "pkg_config")

    def test_every_component_has_a_file_whose_requirements_are_there(self):
        files = sorted(path.stem for path in STATIC.rglob("*.pc"))
        self.assertIn("usher-guard-prometheus", files)
        for name in files:
            pkg_config(STATIC, "--cflags", "--libs", name)
            pkg_config(STATIC, "--static", "--libs", name)

    def test_the_static_libraries_define_only_names_of_their_own(self):
        for library in STATIC.rglob("*.a"):
            self.assert_names_are_ours(library)


class Local(Consumer):
    """usher::local: no gRPC, and a token of usher-dev-issuer."""

    def verify(self, program):
        sys.path.insert(0, str(ROOT / "tests/e2e"))
        from harness import usherd
        from harness.dev_issuer import DevIssuer
        from harness.waiting import wait_until
        with tempfile.TemporaryDirectory() as folder:
            provider = DevIssuer(folder)
            self.addCleanup(provider.stop)
            file = pathlib.Path(folder, "usher.yaml")
            file.write_text(usherd.configuration([usherd.issuer(provider)]))
            good = provider.mint({"sub": "ada"})
            done = wait_until(
                lambda: (done := subprocess.run(
                    [program, file, good], text=True, capture_output=True,
                    timeout=60)).returncode != 3 and done, "keys are fetched")
            self.assertEqual((done.returncode, done.stdout),
                             (0, "hello, ada\n"), done.stderr)
            # Its claims are good, so it waits for the keys. A token that would
            # be denied anyway does not, and is undecided without keys.
            forged = good[:-8] + "AAAAAAAA"
            done = wait_until(
                lambda: (done := subprocess.run(
                    [program, file, forged], timeout=60)).returncode != 3
                and done, "keys are fetched")
            self.assertEqual(done.returncode, 1)

    def test_a_program_of_ten_lines_verifies_a_token(self):
        build = WORK / "find_local"
        configure(HERE / "find_local", build, f"-DCMAKE_PREFIX_PATH={STATIC}",
                  *[f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in
                    ("gRPC", "Protobuf", "prometheus-cpp", "CLI11")])
        run("cmake", "--build", build)
        self.verify(build / "local")
        libraries = run("ldd", build / "local")
        for name in ("libgrpc", "libprotobuf", "libmicrohttpd"):
            self.assertNotIn(name, libraries)

    def test_one_line_links_it(self):
        self.one_line(STATIC, "local.cc", "usher-local", WORK / "local")
        self.verify(WORK / "local")


class Subproject(Consumer):
    """Also the shared libraries, and a build of the client and guard alone."""

    build = WORK / "subproject" / "build"

    def test_a_build_says_which_package_it_misses_and_how_to_do_without(self):
        said = configure(ROOT, WORK / "lacking", "-DUSHER_TESTS=OFF",
                         "-DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON", fails=True)
        self.assertIn("cannot find CLI11. On Debian or Ubuntu install "
                      "libcli11-dev. Or build without what needs it: "
                      "-DUSHER_CLI=OFF.", " ".join(said.split()))

    def test_1_client_and_guard_build_inside_another_project(self):
        configure(HERE / "subproject", self.build, f"-DUSHER_SOURCE={ROOT}",
                  "-DUSHER_INSTALL=ON", "-DBUILD_SHARED_LIBS=ON",
                  "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                  *[f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON"
                    for name in UNNEEDED])
        cache = (self.build / "CMakeCache.txt").read_text()
        self.assertNotIn("MICROHTTPD", cache)
        self.assertNotIn("CARES_", cache)
        commands = json.loads(
            (self.build / "compile_commands.json").read_text())
        for command in commands:
            if command["file"].startswith(str(HERE)):
                folders = re.findall(r"-I(\S+)", command["command"])
                self.assertNotEqual(folders, [])
                for folder in folders:
                    self.assertRegex(folder, "/include$")
        run("cmake", "--build", self.build, "--", "-j", os.cpu_count())
        run(self.build / "asker")
        run(self.build / "guarded")
        install(self.build, SHARED)

    def test_2_its_shared_libraries_serve_programs_and_plugins(self):
        libraries = list(SHARED.rglob("libusher-*.so"))
        self.assertGreaterEqual(len(libraries), 4)
        self.assertEqual(list(SHARED.rglob("*.a")), [])
        for library in libraries:
            name = run("objdump", "-p", library)
            self.assertRegex(name, r"SONAME +libusher-\w+\.so\.\d+\.\d+\n")
            self.assert_names_are_ours(library, "-D")
        self.find_package(SHARED, WORK / "shared_find_package")
        self.pkg_config_programs(SHARED, WORK / "shared_pkg_config")

    def test_3_a_component_that_was_not_built_is_an_error_that_says_so(self):
        said = configure(HERE / "find_package", WORK / "refused_absent",
                         f"-DCMAKE_PREFIX_PATH={SHARED}",
                         "-DCOMPONENTS=guard_prometheus", fails=True)
        self.assertIn("built without its component guard_prometheus; it has: "
                      "core yaml client guard", " ".join(said.split()))


if __name__ == "__main__":
    unittest.main()
