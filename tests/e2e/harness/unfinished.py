"""A client that sends messages and finishes none: python3 unfinished.py PORT.

It begins new ones, on new connections too, for as long as it runs.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.raw_http2 import RawConnection  # noqa: E402

STREAMS = 100
SIZE = 5 << 20  # the most that usherd takes
PIECE = 64 << 10


def flood(port):
    connection = RawConnection(port)
    method = b"/usher.v1.TokenService/BatchVerify"
    # One byte is never sent.
    head = b"\x00" + SIZE.to_bytes(4, "big")
    left = {connection.begin(method): SIZE - 1 for _ in range(STREAMS)}
    for stream in left:
        connection.send(stream, head, 1)
    while left:
        for stream in list(left):
            left[stream] -= connection.send(stream, bytes(min(PIECE, left[stream])),
                                            0.05)
            if left[stream] == 0 or stream in connection.ended:
                del left[stream]
    connection.wait_for_end([], 0)
    while True:
        connection.receive(1)


if __name__ == "__main__":
    while True:
        try:
            flood(int(sys.argv[1]))
        except OSError:
            pass
