"""A relay of its own for each test: free ports, its own state, one user, loopback opened on purpose."""

import os
import pathlib
import signal
import socket

import pytest
from lab import Process
from scenarios import RA_RELAY, require

USER, PASSWORD, REALM = "alice", "swordfish", "interop.example"


class Relay:
    """`ra-relay` on 127.0.0.1, and the programs that a test runs beside it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.user, self.password, self.realm = USER, PASSWORD, REALM
        self._processes = []
        self.process = self.popen([
            RA_RELAY, "serve", "--listen", "127.0.0.1", "--port", self.port, "--also-listen", "", "--realm", REALM,
            "--user", f"{USER}:{PASSWORD}", "--allow-peer", "127.0.0.0/8", "--state", folder / "state"])
        try:
            self.process.wait_for_line("ra-relay ready")
        except BaseException:
            self.close()
            raise

    def popen(self, arguments):
        """Starts a program; the fixture ends it if nobody does."""
        arguments = [str(word) for word in arguments]
        name = pathlib.Path(arguments[0]).name
        process = Process(
            arguments, label=name, log=self.folder / f"{len(self._processes):02d}-{name}", command=arguments,
            env={**os.environ, "HOME": str(self.folder), "SWIFT_BACKTRACE": "enable=no"}, cwd=self.folder)
        self._processes.append(process)
        return process

    def close(self):
        for process in reversed(self._processes):
            if process.exit_code is None:
                process.stop()
            else:
                process.close_input()


@pytest.fixture
def relay(tmp_path):
    require(lab=False)
    relay = Relay(tmp_path)
    yield relay
    assert relay.process.exit_code is None, f"the relay did not survive its guests:\n{relay.process.errors}"
    relay.process.signal(signal.SIGTERM)
    code = relay.process.wait()
    relay.close()
    assert code == 0


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]
    raise OSError("no port is free")
