#!/usr/bin/env python3
"""Checks the examples in the documents.

YAML blocks are configurations that check-config accepts. C++ blocks are copied
from an example that is built and run. Links and commands exist.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ["USHER_BIN_DIR"])
# The public key of RFC 7517, appendix A.1.
PUBLIC_KEY = {
    "kty": "EC", "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(language):
    fence = re.compile(r"^```" + language + r"\n(.*?)^```$", re.M | re.S)
    for page in PAGES:
        for block in fence.findall(page.read_text()):
            yield page.relative_to(ROOT), block


def examples():
    return "\n".join(path.read_text()
                     for path in (ROOT / "client/examples").glob("*.cc"))


def lay_out(block, directory):
    """Creates the files that a configuration refers to, beside it."""
    for name in re.findall(r"\bca_file: (\S+)", block):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ca",
             "-keyout", directory / "ca.key", "-out", directory / name],
            check=True, capture_output=True)
    for name in re.findall(r"\bsecret_file: ([^\s}]+)", block):
        pathlib.Path(directory, name).write_text("secret\n")
    for name in re.findall(r"\bjwks_file: ([^\s}]+)", block):
        (directory / name).write_text(json.dumps({"keys": [PUBLIC_KEY]}))


class Snippets(unittest.TestCase):
    def test_every_whole_configuration_is_accepted_by_check_config(self):
        checked = set()
        for page, block in blocks("yaml"):
            # Blocks that name a server's certificates are loaded by the
            # configuration's own tests, which lay those files out.
            if (not re.search(r"^issuers:", block, re.M) or
                    re.search(r"^\s*(certificate|client_ca):", block, re.M)):
                continue
            with tempfile.TemporaryDirectory() as directory:
                lay_out(block, pathlib.Path(directory))
                file = pathlib.Path(directory, "usher.yaml")
                file.write_text(block)
                done = subprocess.run(
                    [BIN / "usher", "check-config", file],
                    capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 0,
                             f"{page}:\n{block}\n{done.stdout}{done.stderr}")
            checked.add(str(page))
        self.assertIn("README.md", checked)
        providers = {str(page.relative_to(ROOT)) for page in PAGES
                     if page.parent == ROOT / "docs/providers"}
        self.assertGreater(len(providers), 10)
        self.assertLessEqual(providers, checked)

    def test_every_provider_is_in_the_index(self):
        index = (ROOT / "docs/providers/README.md").read_text()
        for page in (ROOT / "docs/providers").glob("*.md"):
            if page.name != "README.md":
                self.assertIn(f"]({page.name})", index)

    def test_every_cpp_block_stands_in_an_example_that_is_built(self):
        quoted = [block for page, block in blocks("cpp")]
        self.assertTrue(quoted)
        text = examples()
        for block in quoted:
            self.assertIn(block, text)

    def test_every_cmake_block_stands_in_a_project_that_is_built(self):
        projects = "\n".join(
            path.read_text()
            for path in (ROOT / "tests/packaging").glob("*/CMakeLists.txt"))
        quoted = [line for page, block in blocks("cmake")
                  for line in block.splitlines()]
        self.assertTrue(quoted)
        for line in quoted:
            self.assertIn(line + "\n", projects)

    def test_the_page_lists_exactly_the_options_of_the_build(self):
        products = (ROOT / "cmake/UsherProducts.cmake").read_text()
        options = set(re.findall(r"^(?:usher_)?option\((\w+)", products, re.M))
        options -= {"USHER_BENCH", "USHER_PACKAGING", "name"}
        page = (ROOT / "docs/install.md").read_text()
        table = page.split("| option | default | |")[1].split("\n\n")[0]
        self.assertEqual(set(re.findall(r"\b(?:USHER|BUILD)_\w+", table)), options)

    def test_every_relative_link_leads_somewhere(self):
        broken = []
        for page in PAGES:
            prose = re.sub(r"^```.*?^```$", "", page.read_text(),
                           flags=re.M | re.S)
            for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
                if "://" in link or link.startswith("mailto:"):
                    continue
                if not (page.parent / link).exists():
                    broken.append(f"{page.relative_to(ROOT)}: {link}")
        self.assertEqual(broken, [])

    def test_every_tool_that_is_named_exists(self):
        missing = {
            name
            for page in PAGES
            for name in re.findall(r"\btools/[a-z_]+\b", page.read_text())
            if not (ROOT / name).exists()
        }
        self.assertEqual(missing, set())

    def test_the_example_says_what_it_takes(self):
        done = subprocess.run([BIN / "verify_token"], capture_output=True,
                              text=True, timeout=30)
        self.assertEqual(done.returncode, 2)
        self.assertIn("usage: verify_token TARGET AUDIENCE", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
