"""The sizing guide's table of sessions is what its measurements give."""

import re

from deployed import DEPLOY, ROOT

GUIDE = (ROOT / "docs" / "sizing.md").read_text()
ROWS = re.findall(r"^\| ([\d,]+) \| (?:a fifth|all): (\d+) \| ([\d,]+) Mbit/s \| ([\d.]+) \| (\d+) MB \| (.+) \|$", GUIDE, re.M)
#: Mbit/s of a session, and its allocations.
RATE, ALLOCATIONS = 2, 2


def measured(line):
    return float(re.search(rf"^\| {line}[^|]*\| ([\d.]+) ", GUIDE, re.M)[1])


def test_each_row_follows_from_the_measurements():
    assert len(ROWS) == 6
    packet, process = measured("a packet of 1000 B when nothing"), measured("the process with nobody")
    each = float(re.search(r"`quota-total` \| ([\d.]+) KB", GUIDE)[1])
    connection = float(re.search(r"^\| TCP connections, all of them with TLS \| ([\d.]+) KB", GUIDE, re.M)[1])
    packets = round(1e6 / 8 / 1150 * 1.5)
    for sessions, relayed, line, cores, memory, _ in ROWS:
        assert int(relayed) in (int(sessions), int(sessions) // 5)
        assert int(line.replace(",", "")) == int(relayed) * RATE
        assert abs(float(cores) - int(relayed) * RATE * packets * packet / 1e6 / 0.7) < 0.02
        held = int(relayed) * ALLOCATIONS * each + 2 * int(sessions) * connection
        assert abs(int(memory) - process - held / 1000) <= 1


def test_what_is_to_be_raised_is_what_does_not_fit():
    keys = dict(re.findall(r"^# ([a-z-]+) = (\d+)  # default$", (DEPLOY / "ra-relay.toml").read_text(), re.M))
    limits = (ROOT / "Sources" / "RelayService" / "Front" / "ConnectionLimits.swift").read_text()
    connections = int(re.search(r"static let total = ([\d_]+)", limits)[1])
    for sessions, relayed, *_, advice in ROWS:
        fits = (2 * int(sessions) <= connections and 3 * int(relayed) <= int(keys["quota-total"])
                and 2 * RATE * int(relayed) * 125_000 <= int(keys["bandwidth-total"]))
        assert fits == (advice == "nothing"), sessions
    assert f"{connections:,} connections are {connections // 2:,} sessions" in GUIDE
    assert f"is {int(keys['bandwidth-total']) // 125_000 // 2 // RATE:,} such sessions" in GUIDE
