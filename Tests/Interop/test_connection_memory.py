"""What connections over TCP and TLS cost the relay: those that say little, those that never finish, those that read nothing."""

import contextlib
import pathlib
import socket
import ssl
import struct

import hostile
import pytest
from conftest import free_port
from scenarios.waiting import eventually
from test_hostile_input import resident
from test_metrics import samples

COUNT = 250
ALLOCATE = hostile.stun(hostile.ALLOCATE, hostile.REQUEST, bytes(12), [])


def frame(first, length, count):
    """A WebSocket frame as clients mask them (RFC 6455 §5.2), of which so many bytes have come."""
    return bytes([first, 0xFE]) + struct.pack(">H", length) + bytes(4 + count)


#: Most of a message, and most of the frame that should end it; most of a header.
UNFINISHED = {
    "websocket": frame(0x01, 20_000, 20_000) + frame(0x80, 20_000, 19_000),
    "http": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 8_000 + b"\r\nY: " + b"a" * 8_000,
}
#: A message of two frames, and one of one; a field, all fields together, and a path that are too long; too many fields.
TOO_LARGE = [
    hostile.UPGRADE + frame(0x01, 20_000, 20_000) + frame(0x80, 500, 500), hostile.UPGRADE + frame(0x81, 20_500, 20_500),
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 8_200,
    b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: %s\r\n" % (number, b"a" * 1_000) for number in range(17)),
    b"GET /" + b"a" * 8_200, b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 120]
WAITING, EVICTED = "ra_relay_connections_waiting_bytes", "ra_relay_connections_evicted_total"


@pytest.fixture
def relay(make_relay):
    port = free_port()
    relay = make_relay("--metrics", f"127.0.0.1:{port}")
    relay.metrics_port = port
    return relay


def connect(relay, stack, kind):
    port = relay.tls_port if kind == "tls" else relay.port
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
    if kind == "tls":
        context = ssl.create_default_context(cafile=relay.authority.root)
        context.check_hostname = False
        connection = stack.enter_context(context.wrap_socket(connection))
    if kind == "http":
        connection.sendall(UNFINISHED[kind])
    elif kind == "websocket":
        connection.sendall(hostile.UPGRADE)
        assert b" 101 " in connection.recv(1000)
        connection.sendall(UNFINISHED[kind])
    else:
        connection.sendall(hostile.stun(hostile.BINDING, hostile.REQUEST, bytes(12), []))
        assert connection.recv(1000)
    return connection


# Bytes in KB, by docs/sizing.md; half more, as memory comes in pieces.
@pytest.mark.parametrize(("kind", "most"), [("tcp", 8), ("tls", 26), ("http", 48), ("websocket", 86)])
def test_a_connection_that_says_no_more(relay, kind, most):
    process = pathlib.Path(f"/proc/{relay.process.pid}")
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            connect(relay, stack, kind)
        before = resident(process)
        for _ in range(COUNT):
            connect(relay, stack, kind)
        each = (resident(process) - before) / COUNT / 1000
        assert each < 1.5 * most, f"{each:.1f} KB"


@pytest.mark.parametrize("number", range(len(TOO_LARGE)))
def test_what_is_too_large_ends_the_connection(relay, number):
    with socket.create_connection(("127.0.0.1", relay.port), timeout=20) as connection:
        connection.sendall(TOO_LARGE[number])
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(1000):
                pass


def ask_until_nobody_reads(relay, connection):
    """Sends requests until they are taken no more. The relay is given time for it as it is given time on this machine: it answers
    somebody else between one try and the next."""
    connection.settimeout(0.1)
    requests, sent, refusals = memoryview(ALLOCATE * 1000), 0, 0
    while refusals < 3:
        assert sent < 5000 * len(requests), "it is asked for more and more"
        try:
            sent += connection.send(requests[sent % len(requests):])
            refusals = 0
        except TimeoutError:
            samples(relay.metrics_port)
            refusals += 1


def test_clients_that_ask_and_read_nothing_have_a_bound_each_and_are_served_when_they_read(relay):
    """What waits for one is bounded, whatever it asks; it is not asked for more, and what it gets is whole."""
    process, count = pathlib.Path(f"/proc/{relay.process.pid}"), 50
    with contextlib.ExitStack() as stack:
        connections, before = [], resident(process)
        for _ in range(count):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", relay.port))
            ask_until_nobody_reads(relay, connection)
            connections.append(connection)
        now = samples(relay.metrics_port)
        assert now[WAITING] <= count * 2 * 256 * 1024 and now[EVICTED] == 0
        grown = resident(process) - before
        # The allocator keeps what was freed while it grew, up to as much again and more: it is a bound, whatever is asked.
        assert grown < 6 * count * 256 * 1024, f"{grown / count / 1000:.0f} KB each"
        # Whoever reads now gets answers, each of them whole.
        connection = connections[0]
        connection.settimeout(20)
        answers, wanted = b"", 200_000
        while len(answers) < wanted:
            answers += connection.recv(65536)
        length = 20 + int.from_bytes(answers[2:4], "big")
        for start in range(0, wanted - length, length):
            assert answers[start:start + 2] == b"\x01\x13" and answers[start + 8:start + 20] == bytes(12)
    eventually(lambda: samples(relay.metrics_port)[WAITING] == 0, "what waited for them is free", timeout=30)
