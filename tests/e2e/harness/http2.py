"""HTTP/2 by hand, for what no gRPC client does: calls that are reset as soon as
they are sent, and more calls a second than a client in Python can make."""

import socket
import struct

HEADERS, RST_STREAM, SETTINGS, WINDOW_UPDATE = 1, 3, 4, 8
END_STREAM, END_HEADERS = 1, 4
CANCEL = 8


def _frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
            + struct.pack(">I", stream) + payload)


def _text(data):
    """HPACK: a string, not Huffman-coded (RFC 7541 section 5)."""
    data = data.encode()
    if len(data) < 127:
        return bytes([len(data)]) + data
    size, rest = bytes([127]), len(data) - 127
    while rest >= 128:
        size, rest = size + bytes([rest % 128 + 128]), rest // 128
    return size + bytes([rest]) + data


def _field(name, value):
    """HPACK: a literal that is not indexed."""
    return b"\x00" + _text(name) + _text(value)


class Connection:
    """One connection; reads nothing but what it must not leave unread."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._stream = -1
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                             + _frame(SETTINGS, 0, 0)
                             + _frame(WINDOW_UPDATE, 0, 0,
                                      struct.pack(">I", 1 << 30)))

        self._input = b""

    def close(self):
        self._socket.close()

    def _headers(self, path, token, flags):
        self._stream += 2
        block = b"".join(_field(name, value) for name, value in (
            (":method", "POST"), (":scheme", "http"), (":path", path),
            (":authority", "localhost"), ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("authorization", f"Bearer {token}")))
        return _frame(HEADERS, END_HEADERS | flags, self._stream, block)

    def _read(self):
        """What has come."""
        data = b""
        self._socket.setblocking(False)
        try:
            while more := self._socket.recv(1 << 16):
                data += more
        except BlockingIOError:
            pass
        finally:
            self._socket.setblocking(True)
        return data

    def reset_calls(self, path, tokens):
        """A call with each token, reset right behind its headers."""
        out = b""
        for token in tokens:
            out += self._headers(path, token, 0)
            out += _frame(RST_STREAM, 0, self._stream,
                          struct.pack(">I", CANCEL))
        self._socket.sendall(out)
        self._read()

    def begin_calls(self, path, tokens):
        """A call with each token, without a message."""
        self._socket.sendall(b"".join(
            self._headers(path, token, END_STREAM) for token in tokens))

    def count_ends(self):
        """How many of those calls have ended since the last look."""
        self._input += self._read()
        ends = at = 0
        while at + 9 <= len(self._input):
            size = int.from_bytes(self._input[at:at + 3], "big")
            if at + 9 + size > len(self._input):
                break
            kind, flags = self._input[at + 3], self._input[at + 4]
            ends += kind == HEADERS and flags & END_STREAM != 0
            at += 9 + size
        self._input = self._input[at:]
        return ends
