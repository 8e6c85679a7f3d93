"""Others' programs: which version they have, and how small programs of ours around their libraries are compiled."""

import fcntl
import importlib.metadata
import os
import pathlib
import subprocess

_HERE = pathlib.Path(__file__).parent
_BUILD = _HERE.parents[1] / ".build" / "interop"
_DEBIAN = ["coturn", "chromium", "golang-github-pion-ice.v2-dev", "golang-github-pion-turn.v2-dev",
           "golang-github-pion-webrtc.v3-dev", "libnice10"]
_GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(_BUILD / "go-cache"), "GOFLAGS": ""}
_PYPI = ["aioice", "aiortc"]


def versions():
    """What this machine has of them: (name, version) pairs."""
    for package in _DEBIAN:
        query = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package], text=True, timeout=20,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        yield package, query.stdout or "not installed"
    for package in _PYPI:
        yield package, importlib.metadata.version(package)


def pion():
    """The client around pion/turn, built from Debian's Go packages and nothing else."""
    return _go("pion")


def pion_end():
    """The agent of pion/ice, and the whole stack of pion/webrtc."""
    return _go("ends/pion")


def libnice():
    """The two agents of libnice."""
    return _c("libnice", "pair.c")


def libnice_end():
    """The agent of libnice."""
    return _c("ends/libnice", "end.c")


def _go(folder):
    return _built(folder, ["go", "build", "-o", "{}", "."], _GO)


def _c(folder, source):
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "nice"], check=True, text=True, timeout=20,
                           stdout=subprocess.PIPE).stdout.split()
    return _built(folder, ["cc", "-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", "-o", "{}", source, *flags], {})


def _built(folder, command, settings):
    """Compiles a folder to `.build/interop/FOLDER`; one of pytest's workers after the other."""
    program = _BUILD / folder.replace("/", "-")
    _BUILD.mkdir(parents=True, exist_ok=True)
    with open(f"{program}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fresh = program.with_suffix(".new")
        finished = subprocess.run(
            [word.format(fresh) for word in command], cwd=_HERE / folder, env={**os.environ, **settings}, text=True,
            timeout=300, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert finished.returncode == 0, f"{folder} does not compile:\n{finished.stdout[-4000:]}"
        fresh.replace(program)  # whoever runs the former one keeps it
    return program
