"""A private certificate authority, made with the openssl program."""

import pathlib
import subprocess

EC = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
RSA = ["rsa:2048"]


class Authority:
    def __init__(self, directory, name="ca"):
        self._directory = pathlib.Path(directory)
        self._name = name
        self.certificate, self._key = self._make(
            name, ["-subj", f"/CN={name}",
                   "-addext", "basicConstraints=critical,CA:TRUE"])

    def issue(self, name, alternative=None, kind=EC):
        """(certificate, key) of one named `name`; `alternative`: its subject
        alternative name, such as "URI:spiffe://x" or "IP:127.0.0.1"."""
        extension = ["-addext", f"subjectAltName={alternative}"]
        return self._make(name, [
            "-subj", f"/CN={name}", *(extension if alternative else []),
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-CA", self.certificate, "-CAkey", self._key], kind)

    def expired(self, name):
        """The same, of a certificate that expired yesterday."""
        certificate, key = self.issue(name)
        ended = f"{certificate}.ended"
        subprocess.run(
            ["openssl", "x509", "-in", certificate, "-signkey", key,
             "-days", "-1", "-out", ended], check=True, capture_output=True)
        return ended, key

    def _make(self, name, words, kind=EC):
        certificate = self._directory / f"{self._name}-{name}.pem"
        key = self._directory / f"{self._name}-{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-out",
             certificate, "-keyout", key, *words],
            check=True, capture_output=True)
        return str(certificate), str(key)
