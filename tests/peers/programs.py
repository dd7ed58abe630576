"""Programs of others that a peer starts: got once, kept outside the tree.

They are in ~/.cache/usher-peers (USHER_PEERS_CACHE names another place), so that
every clone finds them. Nothing is installed: a package of Debian that would
start a service is only unpacked.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess

import peer
from peer import ROOT

HELM = "v3.16.4"
CACHE = pathlib.Path(os.environ.get("USHER_PEERS_CACHE") or
                     pathlib.Path.home() / ".cache/usher-peers")


def _try(what, words, **how):
    """Runs it; if it fails, nothing was tried."""
    print("+", " ".join(map(str, words)), flush=True)
    if subprocess.run([str(word) for word in words], **how).returncode != 0:
        peer.not_run(f"{what} cannot be had from its registry")


def from_go(name, package, tags="", ldflags=""):
    """The program `package` of the Go module in support/NAME, which pins what it
    is built from by version and digest. The first build takes minutes."""
    source = ROOT / "tests/peers/support" / name
    sums = (source / "go.mod").read_text() + tags + ldflags
    program = CACHE / f"{name}-{_digest(sums)}" / name
    if program.exists():
        return program
    if not shutil.which("go"):
        peer.not_run(f"{name} is built from its Go module, and go is not here")
    unfinished = program.with_suffix(".new")
    _try(name, ["go", "build", "-trimpath", "-tags", tags,
                "-ldflags", f"-s -w {ldflags}", "-o", unfinished, package],
         cwd=source, env={**os.environ, "GOFLAGS": "-buildvcs=false"})
    unfinished.rename(program)
    return program


def from_debian(*packages):
    """A root with these packages and what this machine lacks for them,
    unpacked, and the words to put before a command that runs one of them."""
    root = CACHE / "debian" / "-".join(packages)
    if not root.exists():
        peer.require_root()
        fetched = CACHE / "debian-packages"
        (fetched / "partial").mkdir(parents=True, exist_ok=True)
        _try(packages[0], ["apt-get", "update", "-q"])
        _try(packages[0], [
            "apt-get", "install", "-y", "-q", "--no-install-recommends",
            "--download-only", "--reinstall",
            "-o", f"Dir::Cache::archives={fetched}", *packages])
        unfinished = root.with_name(root.name + ".new")
        unfinished.mkdir(parents=True, exist_ok=True)
        for package in fetched.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, unfinished], check=True)
        shutil.rmtree(fetched)
        unfinished.rename(root)
    libraries = [*root.glob("usr/lib/*-linux-gnu"), root / "usr/lib"]
    return root, ["env", "LD_LIBRARY_PATH=" + ":".join(map(str, libraries))]


def helm():
    """The one on this machine, or built from its Go module."""
    found = shutil.which("helm")
    if found:
        return found
    built = CACHE / f"helm-{HELM}" / "helm"
    if not built.exists():
        if not shutil.which("go"):
            peer.not_run("neither helm nor go (to build it) is here")
        _try("helm", ["go", "install", f"helm.sh/helm/v3/cmd/helm@{HELM}"],
             env={**os.environ, "GOBIN": str(built.parent)})
    return str(built)


def from_maven(group, artifact, version, packaging):
    """An artifact of Maven Central."""
    file = CACHE / f"{artifact}-{version}.{packaging}"
    if not file.exists():
        java("mvn")
        CACHE.mkdir(parents=True, exist_ok=True)
        _try(artifact, ["mvn", "-q", "-B", "dependency:copy",
                        f"-Dartifact={group}:{artifact}:{version}:{packaging}",
                        f"-DoutputDirectory={CACHE}"])
    return file


def with_maven(name, result):
    """What Maven builds of support/NAME."""
    source = ROOT / "tests/peers/support" / name
    files = sorted(path for path in source.rglob("*") if path.is_file())
    built = CACHE / f"{name}-{_digest(''.join(map(_read, files)))}"
    if not (built / result).exists():
        java("mvn")
        shutil.rmtree(built, ignore_errors=True)
        shutil.copytree(source, built)
        _try(name, ["mvn", "-q", "-B", "package", "-DskipTests"], cwd=built)
        shutil.copy(built / "target" / result, built)
    return built / result


def java(*more):
    """Java 17 or later, and Maven if asked for."""
    for program, package in (("java", "default-jre-headless"),
                             ("mvn", "maven")):
        if program in ("java", *more) and not shutil.which(program):
            peer.setup(package)


def _read(path):
    return path.read_text()


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]
