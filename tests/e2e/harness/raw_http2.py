"""A client that speaks HTTP/2 frame by frame, for what no gRPC client sends."""

import socket
import struct
import time

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 8
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
_MAX_FRAME = 16384
_INITIAL_WINDOW = 65535


def _frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) +
            struct.pack(">I", stream) + payload)


def _text(data):
    """A string of HPACK, without Huffman's code (RFC 7541 5.2)."""
    length, prefix = len(data), b""
    if length < 127:
        return bytes((length,)) + data
    prefix, length = b"\x7f", length - 127
    while length >= 128:
        prefix += bytes((length % 128 + 128,))
        length //= 128
    return prefix + bytes((length,)) + data


def _headers(path, authorization):
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path),
              (b":authority", b"localhost"),
              (b"content-type", b"application/grpc"), (b"te", b"trailers")]
    if authorization:
        fields.append((b"authorization", authorization))
    # Literals that enter no table (RFC 7541 6.2.2).
    return b"".join(b"\x00" + _text(name) + _text(value)
                    for name, value in fields)


class RawConnection:
    """One connection, on which calls begin and need never go on."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
                             _frame(_SETTINGS, 0, 0))
        self._input = b""
        self._next_stream = 1
        # What the server allows to be sent: per connection, per stream.
        self._window = _INITIAL_WINDOW
        self._initial_window = _INITIAL_WINDOW
        self._windows = {}
        self.ended = {}  # stream -> the bytes of its last HEADERS frame

    def close(self):
        self._socket.close()

    def begin(self, path, authorization=b""):
        """Begins a call and sends no message. Returns its stream."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self._windows[stream] = 0  # beyond the initial one
        self._socket.sendall(_frame(_HEADERS, _END_HEADERS, stream,
                                    _headers(path, authorization)))
        return stream

    def send(self, stream, data, seconds):
        """Sends as much of `data` as the server takes in this time, unless the
        call ends. Returns the number of bytes."""
        sent, until = 0, time.monotonic() + seconds
        while (sent < len(data) and stream not in self.ended and
               time.monotonic() < until):
            room = min(self._window, _MAX_FRAME, len(data) - sent,
                       self._initial_window + self._windows[stream])
            if room <= 0:
                self.receive(0.1)
                continue
            try:
                self._socket.sendall(
                    _frame(_DATA, 0, stream, data[sent:sent + room]))
            except OSError:
                break
            sent += room
            self._window -= room
            self._windows[stream] -= room
            self.receive(0)
        return sent

    def wait_for_end(self, streams, seconds):
        """Whether all these calls have ended within this time."""
        until = time.monotonic() + seconds
        while not set(streams) <= set(self.ended):
            if time.monotonic() > until:
                return False
            self.receive(0.1)
        return True

    def receive(self, seconds):
        """Takes what has come, or comes within this time."""
        self._socket.settimeout(max(seconds, 1e-3))
        try:
            data = self._socket.recv(1 << 20)
        except (TimeoutError, BlockingIOError):
            return
        finally:
            self._socket.settimeout(30)
        if not data:
            raise ConnectionError("the server has closed the connection")
        self._input += data
        while len(self._input) >= 9:
            length = int.from_bytes(self._input[:3], "big")
            if len(self._input) < 9 + length:
                break
            kind, flags = self._input[3:5]
            stream = int.from_bytes(self._input[5:9], "big")
            payload = self._input[9:9 + length]
            self._input = self._input[9 + length:]
            self._take(kind, flags, stream, payload)

    def _take(self, kind, flags, stream, payload):
        if kind == _HEADERS and flags & _END_STREAM:
            self.ended[stream] = payload
        elif kind == _RST_STREAM:
            self.ended.setdefault(stream, b"")
        elif kind == _WINDOW_UPDATE:
            more = int.from_bytes(payload, "big")
            if stream == 0:
                self._window += more
            elif stream in self._windows:
                self._windows[stream] += more
        elif kind == _SETTINGS and not flags & _ACK:
            for at in range(0, len(payload), 6):
                setting, value = struct.unpack(">HI", payload[at:at + 6])
                if setting == 4:
                    self._initial_window = value
            self._socket.sendall(_frame(_SETTINGS, _ACK, 0))
        elif kind == _PING and not flags & _ACK:
            self._socket.sendall(_frame(_PING, _ACK, 0, payload))
