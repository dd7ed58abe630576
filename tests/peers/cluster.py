"""A real Kubernetes API server on an etcd of its own, both on loopback. There is
no controller and no kubelet: what is created stays as it was written."""

import json
import ssl
import subprocess
import urllib.error
import urllib.request

import peer
import programs
from harness.certificates import Authority
from harness.process import Process
from harness.waiting import wait_until
from peer import free_port

VERSION = "1.34.4"
_FLAGS = "k8s.io/component-base/version"
ISSUER = "https://kubernetes.default.svc.cluster.local"
ADMIN = "administrator-of-this-test-only"


class Cluster:
    def __init__(self, directory):
        self.directory = directory
        server = programs.from_go(
            "kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver",
            ldflags=f"-X {_FLAGS}.gitVersion=v{VERSION} -X {_FLAGS}.gitMajor=1 "
                    f"-X {_FLAGS}.gitMinor={VERSION.split('.')[1]}")
        root, _ = programs.from_debian("etcd-server")
        authority = Authority(directory, "cluster")
        self.ca_file = authority.certificate
        self.certificate, self.key = authority.issue(
            "kube-apiserver", "IP:127.0.0.1,DNS:kubernetes.default.svc")
        self.signing_keys = [self._signing_key("sa-1")]
        (directory / "tokens.csv").write_text(
            f'{ADMIN},admin,admin,"system:masters"\n')
        etcd, peers, self.port = free_port(), free_port(), free_port()
        self.address = f"https://127.0.0.1:{self.port}"
        self._etcd = Process("etcd", [
            root / "usr/bin/etcd", "--data-dir", directory / "etcd",
            "--listen-client-urls", f"http://127.0.0.1:{etcd}",
            "--advertise-client-urls", f"http://127.0.0.1:{etcd}",
            "--listen-peer-urls", f"http://127.0.0.1:{peers}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peers}",
            "--initial-cluster", f"default=http://127.0.0.1:{peers}",
            "--unsafe-no-fsync"], directory)
        self._command = [
            server, f"--etcd-servers=http://127.0.0.1:{etcd}",
            "--bind-address=127.0.0.1", f"--secure-port={self.port}",
            "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
            f"--tls-cert-file={self.certificate}",
            f"--tls-private-key-file={self.key}",
            f"--token-auth-file={directory / 'tokens.csv'}",
            "--authorization-mode=RBAC", "--service-cluster-ip-range=fd00:10::/112",
            f"--service-account-issuer={ISSUER}",
            f"--service-account-jwks-uri={self.address}/openid/v1/jwks"]
        self.start()

    def _signing_key(self, name):
        path = self.directory / f"{name}.key"
        subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True,
                       capture_output=True)
        return path

    def start(self):
        """With the last of its keys signing, and all of them served."""
        self._server = Process("kube-apiserver", [
            *self._command,
            f"--service-account-signing-key-file={self.signing_keys[-1]}",
            *(f"--service-account-key-file={key}"
              for key in self.signing_keys)], self.directory)

        def ready():
            if not self._server.running():
                peer.check(False, "kube-apiserver runs:\n" + self._server.log())
            try:
                return self.ask("GET", "/readyz") == "ok"
            except (OSError, urllib.error.URLError):
                return False
        wait_until(ready, "the API server is ready", within=180, every=0.5)

    def stop_server(self):
        self._server.stop()

    def rotate(self):
        """Another signing key; the old one is still served."""
        self.signing_keys.append(
            self._signing_key(f"sa-{len(self.signing_keys) + 1}"))
        self.stop_server()
        self.start()

    def stop(self):
        self._server.stop()
        self._etcd.stop()

    def ask(self, method, path, body=None, token=ADMIN):
        """The API's answer: parsed where it is JSON. HTTPError says why not."""
        request = urllib.request.Request(
            self.address + path, method=method,
            data=body if body is None or isinstance(body, bytes)
            else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}",
                     "Content-Type": "application/yaml"})  # or JSON
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(
                context=ssl.create_default_context(cafile=self.ca_file)))
        with opener.open(request, timeout=30) as answer:
            text = answer.read().decode()
            kind = answer.headers.get("Content-Type", "")
        return json.loads(text) if "json" in kind else text

    def refusal(self, method, path, body):
        """Why the server refuses this; None where it does not."""
        try:
            self.ask(method, path, body)
        except urllib.error.HTTPError as error:
            return error.read().decode()
        return None

    def namespace(self, name, **labels):
        self.ask("POST", "/api/v1/namespaces", {
            "metadata": {"name": name, "labels": labels}})

    def service_account(self, namespace, name):
        self.ask("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts",
                 {"metadata": {"name": name}})

    def token(self, namespace, account, audience=None, seconds=600):
        spec = {"expirationSeconds": seconds}
        if audience:
            spec["audiences"] = [audience]
        answer = self.ask(
            "POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}"
            "/token", {"spec": spec})
        return answer["status"]["token"]

    def kubeconfig(self):
        path = self.directory / "kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": self.address,
                "certificate-authority": self.ca_file}}],
            "users": [{"name": "admin", "user": {"token": ADMIN}}],
            "contexts": [{"name": "test", "context": {
                "cluster": "test", "user": "admin"}}]}))
        return path
