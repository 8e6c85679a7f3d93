"""One run: a fresh server, one load, the counts of both."""

import itertools
import json
import os
import subprocess

from . import processes
from .network import CLIENTS, PEERS, SERVER
from .servers import LOAD, PASSWORD, PORT, USER

#: Every run has ports of its own: a peer that an earlier allocation talked to may not be shared.
ports = itertools.cycle(range(20_000, 60_000, 7))


class Spoilt(Exception):
    """A run that does not count: it carried what it should not, or nothing."""


def counts(running, load_core, arguments, duration, warm_up=0.3):
    """What the load generator counted, and the server's CPU time beside it."""
    watched = [running.process.pid]
    if softirq := processes.softirq_thread(running.core):
        watched.append(softirq)
    command = [LOAD, "send", "--server", f"{SERVER}:{PORT}", "--user", USER, "--password", PASSWORD, "--through",
               running.server.through, "--client", f"{CLIENTS}.1:{next(ports)}", "--peer", f"{PEERS}.1:{next(ports)}",
               "--duration", duration, "--warm-up", warm_up, *itertools.chain(*(("--process", pid) for pid in watched)),
               *arguments]
    load = processes.start(
        running.network.client, load_core, command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL, env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
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


def data(running, load_core, profile, duration):
    """CPU time per delivered packet in µs, delivered packets per second, and what else tells how it went."""
    figures = counts(running, load_core, profile.arguments(), duration)
    delivered, seconds = figures["delivered"], figures["nanoseconds"] / 1e9
    return {
        # What ksoftirqd did on the server's core was done for the server: nothing else sends there.
        "cpu": (figures["server_time"] + figures["watched_time"]) / delivered / 1e3,
        "rate": delivered / seconds,
        "loss": figures["lost"] / max(figures["sent"], 1),
        "late": figures["late"],
        "busy": figures["server_time"] / figures["nanoseconds"],
        "load_busy": figures["own_time"] / figures["nanoseconds"],
        "joined": delivered / max(figures["messages"], 1),
        "p50": figures["p50"] / 1e3,
        "p99": figures["p99"] / 1e3,
    }
