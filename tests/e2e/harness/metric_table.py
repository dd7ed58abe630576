"""What docs/operations.md promises of /metrics, and what a page of it shows."""

import collections
import dataclasses
import re

from . import places

PAGE = places.SOURCE / "docs/operations.md"


@dataclasses.dataclass
class Metric:
    type: str
    labels: dict  # name -> the values there may be or are; empty: any


def metrics():
    """The table of metrics, by name."""
    rows = re.findall(r"^\| `(usher_\w+)` \| (\w+) \|([^|]*)\|",
                      PAGE.read_text(), re.M)
    return {name: Metric(kind, {
        label: set(words.strip("()").split(", ")) if words else set()
        for label, words in re.findall(r"`(\w+)`(?: (\([^)]*\)))?", labels)})
        for name, kind, labels in rows}


def shown(text):
    """The same of a page of /metrics."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            found[name] = Metric(kind, collections.defaultdict(set))
        elif not line.startswith("#"):
            series = re.match(r"(\w+)(?:{(.*)})? ", line)
            metric = found.get(series[1]) or found[
                re.sub(r"_(bucket|sum|count)$", "", series[1])]
            for label, value in re.findall(r'(\w+)="([^"]*)"',
                                           series[2] or ""):
                if label != "le":
                    metric.labels[label].add(value)
    return found
