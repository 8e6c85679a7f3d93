"""The ways to load a server, what each measures, and which figures of it are printed and compared."""

import dataclasses
import time

from . import measure, memory


@dataclasses.dataclass(frozen=True)
class Figure:
    """A column: a number of each run. `compared` prints ours divided by the other's."""

    key: str
    heading: str
    scale: float = 1.0
    digits: int = 2
    compared: bool = False


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    title: str
    #: Part of `--quick`.
    quick: bool = False

    figures = ()
    #: Which servers this says something about.
    servers = ("ours", "debian", "newer", "bare")
    needs_tls = False
    cuts = True
    joins = False

    def run(self, running, load_core, duration):
        raise NotImplementedError

    def round(self, runs):
        """What can be said only when every server had its turn: changes a round's runs, by server."""


@dataclasses.dataclass(frozen=True)
class Packets(Load):
    """Packets of clients over UDP, to peers, from them, or there and back."""

    way: str = "up"
    size: int = 1000
    allocations: int = 20
    #: Packets in a row for one allocation.
    burst: int = 8
    tail: int = 0
    #: Senders hand over trains, and the kernel of the receiver gets them whole.
    gso: bool = False
    #: Senders hand over trains and their device cuts them: the receiver gets single packets, the sender has time left.
    cut: bool = True
    #: The server's device joins what comes together (GRO).
    joins: bool = False
    rate: float | None = None
    window: int = 512

    @property
    def figures(self):
        return (
            Figure("cpu", "µs/packet", compared=True), Figure("rate", "kpps", 1e-3, 0, compared=self.rate is None),
            Figure("ceiling", "% of ceiling", digits=0), Figure("loss", "lost %", 100), Figure("busy", "busy"),
            Figure("joined", "joined", digits=1))

    def arguments(self):
        chosen = ["--way", self.way, "--size", self.size, "--allocations", self.allocations, "--burst", self.burst,
                  "--tail", self.tail, "--window", self.window]
        if self.gso or (self.cut and self.burst > 1):
            chosen.append("--gso")
        if self.rate:
            chosen += ["--rate", self.rate]
        return chosen

    @property
    def cuts(self):
        return self.cut and not self.gso

    def run(self, running, load_core, duration):
        return measure.data(running, load_core, self.arguments(), duration)

    def round(self, runs):
        """The ceiling is what the bare forwarder needs."""
        if bare := runs.get("bare"):
            for one in filter(None, runs.values()):
                one["ceiling"] = 100 * bare["cpu"] / one["cpu"]


@dataclasses.dataclass(frozen=True)
class Stream(Packets):
    """Packets of clients over TCP or TLS."""

    transport: str = "tcp"

    servers = ("ours", "debian", "newer")
    figures = (
        Figure("bytes_per_cpu", "MB per CPU s", 1e-6, 0, compared=True), Figure("cpu", "µs/packet"),
        Figure("rate", "kpps", 1e-3, 0), Figure("loss", "lost %", 100), Figure("busy", "busy"))

    @property
    def needs_tls(self):
        return self.transport == "tls"

    def arguments(self):
        return [*super().arguments(), "--transport", self.transport]


ADDED = (
    Figure("added_p50", "added p50 µs", digits=0, compared=True), Figure("added_p99", "added p99 µs", digits=0, compared=True),
    Figure("p50", "p50", digits=0), Figure("p99", "p99", digits=0), Figure("timed", "probes", digits=0), Figure("rate", "kpps", 1e-3, 1), Figure("busy", "busy"))


def subtract_direct(runs):
    """What a server adds to the round trip, by the round trip without one."""
    if direct := runs.get("direct"):
        for one in filter(None, runs.values()):
            for key in ("p50", "p99"):
                one[f"added_{key}"] = one[key] - direct[key]


