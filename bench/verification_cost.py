#!/usr/bin/env python3
"""Allocations and instructions of one verification: cached, new,
malformed, opaque.

    bench/verification_cost.py build/release/bin/verification_cost

Needs valgrind. Callgrind counts instructions within Measured() only; its
processor lacks some extensions, so compare only what was counted so.
"""

import re
import subprocess
import sys
import tempfile

MEASURED = 200  # as in verification_cost.cc
HOW = {"": "audience named", "any": "no audience named",
       "none": "nothing revoked", "million": "a million revoked"}


def cost(program, arguments):
    allocations = subprocess.run([program, *arguments], check=True, text=True,
                                 capture_output=True).stdout.split()[0]
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind",
             "--toggle-collect=usher::Measured*",
             f"--callgrind-out-file={directory}/out", program, *arguments],
            check=True, text=True, capture_output=True)
    total = int(re.search(r"Collected : (\d+)", done.stderr).group(1))
    return allocations, total // MEASURED


def main():
    program = sys.argv[1]
    for alg in ("ES256", "RS256"):
        for what in (["cached"], ["cached", "any"], ["cached", "none"],
                     ["cached", "million"], ["new"], ["new", "any"],
                     ["new", "none"], ["new", "million"], ["malformed"],
                     ["opaque"]):
            allocations, instructions = cost(program, [alg, *what])
            how = HOW[what[1] if len(what) > 1 else ""]
            print(f"{alg} {what[0]:9} {how:17} {instructions:9,} "
                  f"instructions {allocations:>6} allocations")


if __name__ == "__main__":
    main()
