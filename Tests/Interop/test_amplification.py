"""What a real relay tells addresses that have proven nothing, and what it keeps of them: RFC 8489 §16.1, RFC 8656 §21.1."""

import os
import pathlib
import random
import socket
import struct

import pytest

MAGIC = 0x2112A442
BINDING, ALLOCATE = 0x0001, 0x0003
#: REQUESTED-TRANSPORT: UDP.
BARE_ALLOCATE = struct.pack("!HHI", 0x0019, 4, 17 << 24)


@pytest.fixture
def relay(make_relay):
    """With the realm that it has by itself: 8 bytes."""
    return make_relay("--realm", "ra-relay")


def request(method, attributes=b"", magic=MAGIC):
    return struct.pack("!HHI", method, len(attributes), magic) + os.urandom(12) + attributes


def answer(family, host, port, message):
    """Asks again as a STUN client does: a flood fills the socket's buffer, and what comes then is lost."""
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        for _ in range(60):
            client.sendto(message, (host, port))
            try:
                return client.recvfrom(65535)[0]
            except TimeoutError:
                pass
    raise AssertionError("no answer")


@pytest.mark.parametrize(
    "family, host, what, attributes, at_most",
    [
        (socket.AF_INET, "127.0.0.1", BINDING, b"", 1.6),
        (socket.AF_INET6, "::1", BINDING, b"", 2.2),
        (socket.AF_INET, "127.0.0.1", ALLOCATE, BARE_ALLOCATE, 3.2),
        (socket.AF_INET6, "::1", ALLOCATE, BARE_ALLOCATE, 3.2),
    ],
    ids=["Binding over IPv4", "Binding over IPv6", "Allocate over IPv4", "Allocate over IPv6"],
)
def test_no_answer_is_much_bigger_than_its_request(relay, family, host, what, attributes, at_most):
    message = request(what, attributes)
    got = answer(family, host, relay.port, message)
    assert len(got) <= at_most * len(message), f"{len(got)} bytes for {len(message)}"


def test_clients_of_rfc_3489_are_met_with_silence(relay):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        # On one socket, so that the answer to the second shows that there was none to the first.
        client.sendto(request(BINDING, magic=0x01020304), ("127.0.0.1", relay.port))
        asked = request(BINDING)
        client.sendto(asked, ("127.0.0.1", relay.port))
        assert client.recvfrom(65535)[0][8:20] == asked[8:20]


def resident(pid):
    """Bytes of memory that a process has touched of its own."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no Private_Dirty")


def test_sixty_thousand_spoofed_allocates_leave_nothing(relay):
    """From 60,000 addresses of loopback, which is what a villain's packets look like to the relay."""
    seeded = random.Random(60_000)

    def flood(count):
        sent = 0
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
            raw.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
            for _ in range(count):
                message = request(ALLOCATE, BARE_ALLOCATE)
                source = bytes([127, seeded.randrange(1, 255), seeded.randrange(256), seeded.randrange(1, 255)])
                udp = struct.pack("!HHHH", seeded.randrange(1024, 65536), relay.port, 8 + len(message), 0)
                header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(message), 0, 0, 64, 17, 0, source, bytes([127, 0, 0, 1]))
                sent += raw.sendto(header + udp + message, ("127.0.0.1", 0)) > 0
        # What is asked last is answered after all that was taken in before it.
        answer(socket.AF_INET, "127.0.0.1", relay.port, request(BINDING))
        return sent

    if os.geteuid() != 0:
        pytest.skip("spoofing needs root")
    flood(2_000)  # what the first of anything costs
    before = resident(relay.process.pid)
    assert flood(60_000) == 60_000
    grown = resident(relay.process.pid) - before
    assert grown < 1_000_000, f"{grown} bytes more"
