"""The rules of the house: which room may know which, what the programs link, what is never committed."""

import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

#: A room, and the rooms and libraries it may import. Reasons: a protocol room has no sockets, clocks or tasks; ICE does
#: not know TURN, a relayed candidate is an address; the relay is not the client.
DOORS = {
    "NetPrimitives": set(),
    "STUN": {"NetPrimitives", "Crypto"},
    "TURN": {"NetPrimitives", "STUN"},
    "Relay": {"NetPrimitives", "STUN", "TURN", "Crypto"},
    "ICE": {"NetPrimitives", "STUN"},
    "PortMapping": {"NetPrimitives", "CMiniUPnPc", "CNATPMP", "CLinuxNet"},
    "Rendezvous": {"NetPrimitives", "CSodium"},
    "Incident": {"COpenSSL"},
    "Mail": set(),
    "Policy": {"NetPrimitives", "Rendezvous", "TOMLKit"},
    "DTLS": {"NetPrimitives", "COpenSSL"},
    "SCTP": {"NetPrimitives", "CUSRSCTP"},
    "Session": {"NetPrimitives"},
    "ScreenCodec": {"NetPrimitives", "CVPX", "CPNG"},
    "Desktop": {"ScreenCodec", "CXCB", "CTypesetting"},
}
#: What a program never contains, however it came in.
NEVER = {
    "RelayService": {"SCTP", "Session", "Desktop", "ScreenCodec", "ICE", "ConnectService"},
    "ConnectService": {"Relay", "RelayService"},
}


@pytest.fixture(scope="module")
def targets():
    described = subprocess.run(
        ["swift", "package", "describe", "--type", "json"], cwd=ROOT, check=True, capture_output=True, text=True)
    text = described.stdout
    return {target["name"]: target for target in json.loads(text[text.index("{"):])["targets"]}


def neighbours(target):
    return set(target.get("target_dependencies", [])) | set(target.get("product_dependencies", []))


@pytest.mark.parametrize("room", sorted(DOORS))
def test_a_room_has_no_other_doors(targets, room):
    assert neighbours(targets[room]) <= DOORS[room]


@pytest.mark.parametrize("service", sorted(NEVER))
def test_a_service_never_reaches(targets, service):
    reached, waiting = set(), [service]
    while waiting:
        for name in neighbours(targets[waiting.pop()]) - reached:
            reached.add(name)
            if name in targets:
                waiting.append(name)
    assert not reached & NEVER[service]


@pytest.mark.parametrize(("program", "libraries"), [
    ("ra-relay", ("usrsctp", "vpx", "xcb", "miniupnpc")), ("ra-connect", ("sqlite",)),
])
def test_a_program_does_not_link(program, libraries):
    linked = subprocess.run(
        ["ldd", ROOT / ".build" / "release" / program], check=True, capture_output=True, text=True).stdout
    assert "libc.so" in linked
    for library in libraries:
        assert library not in linked


def test_protocol_rooms_ask_no_clock_and_open_no_socket():
    forbidden = re.compile(r"^\s*(public |internal |private )?import (Glibc|NIO\w*|Dispatch|Synchronization)\b", re.M)
    for room in ("NetPrimitives", "STUN", "TURN", "Relay", "ICE", "Rendezvous", "Policy", "Incident", "Mail", "Session"):
        for file in (ROOT / "Sources" / room).rglob("*.swift"):
            text = file.read_text()
            if file == ROOT / "Sources/Relay/Traffic/TrafficBudget.swift":
                # An atomic number: the one thing that machines of several threads have in common.
                text = text.replace("import Synchronization\n", "")
            found = forbidden.search(text)
            assert not found, f"{file.relative_to(ROOT)}: {found.group(0).strip()}"


def tracked():
    return subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


def test_nothing_of_one_machine_is_committed():
    assert not [path for path in tracked() if path.startswith(".build/") or path.endswith("Package.resolved")]


def test_nothing_is_left_for_later_and_nothing_is_forced():
    pattern = re.compile(r"\bTODO\b|\bFIXME\b|\bXXX\b|not implemented|unimplemented|fatalError\(|try!|as!")
    found = [
        f"{path}:{number}" for path in tracked() if path.startswith("Sources/") and path.endswith(".swift")
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1) if pattern.search(line)]
    assert not found


def test_an_option_of_tcp_is_asked_at_tcp():
    """At SOL_SOCKET the number of TCP_NODELAY is SO_DEBUG: only root may set it, everybody else's connection ends there."""
    found = [path for path in tracked() if path.startswith("Sources/") and path.endswith(".swift")
             and ".socketOption(.tcp_" in (ROOT / path).read_text()]
    assert not found


def test_every_attribute_is_fuzzed():
    """A decoder that the fuzz target of messages does not know would never meet a bad value there."""
    kinds = re.compile(r"^public struct (\w+): (?:\w+, )*\w*Attribute\b", re.M)
    ours = {name for room in ("STUN", "TURN", "ICE") for file in (ROOT / "Sources" / room).rglob("*.swift")
            for name in kinds.findall(file.read_text())}
    fuzzed = (ROOT / "Tests" / "Fuzzing" / "Support" / "AttributeKinds.swift").read_text()
    assert ours and ours == set(re.findall(r"(\w+)\.self", fuzzed))
