#!/usr/bin/env python3
"""Holds what the documents show against what is there.

YAML blocks are configurations that check-config takes, C++ blocks stand word for
word in an example that is built and run, links and commands lead somewhere.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = pathlib.Path(os.environ["USHER_BIN_DIR"])
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(language):
    fence = re.compile(r"^```" + language + r"\n(.*?)^```$", re.M | re.S)
    for page in PAGES:
        for block in fence.findall(page.read_text()):
            yield page.relative_to(ROOT), block


def examples():
    return "\n".join(path.read_text()
                     for path in (ROOT / "client/examples").glob("*.cc"))


class Snippets(unittest.TestCase):
    def test_every_whole_configuration_is_accepted_by_check_config(self):
        checked = 0
        for page, block in blocks("yaml"):
            # Blocks that name files (certificates, key sets) are loaded by the
            # configuration's own tests, which lay those files out.
            whole = re.search(r"^issuers:", block, re.M)
            names_files = re.search(
                r"^\s*(certificate|client_ca|ca_file|jwks_file):", block, re.M)
            if not whole or names_files:
                continue
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(block)
                file.flush()
                done = subprocess.run(
                    [BIN / "usher", "check-config", file.name],
                    capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 0,
                             f"{page}:\n{block}\n{done.stdout}{done.stderr}")
            checked += 1
        self.assertGreaterEqual(checked, 3)

    def test_every_cpp_block_stands_in_an_example_that_is_built(self):
        quoted = [block for page, block in blocks("cpp")]
        self.assertTrue(quoted)
        text = examples()
        for block in quoted:
            self.assertIn(block, text)

    def test_every_relative_link_leads_somewhere(self):
        broken = []
        for page in PAGES:
            for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)",
                                   page.read_text()):
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
