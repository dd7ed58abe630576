"""A private certificate authority, made with the openssl program."""

import datetime
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
                   "-addext", "basicConstraints=critical,CA:TRUE",
                   # Python 3.13 takes no authority without it (RFC 5280 4.2.1.3).
                   "-addext", "keyUsage=critical,keyCertSign,cRLSign"])

    def issue(self, name, alternative=None, kind=EC):
        """(certificate, key) of one named `name`; `alternative`: its subject
        alternative name, such as "URI:spiffe://x" or "IP:127.0.0.1"."""
        extension = ["-addext", f"subjectAltName={alternative}"]
        return self._make(name, [
            "-subj", f"/CN={name}", *(extension if alternative else []),
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-CA", self.certificate, "-CAkey", self._key], kind)

    def expired(self, name):
        """The same, of a certificate that expired yesterday. By `openssl ca`:
        no other command of OpenSSL 3.0 and 3.5 takes an end in the past."""
        paths = {kind: str(self._directory / f"{self._name}-{name}.{kind}")
                 for kind in ("pem", "key", "csr", "cnf", "index")}
        pathlib.Path(paths["cnf"]).write_text(
            "[ca]\ndefault_ca = all\n[all]\n"
            f"database = {paths['index']}\nnew_certs_dir = {self._directory}\n"
            "rand_serial = yes\ndefault_md = sha256\npolicy = any\n"
            "[any]\ncommonName = supplied\n")
        pathlib.Path(paths["index"]).touch()
        yesterday = datetime.datetime.now(datetime.timezone.utc) \
            - datetime.timedelta(days=1)
        subprocess.run(
            ["openssl", "req", "-new", "-newkey", *EC, "-nodes", "-subj",
             f"/CN={name}", "-keyout", paths["key"], "-out", paths["csr"]],
            check=True, capture_output=True)
        subprocess.run(
            ["openssl", "ca", "-batch", "-notext", "-config", paths["cnf"],
             "-cert", self.certificate, "-keyfile", self._key,
             "-in", paths["csr"], "-startdate", "20200101000000Z",
             "-enddate", f"{yesterday:%Y%m%d%H%M%SZ}", "-out", paths["pem"]],
            check=True, capture_output=True)
        return paths["pem"], paths["key"]

    def _make(self, name, words, kind=EC):
        certificate = self._directory / f"{self._name}-{name}.pem"
        key = self._directory / f"{self._name}-{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-out",
             certificate, "-keyout", key, *words],
            check=True, capture_output=True)
        return str(certificate), str(key)
