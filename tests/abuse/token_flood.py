"""Calls of a guarded service over one connection, each with another bad token
and reset at once. A process of its own. Its description comes on standard
input; it ends when that is closed, and prints how many calls it sent.
"""

import itertools
import json
import sys
import threading
import time

from harness.http2 import Connection

TURNS = 50  # a second


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
    sent = 0
    began = time.monotonic()
    while not over.is_set():
        connection.reset_calls(
            spec["path"], [make() for _ in range(spec["rate"] // TURNS)])
        sent += spec["rate"] // TURNS
        time.sleep(max(0, began + sent / spec["rate"] - time.monotonic()))
    print(sent)


if __name__ == "__main__":
    main()
