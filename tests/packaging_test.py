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

    def test_the_chart_and_monitoring_have_the_same_rules_and_dashboard(self):
        # The files are in the chart, because a chart must be complete without
        # the rest of the tree; monitoring/ has links to them.
        for name in ("rules.yaml", "dashboard.json"):
            in_chart = ROOT / "helm/usher/files" / name
            self.assertTrue(in_chart.is_file())
            self.assertFalse(in_chart.is_symlink())
            self.assertEqual((ROOT / "monitoring" / name).resolve(), in_chart)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
