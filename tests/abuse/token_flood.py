"""Calls of a guarded service over one connection, each with another bad token:
some of them wait for their ends, or all are reset at once. A process of its own. Its description comes on standard
input; it ends when that is closed, and prints how many calls it sent.
"""

import itertools
import json
import sys
import threading
import time

from harness.http2 import Connection

TURNS = 50  # a second
OPEN = 2000  # calls at once that wait for their ends


def makers(spec):
    numbers = itertools.count()
    if spec["kind"] == "malformed":
        return lambda: f"g{next(numbers)}"
    # Well-formed: a good token with another signature.
    signed, signature = spec["token"].rsplit(".", 1)
    head, tail = f"{signed}.{signature[:10]}", signature[20:]
    return lambda: f"{head}{next(numbers):010d}{tail}"


def main():
    spec = json.loads(sys.stdin.readline())
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()),
                     daemon=True).start()
    make = makers(spec)
    connection = Connection(spec["port"])
    sent = ended = 0
    turn = time.monotonic()
    while not over.is_set():
        count = spec["rate"] // TURNS
        if spec["reset"]:
            connection.reset_calls(spec["path"], [make() for _ in range(count)])
        else:
            ended += connection.count_ends()
            count = min(count, OPEN - (sent - ended))
            connection.begin_calls(spec["path"], [make() for _ in range(count)])
        sent += count
        # What was late is not made up for.
        turn = max(turn + 1 / TURNS, time.monotonic())
        time.sleep(max(1e-3, turn - time.monotonic()))
    print(sent)


if __name__ == "__main__":
    main()
