"""What the peers in Python share: set-up, running programs, a bare Debian."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "build/peers"
NOT_RUN = 77
SUITE = "bookworm"

sys.path.insert(0, str(ROOT / "tests/e2e"))  # harness


def not_run(why):
    print(why)
    sys.exit(NOT_RUN)


def require_root():
    if os.geteuid() != 0:
        not_run("only root can do this")


def run(*words, fails=False, quiet=False, **how):
    """Both outputs, as text. A status other than 0 ends the peer (with
    `fails`: a status of 0 does)."""
    words = [str(word) for word in words]
    print("+", " ".join(words), flush=True)
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, **how)
    if not quiet:
        print(done.stdout, flush=True)
    if (done.returncode != 0) != fails:
        sys.exit(f"{words[0]} ended with {done.returncode}:\n"
                 f"{done.stdout[-4000:]}")
    return done.stdout


def setup(*packages):
    """Installs Debian packages; where that cannot be done nothing was tried."""
    done = subprocess.run([ROOT / "tools/setup", *packages])
    if done.returncode != 0:
        not_run(f"cannot install {' '.join(packages)}")


def directory(name):
    """build/peers/NAME, empty."""
    path = PEERS / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}", flush=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _sources():
    """This machine's own Debian sources: where it may fetch from."""
    for path in ("/etc/apt/sources.list.d/debian.sources",
                 "/etc/apt/sources.list"):
        if os.path.exists(path) and SUITE in pathlib.Path(path).read_text():
            return path
    return "http://deb.debian.org/debian"


def _apt_settings():
    """How this machine reaches its mirror (proxies, snapshots of old date)."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True,
                          text=True, check=True).stdout
    wanted = re.compile(
        r'^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date)\b.*;$', re.M)
    return "\n".join(match.group(0) for match in wanted.finditer(dump)) + "\n"


# What Debian's own container image says to apt: keep no caches.
_KEEP_LITTLE = """\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""


def bare_debian():
    """A tar file with the least Debian that installs packages: made once from
    the mirror, in the likeness of the official image but not that image."""
    tar = PEERS / f"{SUITE}.tar"
    if tar.exists():
        return tar
    setup("mmdebstrap")
    settings = directory("bare-debian")
    (settings / "50-little").write_text(_KEEP_LITTLE)
    (settings / "51-this-machine").write_text(_apt_settings())
    unfinished = tar.with_suffix(".new.tar")
    run("mmdebstrap", "--variant=minbase",
        "--include=ca-certificates,usr-is-merged",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--customize-hook=copy-in "
        f"{settings}/50-little {settings}/51-this-machine /etc/apt/apt.conf.d",
        '--customize-hook=rm -rf "$1"/var/cache/apt/*.bin',
        SUITE, unfinished, _sources(), quiet=True)
    unfinished.rename(tar)
    return tar
