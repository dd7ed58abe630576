#!/usr/bin/env python3
"""Compares docs/operations.md with the sources: its table has exactly the events
that the log can contain."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs/operations.md").read_text()


def section(title):
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"no section {title}"
    return found.group(1)


def events_in_sources():
    """The event names passed to Log::Write or to a function that calls it."""
    found = set()
    for path in sorted((ROOT / "server").rglob("*.cc")):
        for call in re.findall(
                r"\bWrite\w*\((\s*(?:\w+,\s*)?(?:base::)?(?:LogLevel::|level,)"
                r"[^;{\[]*)", path.read_text()):
            found.update(re.findall(r'"([a-z_]+)"', call))
    return found


class Operations(unittest.TestCase):
    def test_every_event_of_the_log_is_documented_and_no_other(self):
        documented = re.findall(r"^\| `([a-z_]+)` \|", section("Log"), re.M)
        self.assertEqual(sorted(documented), sorted(set(documented)))
        self.assertEqual(set(documented), events_in_sources())
        self.assertGreater(len(documented), 10)

    def test_every_alert_has_its_section_and_every_section_its_alert(self):
        rules = (ROOT / "monitoring/rules.yaml").read_text()
        alerts = re.findall(r"^ *- alert: (\w+)$", rules, re.M)
        self.assertEqual(re.findall(r"^### (\w+)$", section("Alerts"), re.M),
                         alerts)
        links = re.findall(
            r"^ *runbook_url: docs/operations.md#(\w+)$", rules, re.M)
        self.assertEqual(links, [alert.lower() for alert in alerts])
        for wanted in ("summary", "description", "severity"):
            self.assertEqual(len(re.findall(rf"\b{wanted}: ", rules)),
                             len(alerts), wanted)

    def test_every_alert_is_seen_to_fire_and_to_keep_still(self):
        rules = (ROOT / "monitoring/rules.yaml").read_text()
        tests = "\n".join(path.read_text() for path in
                          (ROOT / "monitoring/tests").glob("*.yaml"))
        for alert in re.findall(r"- alert: (\w+)", rules):
            self.assertRegex(tests, rf"alertname: {alert}\n *exp_alerts:\n *-")
            self.assertRegex(tests, rf"alertname: {alert}}}")

    def test_the_rules_know_every_undecided_reason(self):
        undecided = re.search(r"^## Undecided$(.*)",
                              (ROOT / "docs/reasons.md").read_text(),
                              re.M | re.S).group(1)
        names = re.findall(r"^### (\w+)$", undecided, re.M)
        self.assertGreaterEqual(len(names), 2)
        for name in names:
            self.assertRegex(name, r"^(OVERLOADED|.*_UNAVAILABLE)$")


if __name__ == "__main__":
    unittest.main()
