"""A TCP proxy that can be shut: then nothing listens on its port."""

import contextlib
import socket
import threading


class Gate:
    """Forwards TCP from a port of its own to `target` while it is open.

    Shutting it also cuts the connections that stand. `accepted` counts all
    there have been.
    """

    def __init__(self, target):
        self._target = target
        self._listener = None
        self._standing = set()
        self.accepted = 0
        # Bound for as long as the gate exists, but never listening: the port
        # refuses connections and no other process gets it.
        self._reserve = socket.socket()
        self._reserve.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserve.bind(("127.0.0.1", 0))
        self.port = self._reserve.getsockname()[1]

    def open(self):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(128)
        threading.Thread(
            target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self):
        if self._listener:
            # Wakes accept(), which close() alone does not.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for end in list(self._standing):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            for source, sink in ((near, far), (far, near)):
                self._standing.add(source)
                threading.Thread(target=self._pump, args=(source, sink),
                                 daemon=True).start()

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        self._standing.discard(source)
