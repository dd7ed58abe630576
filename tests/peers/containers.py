"""buildah and podman with a store of their own, and Usher's image."""

import os
import subprocess

import peer
from peer import PEERS, ROOT, run

STORE = PEERS / "containers"
IMAGE = "localhost/usher:test"
BASE = f"docker.io/library/debian:{peer.SUITE}-slim"

_STORAGE = f"""\
[storage]
driver = "overlay"
graphroot = "{STORE}/graph"
runroot = "{STORE}/run"
"""
# Works without systemd, without the right to raise limits, and on machines
# whose control groups are of the older kind (crun refuses those).
_ENGINE = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def _environment():
    STORE.mkdir(parents=True, exist_ok=True)
    (STORE / "storage.conf").write_text(_STORAGE)
    (STORE / "containers.conf").write_text(_ENGINE)
    return {**os.environ, "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_STORAGE_CONF": str(STORE / "storage.conf"),
            "CONTAINERS_CONF": str(STORE / "containers.conf")}


def setup():
    peer.require_root()
    peer.setup("buildah", "podman", "runc", "catatonit")


def buildah(*words, **how):
    return run("buildah", *words, env=_environment(), **how)


def podman(*words, tolerate=False, **how):
    if tolerate:
        subprocess.run(["podman", *[str(word) for word in words]],
                       env=_environment())
        return None
    return run("podman", *words, env=_environment(), **how)


def status(*words):
    return subprocess.run(["podman", *words], env=_environment(),
                          capture_output=True).returncode


def usher_image():
    """The image's name, after building what changed since the last time.
    USHER_IMAGE names one that is in the store already."""
    if "USHER_IMAGE" in os.environ:
        return os.environ["USHER_IMAGE"]
    if status("image", "exists", BASE) != 0:
        podman("import", "-c", "CMD [\"bash\"]", peer.bare_debian(), BASE,
               quiet=True)
    buildah("bud", "--isolation", "chroot", "--pull-never", "--layers",
            "--timestamp", "0", "--format", "docker", "-t", IMAGE, ROOT,
            quiet=True)
    return IMAGE
