"""A relay of its own for each test: free ports, its own state, one user, loopback opened on purpose."""

import json
import os
import pathlib
import shutil
import signal
import socket
import urllib.request

import pytest
from authority import authority
from lab import Process
from others import versions
from scenarios import RA_RELAY, require

USER, PASSWORD, REALM = "alice", "swordfish", "interop.example"

#: An address of this machine to which the relay is told to forward nothing, and one to which it may.
DENIED, ALLOWED = "127.0.0.9", "127.0.0.1"


class Relay:
    """`ra-relay` on 127.0.0.1 and ::1, and the programs that a test runs beside it."""

    def __init__(self, folder, options=()):
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self.user, self.password, self.realm = USER, PASSWORD, REALM
        self.authority = authority()
        # A pair of its own, which a test may spoil.
        self.certificate, self.key = (
            shutil.copy(file, folder) for file in (self.authority.certificate, self.authority.key))
        self._options = options
        self._processes = []
        self.start()

    def start(self):
        """Starts the relay, or starts it again with the port and the state that it had."""
        self.process = self.popen([
            RA_RELAY, "serve", "--listen", "127.0.0.1", "--listen", "::1", "--port", self.port, "--also-listen", "",
            "--realm", REALM, "--user", f"{USER}:{PASSWORD}", "--allow-peer", "127.0.0.0/8", "--allow-peer", "::1/128",
            "--deny-peer", f"{DENIED}/32", "--tls-cert", self.certificate,
            "--tls-key", self.key, "--tls-port", self.tls_port,
            "--state", self.folder / "state", *self._options])
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

    def finish(self):
        """Ends the relay at once, if the test has not: SIGTERM waits for allocations that were left. It must have survived
        its guests, and end as one does that was asked to."""
        if self.process.exit_code is None:
            self.process.signal(signal.SIGINT)
        code = self.process.wait()
        self.close()
        assert code == 0, f"the relay did not survive its guests:\n{self.process.errors}"

    def close(self):
        for process in reversed(self._processes):
            if process.exit_code is None:
                process.stop()
            else:
                process.close_input()


def named_by(relay):
    """The addresses of TURN that a relay's own page names."""
    with urllib.request.urlopen(f"http://127.0.0.1:{relay.port}/.well-known/ra-relay", timeout=10) as answer:
        turn = json.load(answer)["turn"]
    places = [("turn", "udp"), ("turn", "tcp"), ("turns", "tcp"), ("turns", "udp")]
    assert [(address.split(":")[0], address.rpartition("=")[2]) for address in turn] == [each for each in places for _ in range(2)]
    return turn


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("others' programs")
    for name, version in versions():
        terminalreporter.write_line(f"{name:<32} {version}")


@pytest.fixture
def relay(tmp_path):
    require(lab=False)
    relay = Relay(tmp_path)
    yield relay
    relay.finish()


@pytest.fixture
def make_relay(tmp_path):
    """Starts a relay with further options; it is ended with the test."""
    require(lab=False)
    relays = []

    def make(*options):
        folder = tmp_path / f"relay{len(relays)}"
        folder.mkdir()
        relays.append(Relay(folder, options))
        return relays[-1]

    yield make
    for relay in relays:
        relay.finish()


class Listeners:
    """Two peers outside the relay, of which it may reach one."""

    def __init__(self):
        self.allowed, self.denied = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        self.allowed.bind((ALLOWED, 0))
        self.denied.bind((DENIED, 0))

    def assert_one_is_reached(self, datagrams=1):
        """To be called when both were tried: the one that may be reached was, so often; the other was not at all."""
        self.allowed.settimeout(20)
        for _ in range(datagrams):
            assert self.allowed.recv(65536)
        self.denied.setblocking(False)
        with pytest.raises(BlockingIOError):
            self.denied.recv(65536)

    def close(self):
        self.allowed.close()
        self.denied.close()


@pytest.fixture
def listeners():
    listeners = Listeners()
    yield listeners
    listeners.close()


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1 and ::1."""
    for _ in range(100):
        with (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp,
              socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp6, socket.socket(socket.AF_INET6) as tcp6):
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            try:
                tcp.bind(("127.0.0.1", port))
                udp6.bind(("::1", port))
                tcp6.bind(("::1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
