"""A computer of the lab: a namespace to run programs in, each with logs and a home of its own."""

import os
import pathlib
import socket
import subprocess
import time

from .commands import SEARCH_PATH, LabError
from .namespace import Namespace
from .process import Process, TimedOut


class Host(Namespace):
    """A computer. `address` is its own address, `public_address` the one that the internet sees
    of it (the same without a NAT), `router` the router it is behind, or None."""

    def __init__(self, label, name, keeper, directory):
        super().__init__(name, keeper)
        self.label = label
        self.directory = directory / label
        self.address4 = None
        self.address6 = None
        self.public_address = None
        self.router = None
        self.display = None
        self.processes = []
        #: A resolv.conf for this host alone; None: the machine's.
        self.resolv_conf = None
        #: Variables that every program here gets besides the usual ones.
        self.variables = {}
        for part in ("home", "run", "tmp", "logs"):
            (self.directory / part).mkdir(parents=True, mode=0o700)

    @property
    def address(self):
        return self.address4 or self.address6

    @property
    def home(self):
        """The home directory of programs on this host."""
        return self.directory / "home"

    @property
    def logs(self):
        return self.directory / "logs"

    def environment(self, env=None):
        """What programs on this host see: nothing of the caller's environment but the path."""
        clean = {
            "PATH": os.environ.get("PATH", SEARCH_PATH) + ":" + SEARCH_PATH,
            "HOME": str(self.home),
            "TMPDIR": str(self.directory / "tmp"),
            "XDG_RUNTIME_DIR": str(self.directory / "run"),
            "USER": self.label, "LOGNAME": self.label,
            "LANG": "C.UTF-8",
            "SWIFT_BACKTRACE": "enable=no",
        }
        if self.display:
            clean["DISPLAY"] = self.display
        return {**clean, **{key: str(value) for key, value in {**self.variables, **(env or {})}.items()}}

    def popen(self, arguments, *, name=None, env=None, cwd=None):
        """Starts a program here and returns its `Process`; the lab ends it if nobody does."""
        arguments = [str(word) for word in arguments]
        name = name or pathlib.Path(arguments[0]).name
        log = self.logs / f"{len(self.processes) + 1:02d}-{name}"
        process = Process(
            arguments, label=f"{self.label}/{name}", log=log, command=self._inside(arguments),
            env=self.environment(env), cwd=cwd or self.home,
        )
        self.processes.append(process)
        return process

    def run(self, arguments, *, timeout=30, check=True, env=None, cwd=None, input=None):
        """Runs a program here to its end; returns a `subprocess.CompletedProcess` with text."""
        arguments = [str(word) for word in arguments]
        try:
            finished = subprocess.run(
                self._inside(arguments), input=input, stdin=subprocess.DEVNULL if input is None else None,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                env=self.environment(env), cwd=cwd or self.home, timeout=timeout,
            )
        except subprocess.TimeoutExpired as expired:
            raise TimedOut(f"{' '.join(arguments)} on {self.label} did not end within {timeout} s") from expired
        if check and finished.returncode != 0:
            said = "\n".join(part.strip() for part in (finished.stdout, finished.stderr) if part.strip())
            raise LabError(f"{' '.join(arguments)} on {self.label} ended with {finished.returncode}\n{said}")
        return finished

    def start_display(self, width=1280, height=800):
        """Starts an Xvfb here and returns its name; from now on programs of this host get it as DISPLAY.

        X servers find a free number by abstract sockets, which end at the network namespace, while the socket
        files that clients use do not: with `-displayfd` two hosts would get the same one. The lock file, made only
        for a number that was asked for, is seen by all."""
        return self._start_display(
            lambda number: ["Xvfb", f":{number}", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"])

    def nest_display(self, width=1280, height=800):
        """Starts a Xephyr in the upper left corner of this host's display, which is returned; DISPLAY is the Xephyr from now on.

        What `xdotool` does to the outer one comes to the inner one from devices of its own, as a person's hands do."""
        outer = self.display
        self._start_display(
            lambda number: ["Xephyr", f":{number}", "-screen", f"{width}x{height}", "-no-host-grab", "-nolisten", "tcp", "-noreset"])
        return outer

    def _start_display(self, command):
        for number in range(90, 200):
            socket_file, lock_file = pathlib.Path(f"/tmp/.X11-unix/X{number}"), pathlib.Path(f"/tmp/.X{number}-lock")
            if socket_file.exists() or lock_file.exists():
                continue
            server = self.popen(command(number))
            if _answers(socket_file, lock_file, server):
                self.display = f":{number}"
                return self.display
        raise LabError("no X display number is free")

    def end_processes(self):
        for process in reversed(self.processes):
            if process.exit_code is None:
                process.stop()
            else:
                process.close_input()

    def _inside(self, arguments):
        seeing = [] if self.resolv_conf is None else [
            "unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(self.resolv_conf)]
        return ["ip", "netns", "exec", self.name, *seeing, *arguments]

    def __repr__(self):
        behind = f" behind {self.router!r}" if self.router else ""
        return f"<Host {self.label} {self.address} as {self.public_address}{behind}, namespace {self.name}>"


def _answers(socket_file, lock_file, server, patience=15):
    """Whether `server` has come up behind a socket file; False when it ended because the number was taken."""
    deadline = time.monotonic() + patience
    while server.exit_code is None:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(socket_file))
                if int(lock_file.read_text()) == server.pid:  # and not of somebody who was faster
                    return True
            except (OSError, ValueError):
                pass
        if time.monotonic() > deadline:
            raise TimedOut(f"{server!r} does not answer\n{server.errors}")
        time.sleep(0.02)
    return False
