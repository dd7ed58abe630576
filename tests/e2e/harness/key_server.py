"""An HTTPS server for key sets, which answers as a test says."""

import http.server
import json
import ssl
import threading


class KeyServer:
    """Answers `path` with what `answers[path]` returns for the headers of a
    request: (status, headers, body). Keeps the headers of each request."""

    def __init__(self, certificate, key, client_ca=None):
        self.answers = {}
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.asked.append((self.path, dict(self.headers)))
                answer = outer.answers.get(self.path)
                status, headers, body = (
                    answer(self.headers) if answer else (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                       Handler)
        # The handshake belongs to the thread of the connection.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True,
            do_handshake_on_connect=False)
        self._server.handle_error = lambda *_: None
        self.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    def serve(self, path, document, status=200, **headers):
        """Always this; a name such as retry_after is the header Retry-After."""
        body = (document if isinstance(document, bytes)
                else json.dumps(document).encode())
        named = {name.replace("_", "-"): value
                 for name, value in headers.items()}
        self.answers[path] = lambda _: (status, named, body)

    def count(self, path):
        return sum(asked == path for asked, _ in self.asked)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
