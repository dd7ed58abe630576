"""HTTP/2 as bytes: what no well-behaved library sends."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind, flags, stream, payload):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) +
            stream.to_bytes(4, "big") + payload)


def literal(name, value):
    return b"\0" + b"".join(bytes([len(word)]) + word.encode()
                            for word in (name, value))


def headers(method="/usher.v1.TokenService/Verify"):
    return b"".join(literal(name, value) for name, value in (
        (":method", "POST"), (":scheme", "https"), (":path", method),
        (":authority", "localhost"), ("content-type", "application/grpc"),
        ("te", "trailers")))


def varint(number, bits):
    """HPACK's integers (RFC 7541 section 5.1)."""
    most = (1 << bits) - 1
    if number < most:
        return bytes([number])
    out = [most]
    number -= most
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    return bytes([*out, number])


def announced(size):
    """The head of a message that is to have so many bytes."""
    return b"\0" + struct.pack(">I", size)


class Link:
    """A connection of a client, over TLS, after its preface."""

    def __init__(self, context, address, timeout=10):
        host, port = address.rsplit(":", 1)
        plain = socket.create_connection((host, int(port)), timeout=timeout)
        try:
            self.socket = context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
        self.send(PREFACE + frame(SETTINGS, 0, 0, b""))

    def send(self, data):
        self.socket.sendall(data)

    def drain(self):
        """Reads what has arrived, so that the peer can go on."""
        self.socket.settimeout(0)
        try:
            while self.socket.recv(65536):
                pass
        except OSError:
            pass
        finally:
            self.socket.settimeout(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
