"""One run of the load generator beside a server that runs, and what it counted."""

import contextlib
import itertools
import json
import os
import subprocess

from . import processes
from .network import CLIENTS, PEERS
from .servers import LOAD, PASSWORD, USER

#: Every run has ports of its own: a peer that an earlier allocation talked to may not be shared. Probes have the next.
ports = itertools.cycle(range(20_000, 60_000, 7))


class Spoilt(Exception):
    """A run that does not count: it carried what it should not, or nothing."""


def generator(running, load_core, command, arguments, **options):
    """Starts the load generator against a server."""
    watched = [running.process.pid] if running.process else []
    if softirq := processes.softirq_thread(running.core):
        watched.append(softirq)
    return processes.start(
        running.network.client, load_core,
        [LOAD, command, "--server", running.address, "--user", USER, "--password", PASSWORD,
         "--client", f"{CLIENTS}.1:{next(ports)}", "--peer", f"{PEERS}.1:{next(ports)}",
         *itertools.chain(*(("--process", pid) for pid in watched)), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "SWIFT_BACKTRACE": "enable=no"}, **options)


def counts(running, load_core, arguments, duration, warm_up=0.3):
    """What the load generator counted, and the server's CPU time beside it."""
    load = generator(
        running, load_core, "send",
        ["--through", running.server.through, "--duration", duration, "--warm-up", warm_up, *arguments],
        stdin=subprocess.DEVNULL)
    try:
        said, complaint = load.communicate(timeout=duration + warm_up + 60)
    except subprocess.TimeoutExpired:
        raise Spoilt("the load generator hangs") from None
    finally:
        processes.stop(load)
    if load.returncode != 0:
        raise Spoilt(f"the load generator failed: {complaint.strip()[-300:]}")
    figures = json.loads(said.splitlines()[-1])
    if figures["wrong"] > 0:
        raise Spoilt(f"{figures['wrong']:.0f} packets arrived changed, or where they do not belong")
    if figures["delivered"] == 0:
        raise Spoilt("nothing was delivered")
    return figures


def data(running, load_core, arguments, duration):
    """CPU time per delivered packet in µs, delivered packets per second, and what else tells how it went."""
    figures = counts(running, load_core, arguments, duration)
    delivered, seconds = figures["delivered"], figures["nanoseconds"] / 1e9
    # What ksoftirqd did on the server's core was done for the server: nothing else sends there.
    spent = max(figures["server_time"] + figures["watched_time"], 1)
    return {
        "cpu": spent / delivered / 1e3,
        "rate": delivered / seconds,
        "bytes_per_cpu": delivered * figures["bytes_per_packet"] / (spent / 1e9),
        "loss": figures["lost"] / max(figures["sent"], 1),
        "late": figures["late"],
        "busy": figures["server_time"] / figures["nanoseconds"],
        "load_busy": figures["own_time"] / figures["nanoseconds"],
        "joined": delivered / max(figures["messages"], 1),
        "timed": figures["timed"],
        "p50": figures["p50"] / 1e3,
        "p99": figures["p99"] / 1e3,
    }


@contextlib.contextmanager
def allocating(running, load_core, arguments):
    """The load generator with its sockets and first allocations made. `go` makes the others, which stay while in here."""
    load = generator(running, load_core, "allocate", arguments, stdin=subprocess.PIPE)

    def answer():
        said = load.stdout.readline()
        if not said:
            raise Spoilt(f"the load generator failed: {load.stderr.read().strip()[-300:]}")
        return said

    def go():
        load.stdin.write("\n")
        load.stdin.flush()
        return json.loads(answer())

    try:
        answer()
        yield go
    finally:
        processes.stop(load)
        for stream in (load.stdin, load.stdout, load.stderr):
            with contextlib.suppress(OSError):
                stream.close()
