"""The servers under test, each in the configuration in which it is fastest here."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from . import processes
from .network import SERVER

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORT, TLS_PORT = 3478, 5349
USER, PASSWORD, REALM = "bench", "bench-password", "bench"
LOAD = pathlib.Path(os.environ.get("RA_BENCH_LOAD", ROOT / ".build/release/RelayLoad"))
RELAY = pathlib.Path(os.environ.get("RA_BIN", ROOT / ".build/release/ra-relay"))

QUOTAS = "quota-per-user", "quota-per-address", "quota-total", "new-peers-per-second"
#: Finite, so that what they cost is measured too.
TRAFFIC = {f"{what}-{whose}": rate for what, rate in (("bandwidth", 10_000_000_000), ("packets", 1_000_000_000))
           for whose in ("per-allocation", "per-user", "total")}


class Server:
    """A server to be measured. `through` is what the load generator takes it for, `end` the signal that ends it at once."""

    end = signal.SIGTERM

    def __init__(self, name, title, short, through="turn"):
        self.name, self.title, self.short, self.through = name, title, short, through

    def arguments(self, directory, tls):
        raise NotImplementedError

    def running(self, network, core, tls=None):
        """A context in which the server runs and has its port. `tls` is a certificate and a key."""
        return Running(self, network, core, tls)


class Running:
    def __init__(self, server, network, core, tls):
        self.server, self.network, self.core, self.tls = server, network, core, tls

    @property
    def address(self):
        return f"{SERVER}:{TLS_PORT if self.tls else PORT}"

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="ra-bench-")
        self.log = open(f"{self.directory.name}/log", "w+")
        self.process = processes.start(
            self.network.server, self.core, self.server.arguments(self.directory.name, self.tls), stdout=self.log,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not processes.is_bound(self.process.pid, "udp", PORT) or (
                self.tls and not processes.is_bound(self.process.pid, "tcp", TLS_PORT)):
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                text = self.log.read()[-500:]
                self.__exit__()
                raise RuntimeError(f"{self.server.title} does not start: {text}")
            time.sleep(0.05)
        time.sleep(0.3)
        return self

    def __exit__(self, *_):
        processes.stop(self.process, self.server.end)
        self.log.close()
        self.directory.cleanup()


class Ours(Server):
    """All clients are one user: its quotas are out of the way, as coturn has none."""

    end = signal.SIGINT  # at SIGTERM it would wait for its clients

    def arguments(self, directory, tls):
        file = pathlib.Path(f"{directory}/relay.toml")
        limits = dict.fromkeys(QUOTAS, 1_000_000) | TRAFFIC
        file.write_text("".join(f"{key} = {value}\n" for key, value in limits.items()))
        # RA_BIN may be a build that has no such keys.
        if subprocess.run([RELAY, "check-config", file], capture_output=True, check=False).returncode != 0:
            file.write_text("")
        certificate = ["--tls-cert", tls[0], "--tls-key", tls[1], "--tls-port", TLS_PORT] if tls else []
        return [RELAY, "serve", "--config", file, "--listen", SERVER, "--port", PORT, "--also-listen", PORT,
                "--external-ip", SERVER, "--realm", REALM, "--user", f"{USER}:{PASSWORD}", "--unproven-rate", 0, "--workers", 1,
                "--state", f"{directory}/state", "--log-level", "error", *certificate]


class Coturn(Server):
    """No database, no log, no command line of its own, and one relay thread: it has one core."""

    def __init__(self, name, title, short, program, extra=()):
        super().__init__(name, title, short)
        self.program, self.extra = program, list(extra)

    def arguments(self, directory, tls):
        security = ["--cert", tls[0], "--pkey", tls[1], "--tls-listening-port", TLS_PORT] if tls else ["--no-tls"]
        return [self.program, "-n", "-L", SERVER, "-E", SERVER, "-p", PORT, "-a", "-u", f"{USER}:{PASSWORD}", "-r", REALM,
                "-m", 1, *security, "--no-dtls", "--no-stdout-log", "--log-file", "/dev/null", "--pidfile", f"{directory}/pid",
                *self.extra]


class Forwarder(Server):
    def arguments(self, directory, tls):
        return [LOAD, "forward", "--listen", f"{SERVER}:{PORT}"]


class Nobody(Server):
    """Clients and peers by themselves."""

    @contextlib.contextmanager
    def running(self, network, core, tls=None):
        nobody = Running(self, network, core, tls)
        nobody.process = None
        yield nobody


def available():
    """Ours, the bare forwarder, and what there is of the others."""
    servers = [Ours("ours", "ra-relay", "")]
    if debian := shutil.which("turnserver"):
        number = version(debian)
        servers.append(Coturn("debian", f"coturn {number} (Debian)", f"coturn {number}", debian, ["--no-cli"]))
    if newer := os.environ.get("RA_BENCH_COTURN"):
        number = version(newer)
        servers.append(Coturn(
            "newer", f"coturn {number} --multiplex-peer --udp-gso", f"coturn {number} multiplexing", newer,
            ["--multiplex-peer", "--udp-gso"]))
    servers.append(Forwarder("bare", "bare forwarder", "bare", "forwarder"))
    servers.append(Nobody("direct", "no server", "direct", "direct"))
    return servers


def certificate(directory):
    """A certificate and its key, made now: the same for every server."""
    files = f"{directory}/certificate.pem", f"{directory}/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=bench", "-addext", f"subjectAltName=IP:{SERVER}", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True)
    return files


def version(program):
    """What the program says its version is, `?` when it says nothing."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
    words = (said.stdout + said.stderr).replace("Coturn-", " ").replace("'", " ").split()
    return next((word for word in words if word[0].isdigit() and word.count(".") >= 2), "?")
