"""usher, the command line."""

import json
import subprocess

from . import places

VERIFIED, DENIED, USAGE, UNDECIDED = range(4)


class Ran:
    def __init__(self, words, done):
        self.words = words
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return (f"usher {' '.join(self.words)} -> {self.status}\n"
                f"{self.out}{self.err}")


def usher(*words, given=None):
    """Runs it; `given` is its standard input."""
    words = [str(word) for word in words]
    done = subprocess.run(
        [places.program("usher"), *words], input=given, text=True,
        capture_output=True, timeout=30, env={})
    return Ran(words, done)
