"""The lab without a lab: relay, sharer and helper as programs of this machine, for who is not root."""

import pathlib
import shutil
import socket
import tempfile

from .host import Host


class LocalHost(Host):
    """A host that is this machine: programs run with a home and logs of their own, in no namespace."""

    def __init__(self, label, directory):  # no namespace is made
        self.label = label
        self.name = label
        self.directory = directory / label
        self.address4 = self.public_address = "127.0.0.1"
        self.address6 = self.router = self.display = None
        self.processes = []
        self.resolv_conf, self.variables = None, {}
        for part in ("home", "run", "tmp", "logs"):
            (self.directory / part).mkdir(parents=True, mode=0o700)

    def _inside(self, arguments):
        return arguments

    def __repr__(self):
        return f"<LocalHost {self.label}>"


class Loopback:
    """A context manager like `Lab`, with everything on 127.0.0.1."""

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="ra-loopback-"))
        self.relay, self.sharer, self.helper = (LocalHost(name, self.directory) for name in ("relay", "sharer", "helper"))
        # A port of its own: a relay of the machine's owner may have the usual ones.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.relay_options = ["--listen", "127.0.0.1", "--port", str(port), "--also-listen", str(port),
                              "--allow-peer", "127.0.0.0/8"]
        return self

    def __exit__(self, kind, error, traceback):
        for host in (self.helper, self.sharer, self.relay):
            host.end_processes()
        shutil.rmtree(self.directory, ignore_errors=True)
