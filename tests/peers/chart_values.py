"""The sets of values that the chart is tried with."""

import re

from peer import ROOT

CHART = ROOT / "helm/usher"


def sets(work):
    """{name: the words for helm}: those of support/chart/values, and what
    docs/kubernetes.md tells users to say."""
    found = {file.stem: ["-f", file] for file in sorted(
        (ROOT / "tests/peers/support/chart/values").glob("*.yaml"))}
    page = (ROOT / "docs/kubernetes.md").read_text()
    found["page-set"] = ["--set", re.search(
        r"--set '(issuers.*)'$", page, re.M).group(1)]
    for name, first in (("page-values", "# values.yaml"),
                        ("page-cluster", "# values of the chart")):
        values = work / f"{name}.yaml"
        values.write_text(re.search(rf"^```\n({first}\n.*?)^```", page,
                                    re.M | re.S).group(1))
        found[name] = ["-f", values]
    return found
