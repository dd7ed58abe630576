#!/usr/bin/env python3
"""What the documents link to or name exists: files, headings, tests."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
# A path of this repository in a text: `lib/jose/alg.h`, `tests/e2e/`, a pattern
# such as `client/examples/greeter_*.cc`, or a pair without its ending, such as
# `lib/rpc/status_details`.
PATH = re.compile(r"(?<![\w./@:{}$-])((?:lib|server|client|tests)/[\w./*-]*\w\*?)")
COMMENT = re.compile(r"//[^\n]*")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
GTEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)", re.MULTILINE)
TYPED = re.compile(r"^TYPED_TEST\(\s*(\w+),\s*(\w+)", re.MULTILINE)


def pages():
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"),
                   *(ROOT / "tests").rglob("README.md")])


def prose(page):
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page):
    """The anchors that a forge generates for the headings of a page."""
    found = set()
    for line in prose(page).splitlines():
        heading = re.match(r"#+\s+(.*)", line)
        if not heading:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
        anchor = re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-")
        number, each = 0, anchor
        while each in found:
            number += 1
            each = f"{anchor}-{number}"
        found.add(each)
    return found


def tests_there():
    found = set()
    for source in (ROOT / "tests").rglob("*.cc"):
        text = source.read_text(encoding="utf-8")
        found.update(f"{suite}.{name}"
                     for pattern in (GTEST, TYPED)
                     for suite, name in pattern.findall(text))
    found.update(f"e2e.{source.name[:-len('_test.py')]}"
                 for source in (ROOT / "tests" / "e2e").glob("*_test.py"))
    found.add("e2e.demo")
    found.add("docs.links")
    return found


class Links(unittest.TestCase):
    def test_lead_somewhere(self):
        for page in pages():
            for target in LINK.findall(prose(page)):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                there = (page.parent / path).resolve() if path else page
                with self.subTest(page=str(page.relative_to(ROOT)),
                                  link=target):
                    self.assertTrue(there.exists(), "no such file")
                    if anchor and there.suffix == ".md":
                        self.assertIn(anchor, anchors(there))


def exists(path):
    # A word in capitals stands for any name: tests/peers/support/NAME.
    pattern = re.sub(r"\b[A-Z]{2,}\b(?!\.)", "*", path)
    return ((ROOT / path).exists() or any(ROOT.glob(pattern))
            or any(ROOT.glob(pattern + ".*")))


def missing_paths(text):
    return [path for path in PATH.findall(text) if not exists(path)]


class Paths(unittest.TestCase):
    def test_in_documents_exist(self):
        # The changelog also names what there was.
        for page in pages():
            if page.name == "CHANGELOG.md":
                continue
            with self.subTest(page=str(page.relative_to(ROOT))):
                self.assertEqual(missing_paths(page.read_text("utf-8")), [])

    def test_in_comments_exist(self):
        for top in ("lib", "server", "client", "tests", "bench"):
            for source in sorted((ROOT / top).rglob("*.*")):
                if source.suffix not in (".h", ".cc"):
                    continue
                comments = COMMENT.findall(source.read_text("utf-8"))
                with self.subTest(source=str(source.relative_to(ROOT))):
                    self.assertEqual(missing_paths("\n".join(comments)), [])

    def test_that_are_wrong_would_be_found(self):
        self.assertEqual(
            missing_paths("see `lib/jose/alg.h`, lib/rpc/status_details, "
                          "client/examples/greeter_*.cc, tests/e2e/ and "
                          "(server/token_service.cc)."),
            ["server/token_service.cc"])


class ThreatModel(unittest.TestCase):
    def setUp(self):
        self.words = re.findall(
            r"`([^`]+)`",
            (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8"))

    def test_names_tests_that_are_there(self):
        there = tests_there()
        named = [word for word in self.words
                 if re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+|e2e\.\w+|docs\.\w+",
                                 word)]
        self.assertGreater(len(named), 40)
        for name in named:
            with self.subTest(test=name):
                self.assertTrue(name in there, "no such test")

    def test_names_files_that_are_there(self):
        for word in self.words:
            if word.startswith("tests/"):
                with self.subTest(file=word):
                    self.assertTrue((ROOT / word).exists())


if __name__ == "__main__":
    unittest.main()
