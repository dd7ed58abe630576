#!/usr/bin/env python3
"""Compares what the packages state twice: versions, package lists, alerts.

tests/peers (tools/test --peers) tries the packages themselves.
"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What only a clone with tests needs.
NOT_IN_THE_IMAGE = {
    "ccache", "curl", "git", "libgmock-dev", "libgtest-dev", "openssl",
    "python3", "python3-grpcio", "python3-protobuf"}


def text(path):
    return (ROOT / path).read_text()


def version():
    return re.search(r"project\(usher VERSION (\S+)",
                     text("CMakeLists.txt")).group(1)


class Packaging(unittest.TestCase):
    def test_the_image_is_built_from_the_packages_that_usher_is_built_from(self):
        wanted = {line for line in text("tools/packages.txt").splitlines()
                  if line and not line.startswith("#")}
        self.assertEqual(NOT_IN_THE_IMAGE - wanted, set())
        install = re.search(
            r"apt-get install.*?\\\n(.*?)\n && ", text("Dockerfile"), re.S)
        named = install.group(1).replace("\\", "").split()
        self.assertEqual(sorted(named), named)
        self.assertEqual(set(named), wanted - NOT_IN_THE_IMAGE)

    def test_the_image_has_the_version_of_the_programs(self):
        self.assertIn(f"ARG VERSION={version()}\n", text("Dockerfile"))

    def test_the_chart_has_the_version_of_the_programs(self):
        self.assertIn(f"\nappVersion: {version()}\n",
                      text("helm/usher/Chart.yaml"))

    def test_the_chart_has_exact_copies_of_the_rules_and_the_dashboard(self):
        # Copies: helm takes no file from outside a chart. After a change:
        # cp monitoring/rules.yaml monitoring/dashboard.json helm/usher/files/
        for name in ("rules.yaml", "dashboard.json"):
            self.assertEqual(text(f"helm/usher/files/{name}"),
                             text(f"monitoring/{name}"), name)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