@dataclasses.dataclass(frozen=True)
class RoundTrip(Load):
    """Single packets to peers and back, few."""

    servers = ("ours", "debian", "newer", "bare", "direct")
    figures = ADDED

    def run(self, running, load_core, duration):
        arguments = ["--way", "echo", "--size", 1000, "--allocations", 20, "--burst", 1, "--rate", 1000]
        return measure.data(running, load_core, arguments, 3 * duration)

    def round(self, runs):
        subtract_direct(runs)


@dataclasses.dataclass(frozen=True)
class LoadedRoundTrip(Load):
    """The same while the server carries a share of what it could: its own saturation is looked for first."""

    share: float = 0.8
    #: A busier server than this is saturated; below it the generator was, and CPU time tells what it could carry.
    saturated = 0.95
    #: The generator's own share: beyond it probes would wait for the generator.
    highest = 450_000
    background = Packets("background", "")

    servers = ("ours", "debian", "newer", "bare", "direct")
    figures = ADDED

    def run(self, running, load_core, duration):
        if running.process is None:
            return measure.data(
                running, load_core,
                ["--way", "echo", "--size", 1000, "--allocations", 20, "--burst", 1, "--rate", 1000], 3 * duration)
        found = self.background.run(running, load_core, duration)
        capacity = found["rate"] if found["busy"] >= self.saturated else 1e6 / found["cpu"]
        rate = min(self.share * capacity, self.highest)
        time.sleep(0.1)
        loaded = dataclasses.replace(self.background, rate=rate)
        return measure.data(
            running, load_core, [*loaded.arguments(), "--probes", 1000], 3 * duration) | {"capacity": capacity}

    def round(self, runs):
        subtract_direct(runs)


@dataclasses.dataclass(frozen=True)
class Memory(Load):
    """Memory of an allocation with a channel."""

    count: int = 2000

    servers = ("ours", "debian", "newer")
    figures = (
        Figure("process", "process B", digits=0, compared=True), Figure("dirty", "private B", digits=0),
        Figure("kernel", "kernel B", digits=0), Figure("files", "files", digits=2))

    def run(self, running, load_core, duration):
        pid = running.process.pid
        with measure.allocating(running, load_core, ["--allocations", self.count, "--channels"]) as go:
            time.sleep(0.3)
            before = memory.of_process(pid), memory.of_sockets(), memory.open_files(pid)
            go()
            time.sleep(0.3)
            after = memory.of_process(pid), memory.of_sockets(), memory.open_files(pid)
        return {
            # Resident memory, of which what is shared belongs to others too.
            "process": (after[0]["Pss"] - before[0]["Pss"]) / self.count,
            "resident": (after[0]["Rss"] - before[0]["Rss"]) / self.count,
            "dirty": (after[0]["Private_Dirty"] - before[0]["Private_Dirty"]) / self.count,
            "kernel": (after[1] - before[1]) / self.count,
            "files": (after[2] - before[2]) / self.count,
        }


@dataclasses.dataclass(frozen=True)
class Allocations(Load):
    """Allocations per second: challenge, then success, for so many clients at a time."""

    count: int = 3000
    outstanding: int = 64

    servers = ("ours", "debian", "newer")
    figures = (
        Figure("rate", "allocations/s", digits=0, compared=True), Figure("cpu", "µs each", digits=0, compared=True),
        Figure("busy", "busy"), Figure("load_busy", "load busy"), Figure("repeated", "repeated", digits=0))

    def run(self, running, load_core, duration):
        with measure.allocating(
                running, load_core, ["--allocations", self.count, "--outstanding", self.outstanding]) as go:
            figures = go()
        return {
            "rate": figures["allocations"] / (figures["nanoseconds"] / 1e9),
            "cpu": (figures["server_time"] + figures["watched_time"]) / figures["allocations"] / 1e3,
            "busy": figures["server_time"] / figures["nanoseconds"],
            "load_busy": figures["own_time"] / figures["nanoseconds"],
            "repeated": figures["repeated"],
        }

