"""Paths, which CTest sets in the environment. By hand:

    USHER_BIN_DIR=/path/to/build/release/bin
"""

import os
import pathlib
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(
    os.environ.get("USHER_BIN_DIR", SOURCE / "build/release/bin")).resolve()
STUBS = pathlib.Path(
    os.environ.get("USHER_STUBS_DIR", BIN.parent / "tests/e2e/stubs"))
# "asan" where the programs are instrumented: they need more of everything.
SANITIZED = bool(os.environ.get("USHER_SANITIZE"))

sys.path.insert(0, str(STUBS))


def program(name):
    path = BIN / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built (tools/build release)")
    return str(path)
