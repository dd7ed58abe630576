"""One program: started, watched, stopped, its output kept."""

import json
import os
import pathlib
import signal
import subprocess

from .waiting import wait_until


class Process:
    """Runs `command`; both its outputs go to one log file."""

    def __init__(self, name, command, directory):
        self.name = name
        self.command = [str(word) for word in command]
        self._log = pathlib.Path(directory) / f"{name}.log"
        # Ends with the test, even if the test is killed.
        leash = ["setpriv", "--pdeathsig", "KILL"]
        with open(self._log, "ab") as out:
            self._child = subprocess.Popen(
                leash + self.command, stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, cwd=directory,
                env={"PATH": os.environ["PATH"], **_sanitizer_settings()})

    @property
    def pid(self):
        return self._child.pid

    def log(self):
        return self._log.read_text(errors="replace")

    def running(self):
        return self._child.poll() is None

    def await_file(self, path):
        """The JSON the program writes, whole, when it is ready."""
        path = pathlib.Path(path)

        def there():
            if path.exists():
                return True
            if not self.running():
                raise RuntimeError(
                    f"{self.name} ended with {self._child.returncode}:\n"
                    f"{self.log()}")
            return False

        try:
            wait_until(lambda: there() or not self.running(),
                       f"{self.name} writes {path.name}", within=60)
            there()
        except Exception:
            self.stop()
            raise
        return json.loads(path.read_text())

    def signal(self, number=signal.SIGTERM):
        self._child.send_signal(number)

    def wait(self, within=60):
        """The exit status."""
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} still runs after {within} s\n{self.log()}")

    def stop(self, within=60):
        """SIGTERM; the exit status. SIGKILL, and a failure, if that is not
        enough."""
        if self.running():
            self.signal()
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise AssertionError(f"{self.name} did not end on SIGTERM")

    def rss_kib(self):
        return rss_kib(self.pid)

    def peak_rss_kib(self):
        """The most since its start."""
        return rss_kib(self.pid, "VmHWM:")


def rss_kib(pid, which="VmRSS:"):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith(which):
                return int(line.split()[1])
    raise AssertionError(f"process {pid} is gone")


def _sanitizer_settings():
    return {name: value for name, value in os.environ.items()
            if name.endswith("SAN_OPTIONS")}
