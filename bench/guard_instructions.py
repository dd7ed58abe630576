#!/usr/bin/python3
"""Instructions that a server executes for a call: plain, with an interceptor
that does nothing, with gRPC's hooks alone, and behind the guard. Steadier than time on a machine that others use;
the kernel's are not among them.

    guard_instructions.py GUARD_BENCH [CALLS [ROUNDS]]      needs valgrind, python3-grpcio
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import grpc

TOKEN = "x" * 900


def call(stub, times):
    for _ in range(times):
        stub(b"", metadata=[("authorization", "Bearer " + TOKEN)], timeout=60)


def instructions_of_run(program, style, what, calls, directory):
    out = os.path.join(directory, "callgrind.out")
    server = subprocess.Popen(
        ["valgrind", "-q", "--tool=callgrind",
         f"--callgrind-out-file={out}", program, "--serve", style, what],
        stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    call(channel.unary_unary("/greeter.v1.Greeter/Hello"), calls)
    channel.close()
    server.send_signal(signal.SIGTERM)
    server.wait()
    text = pathlib.Path(out).read_text()
    return int(re.search(r"^totals: (\d+)", text, re.M)[1])


def instructions(program, style, what, calls, rounds, directory):
    """Per call, the difference of two runs, so that neither the start nor the
    first call is among them. Of several rounds the least: threads that wait for
    a lock of gRPC's spin, which only adds."""
    few, many = (
        min(instructions_of_run(program, style, what, times, directory)
            for _ in range(rounds))
        for times in (calls // 4, calls + calls // 4))
    return (many - few) / calls


def main(program, calls=4000, rounds=3):
    print("| style | server | instructions per call | more than plain |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for style in ("callback", "sync"):
            plain = None
            for what in ("plain", "interceptor", "hooks", "guarded"):
                count = instructions(program, style, what, int(calls),
                                     int(rounds), directory)
                plain = plain or count
                print(f"| {style} | {what} | {count:.0f} | "
                      f"{count - plain:.0f} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
