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

    def issue_for(self, name, alternative, seconds):
        """(certificate, key) of one that expires so soon."""
        now = datetime.datetime.now(datetime.timezone.utc)
        key, request, certificate = (
            self._file(f"{name}.{end}") for end in ("key", "csr", "pem"))
        self._run("openssl", "req", "-new", "-newkey", *EC, "-nodes",
                  "-subj", f"/CN={name}",
                  "-addext", f"subjectAltName={alternative}",
                  "-keyout", key, "-out", request)
        form = "%Y%m%d%H%M%SZ"
        self._ca("-in", request, "-out", certificate, "-notext",
                 "-startdate", (now - datetime.timedelta(hours=1)).strftime(
                     form),
                 "-enddate", (now + datetime.timedelta(
                     seconds=seconds)).strftime(form))
        return certificate, key

    def revoke(self, certificate):
        """In every list from now on."""
        self._ca("-revoke", certificate)

    def revocation_list(self, name="crl", seconds=24 * 3600):
        """A file with the revoked certificates, which expires so soon."""
        path = self._file(f"{name}.pem")
        self._ca("-gencrl", "-crlsec", str(seconds), "-out", path)
        return path

    def _ca(self, *words):
        """`openssl ca` with a database of its own."""
        settings = self._file("ca.conf")
        if not pathlib.Path(settings).exists():
            pathlib.Path(self._file("index")).touch()
            pathlib.Path(settings).write_text(f"""
[ca]
default_ca = own
[own]
database = {self._file("index")}
new_certs_dir = {self._directory}
default_md = sha256
rand_serial = yes
policy = any
x509_extensions = leaf
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
""")
        self._run("openssl", "ca", "-batch", "-config", settings,
                  "-cert", self.certificate, "-keyfile", self._key, *words)

    def _file(self, name):
        return str(self._directory / f"{self._name}-{name}")

    def _run(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stderr}")

    def _make(self, name, words, kind=EC):
        certificate = self._directory / f"{self._name}-{name}.pem"
        key = self._directory / f"{self._name}-{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", "2", "-out",
             certificate, "-keyout", key, *words],
            check=True, capture_output=True)
        return str(certificate), str(key)
