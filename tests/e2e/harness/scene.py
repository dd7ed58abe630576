"""A test class with programs of its own, and what every such class must keep.

Wherever a token was used, no log and no metric may hold its signature.
"""

import pathlib
import shutil
import tempfile
import unittest

from . import usherd as daemon
from .dev_issuer import DevIssuer
from .usherd import Usherd
from .waiting import wait_until


class Scene(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="usher-e2e-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        cls.processes = []
        cls.signatures = set()
        try:
            cls.set_the_scene()
        except BaseException:
            cls.tell_logs()
            raise

    @classmethod
    def set_the_scene(cls):
        """For the class to start what all its tests share."""

    @classmethod
    def tearDownClass(cls):
        leaks = cls.leaks()
        if leaks:
            raise AssertionError(f"token text in {leaks}")

    @classmethod
    def issuer(cls, name="corp", **how):
        return cls._keep(DevIssuer(cls.directory, name, **how))

    @classmethod
    def usherd(cls, *issuers, name="usherd", before=(), wait_ready=True,
               **settings):
        """Started and, with wait_ready, with all its keys."""
        text = daemon.configuration(list(issuers), **settings)
        started = cls._keep(Usherd(cls.directory, text, name, before))
        started.started()
        if wait_ready:
            wait_until(started.ready, "/readyz says ready")
        return started

    @classmethod
    def unready_usherd(cls, text, name="usherd"):
        """One that is not expected to come up."""
        return cls._keep(Usherd(cls.directory, text, name))

    @classmethod
    def _keep(cls, process):
        cls.processes.append(process)
        cls.addClassCleanup(cls._end, process)
        return process

    @classmethod
    def _end(cls, process):
        status = process.stop()
        if status not in (0, 1):
            cls.tell_logs()
            raise AssertionError(f"{process.name} ended with {status}")

    @classmethod
    def secret(cls, token):
        """Notes that `token` was used."""
        signature = token.rsplit(".", 1)[-1]
        if len(signature) >= 20:
            cls.signatures.add(signature[-20:])
        return token

    @classmethod
    def secret_file(cls, text):
        """The path of a file with a client's secret."""
        path = pathlib.Path(cls.directory) / "client-secret"
        path.write_text(text)
        return str(path)

    @classmethod
    def leaks(cls):
        found = []
        for process in cls.processes:
            texts = {"log": process.log()}
            if isinstance(process, Usherd) and process.running():
                texts["/metrics"] = process.get("/metrics")[1]
            for where, text in texts.items():
                if any(signature in text for signature in cls.signatures):
                    found.append(f"{process.name}'s {where}")
        return found

    @classmethod
    def tell_logs(cls):
        for process in cls.processes:
            print(f"--- the last lines of {process.name}:")
            print("\n".join(process.log().splitlines()[-40:]), flush=True)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            self.tell_logs()


def figure(name, value):
    """A measured number, for people to quote."""
    print(f"FIGURE {name}: {value}", flush=True)
