"""What the documents show, taken out of them to be run."""

import re

from . import places


def text_of(page):
    return (places.SOURCE / "docs" / page).read_text()


def blocks(page, language):
    """The fenced blocks of that language in docs/`page`, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(page),
                      re.M | re.S)


def issuers(page):
    """[(name, issuer, lines)] of the usher.yaml entries that docs/`page` shows;
    `lines` are the entry's own, as written."""
    found = []
    for block in blocks(page, "yaml"):
        for entry in re.split(r"^  - ", block, flags=re.M)[1:]:
            lines = entry.splitlines()
            said = dict(re.match(r"\s*(\w+):\s*(.*)", line).groups()
                        for line in lines)
            found.append((said["name"], said["issuer"].split()[0], lines))
    return found
