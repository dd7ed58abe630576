"""usherd: configured, started, asked."""

import json
import pathlib
import urllib.request

import grpc

from . import places, wire
from .process import Process

# Short enough for a test to see a refresh; the rest are the defaults.
QUICK = {"freshness": "2s", "min_freshness": "1s", "max_freshness": "2s",
         "cooldown": "1s"}


def issuer(provider, **settings):
    """The configuration of one DevIssuer."""
    return {
        "name": provider.name,
        "issuer": provider.issuer,
        "audiences": ["orders"],
        "algorithms": [provider.alg],
        "keys": {"discovery": True},
        "ca_file": str(provider.ca_file),
        "insecure_allow_private_addresses": True,
        **settings,
    }


def configuration(issuers, **settings):
    """JSON is YAML too."""
    return json.dumps({
        "listen": "127.0.0.1:0",
        "admin": {"listen": "127.0.0.1:0"},
        "metrics": {"listen": "127.0.0.1:0"},
        "status_page": {"listen": "127.0.0.1:0"},
        # Tests stop hundreds of them, and no client watches their health.
        "shutdown_delay": "0s",
        "issuers": issuers,
        **settings,
    }, indent=1)


class Usherd(Process):
    def __init__(self, directory, text, name="usherd", before=()):
        """`before`: a command that runs usherd, such as unshare."""
        directory = pathlib.Path(directory)
        self.config_file = directory / f"{name}.yaml"
        self.config_file.write_text(text)
        self._ready = directory / f"{name}-ready.json"
        super().__init__(name, [
            *before, places.program("usherd"), "--config", self.config_file,
            "--ready-file", self._ready], directory)
        self._service = None

    def started(self):
        self.said = self.await_file(self._ready)
        self.address = self.said["listen"]
        self.admin_address = self.said["admin"]
        self.metrics_address = self.said["metrics"]
        return self

    @property
    def service(self):
        if self._service is None:
            self._service = wire.Service(
                grpc.insecure_channel(self.address),
                grpc.insecure_channel(self.admin_address))
        return self._service

    def get(self, path):
        """(status, body) of the HTTP listener."""
        url = f"http://{self.metrics_address}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self):
        """{"usher_x_total{label="y"}": 1.0}."""
        _, text = self.get("/metrics")
        lines = [line for line in text.splitlines()
                 if line and not line.startswith("#")]
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines)}

    def ready(self):
        return self.get("/readyz")[0] == 200

    def stop(self, within=60):
        if self._service is not None:
            self._service.close()
            self._service = None
        return super().stop(within)
