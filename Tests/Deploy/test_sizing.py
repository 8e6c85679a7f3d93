"""The sizing guide: its numbers are the program's, its arithmetic is right, and the kernel knows the settings."""

import pathlib
import re

from deployed import DEPLOY, ROOT

GUIDE = (ROOT / "docs" / "sizing.md").read_text()
SETTINGS = dict(re.findall(r"^([a-z_0-9.]+) = (.+)$", (DEPLOY / "sysctl" / "ra-relay-sysctl.conf").read_text(), re.M))
KEYS = dict(re.findall(r"^# ([a-z-]+) = (.+?)  # default$", (DEPLOY / "ra-relay.toml").read_text(), re.M))


def source(path, pattern):
    """The numbers of a line of the program."""
    found = re.search(pattern, (ROOT / "Sources" / path).read_text())
    assert found, f"{path} has no {pattern}"
    return [int(number.replace("_", "")) for number in found.groups()]


def test_the_kernel_knows_the_settings():
    for name in SETTINGS:
        assert pathlib.Path("/proc/sys", *name.split(".")).exists(), name
        assert f"`{name}`" in GUIDE


def test_the_buffers_are_what_the_relay_asks_for():
    number, shift = source("RelayService/DataPlane/Sockets/ListenerSet.swift", r"bufferSize: Int32 = (\d+) << (\d+)")
    assert int(SETTINGS["net.core.rmem_max"]) == int(SETTINGS["net.core.wmem_max"]) == number << shift


def test_the_reserved_ports_are_the_relays():
    assert f'"{SETTINGS["net.ipv4.ip_local_reserved_ports"]}"' == KEYS["relay-ports"]


def test_the_bounds_are_the_programs():
    allocations = int(KEYS["quota-total"])
    connections, = source("RelayService/Front/ConnectionLimits.swift", r"static let total = ([\d_]+)")
    peers, = source("Relay/TCP/ConnectionRegistry.swift", r"static var limit: Int { (\d+) }")
    dials, = source("Relay/DialBack/DialBackLimits.swift", r"var underWay = (\d+)")
    files = int(re.search(r"^LimitNOFILE=(\d+)$", (DEPLOY / "systemd" / "ra-relay.service").read_text(), re.M)[1])
    assert f"{allocations:,} + {connections:,} + {peers:,} + {dials}" in GUIDE
    assert f"{files:,}" in GUIDE and files > 2 * (allocations + connections + peers + dials)


def test_the_memory_is_that_of_the_programs_bounds():
    """Each row: so many KB for one, so many of them by the program, and their product; then their sum."""
    allocations = int(KEYS["quota-total"])
    connections, = source("RelayService/Front/ConnectionLimits.swift", r"static let total = ([\d_]+)")
    sessions, = source("RelayService/DataPlane/Clients/SecureClients.swift", r"static let total = ([\d_]+)")
    peers, = source("Relay/TCP/ConnectionRegistry.swift", r"static var limit: Int { (\d+) }")
    number, shift = source("RelayService/DataPlane/Clients/StreamMemory.swift", r"static let limit = (\d+) << (\d+)")
    budget, = source("RelayService/DataPlane/Clients/ByteBudget.swift", r"static let defaultLimit = (\d+) \* 1024")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]*?) ?\| ([^|]*) \|$", GUIDE[GUIDE.index("## Memory"):GUIDE.index("## Files")], re.M)
    rows = {name: (each, bound) for name, each, bound in rows}

    def total(begin, count):
        (each, bound), = [row for name, row in rows.items() if name.startswith(begin)]
        kilobytes = float(re.search(r"([\d.]+) KB", each)[1])
        megabytes = round(kilobytes * count / 1000)
        assert bound.startswith(f"{count:,}: {megabytes:,} MB"), begin
        return megabytes

    held = [
        int(re.fullmatch(r"(\d+) MB", rows["the process"][1])[1]), total("allocations", allocations),
        total("DTLS sessions", sessions), total("what a DTLS client", sessions), total("TCP connections", connections),
        total("connections with peers", peers)]
    each, bound = rows["what waits for TURN clients over TCP and TLS, and in joined streams"]
    waiting = round(3 * (number << shift) / 1e6)
    assert (each, bound) == (
        f"{budget} KiB at most in each direction, thrice in memory", f"{(number << shift) >> 20} MiB for all together: {waiting} MB")
    assert rows["all"][1] == f"{sum(held) + waiting:,} MB"
    assert f"{round((sum(held) + waiting + total('what web clients', connections)) / 1000, 1)} GB" in GUIDE


def test_a_websocket_takes_the_largest_message():
    message, = source("Rendezvous/Messages/JSONText.swift", r"static let maximumSize = (\d+) \* 1024")
    taken, = source("NIOTransport/WebSocketLimits.swift", r"rendezvous = WebSocketLimits\(maximumMessageBytes: (\d+) \* 1024,")
    assert message == taken


def test_the_arithmetic_is_right():
    """What follows from the table of measurements is what stands below it."""
    alone, train = (float(re.search(rf"^\| {line}.*? \| ([\d.]+) µs", GUIDE, re.M)[1])
                    for line in ("a packet of 1000 B when nothing", "one of a train"))
    packets = round(1e6 / 8 / 1150 * 1.5)
    assert f"{packets} × *b*" in GUIDE
    for cost in (alone, train):
        spent = packets * cost / 1000
        digits = 1 if spent > 1 else 2
        assert f"{packets} × {cost} µs = {spent:.{digits}f} ms" in GUIDE
        carried = 0.7 / (float(f"{spent:.{digits}f}") / 1000)
        said = re.search(rf"{spent:.{digits}f} ms.*?carries ([\d,]+) Mbit", GUIDE, re.S)[1]
        assert abs(carried - int(said.replace(",", ""))) < carried / 20
