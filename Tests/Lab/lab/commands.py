"""Runs the system's network tools, and says plainly when they are missing or refuse."""

import os
import shutil
import subprocess

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: The program, and the Debian package that has it.
NEEDED = {"ip": "iproute2", "nft": "nftables", "miniupnpd": "miniupnpd-nftables", "sysctl": "procps"}


class LabError(Exception):
    """A tool of the lab failed; the message holds its command line and what it said."""


def why_not_here():
    """The reason why no lab can be made on this machine by this user, or None."""
    if os.geteuid() != 0:
        return "the lab makes network namespaces and needs root"
    missing = sorted(package for program, package in NEEDED.items() if not shutil.which(program, path=SEARCH_PATH))
    if missing:
        return "the lab needs: apt-get install " + " ".join(missing)
    return None


def tool(*arguments, stdin=None):
    """Runs one system tool to its end and returns what it printed."""
    finished = subprocess.run(
        arguments, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": SEARCH_PATH, "LC_ALL": "C"},
    )
    if finished.returncode != 0:
        raise LabError(f"{' '.join(arguments)}: {finished.stderr.strip() or f'exit {finished.returncode}'}")
    return finished.stdout
