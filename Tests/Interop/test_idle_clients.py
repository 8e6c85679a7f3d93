"""People who wait: ten thousand WebSockets at the rendezvous at one time."""

import os
import pathlib
import re
import resource
import socket

import pytest
from conftest import free_port
from lab import Process
from rendezvous import Client, Gone
from scenarios import RA_RELAY, require
from scenarios.waiting import eventually
from test_metrics import samples

#: Issue 5: ten thousand on one host cost under 20 KB each. Every second one has an invitation open, the others say nothing.
COUNT, EACH = 10_000, 20
#: What the first ones load and reserve is not the others'.
FIRST = 200
#: Of one address: below the relay's bounds on connections and on open invitations.
PER_ADDRESS = 60


def memory(process):
    """KB of memory that are the process's own share (PSS), and all that it has (RSS)."""
    text = (process / "smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M)[1]) for name in ("Pss", "Rss"))


@pytest.fixture
def many_files():
    """This process may have as many files open as it is allowed to ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * COUNT:
        pytest.skip(f"only {hard} open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (COUNT + 2000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def relay(tmp_path):
    """With its default bounds, but for one: sixty invitations of one address come within a second here."""
    require(lab=False)
    settings = tmp_path / "relay.toml"
    settings.write_text("invitations-per-minute = 1000\n")
    port, metrics = free_port(), free_port()
    command = [str(word) for word in (
        RA_RELAY, "serve", "--config", settings, "--listen", "127.0.0.1", "--port", port, "--also-listen", "",
        "--metrics", f"127.0.0.1:{metrics}", "--state", tmp_path / "state")]
    process = Process(command, label="ra-relay", log=tmp_path / "relay", command=command,
                      env={**os.environ, "SWIFT_BACKTRACE": "enable=no"}, cwd=tmp_path)
    try:
        process.wait_for_line("ra-relay ready")
        process.port, process.metrics_port = port, metrics
        yield process
    finally:
        process.stop()


def test_ten_thousand_who_wait_are_cheap(relay, many_files):
    process, clients = pathlib.Path(f"/proc/{relay.pid}"), []
    assert samples(relay.metrics_port)["ra_relay_connections_limit"] >= COUNT

    def wait_for(count):
        while len(clients) < count:
            address = len(clients) // PER_ADDRESS
            client = Client(relay.port, source=f"127.2.{address // 250}.{address % 250 + 1}")
            clients.append(client)
            assert client.status == 101
            if len(clients) % 2:
                client.say("create", version=1, lifetime=3600, uses=1, ceiling="control")

    silent = socket.create_connection(("127.0.0.1", relay.port))  # has said nothing yet, and never will
    try:
        wait_for(FIRST)
        before = memory(process)
        wait_for(COUNT - 1)  # `silent` is one of them
        # Each of them is still connected and heard: its own ping comes back (RFC 6455 §5.5.2), and the answer to its request.
        for client in clients:
            client.send_ping(b"here")
        for number, client in enumerate(clients):
            # The answer comes from another thread of the relay's, before the pong or after it.
            messages = client.hear_pong(b"here")
            if not number % 2:
                assert (messages or [client.hear()])[0]["type"] == "created"
        each = [(after - at_first) * 1.024 / (COUNT - 1 - FIRST) for at_first, after in zip(before, memory(process), strict=True)]
        print(f"{each[0]:.1f} KB (PSS), {each[1]:.1f} KB (RSS) for each of {COUNT} who wait")
        # A multiple of what it should be: memory comes in pieces, and is not the same everywhere.
        assert max(each) < 2 * EACH, f"{each} KB each"
        now = samples(relay.metrics_port)
        assert now['ra_relay_connections{kind="websocket"}'] == COUNT - 1
        assert [now[f'ra_relay_connections_refused_total{{reason="{reason}"}}'] for reason in ("total", "source")] == [0, 0]
        # Whoever says nothing loses its place, which somebody else has then.
        silent.settimeout(30)
        assert silent.recv(1) == b""
        for client in clients[::100]:
            assert client.ask("extend", lookup="000000", lifetime=60)["type"] == "error"
    finally:
        silent.close()
        for client in clients:
            client.close()
    eventually(lambda: samples(relay.metrics_port)['ra_relay_connections{kind="websocket"}'] == 0, "all have left", timeout=30)


def test_beyond_its_bound_the_relay_takes_nobody_and_those_who_are_there_stay(relay, many_files):
    limit = int(samples(relay.metrics_port)["ra_relay_connections_limit"])
    if limit > COUNT + 1000:
        pytest.skip(f"{limit} connections are more than this process may open")
    connections = []

    def page(number):
        connection = socket.create_connection(("127.0.0.1", relay.port), 20, (f"127.3.0.{number // 500 + 1}", 0))
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n")
        return connection

    try:
        for number in range(limit):
            connections.append(page(number))
        for connection in connections:
            assert b" 200 " in connection.recv(1000)
        with page(limit) as beyond, pytest.raises((ConnectionError, Gone)):
            if not beyond.recv(1000):
                raise Gone
        connections[7].sendall(b"GET /healthz HTTP/1.1\r\nHost: relay\r\n\r\n")
        assert b" 200 " in connections[7].recv(1000)
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize(("origin", "is_ours"), [
    (None, True), ("http://relay", True), ("https://RELAY", True), ("https://evil.example", False), ("null", False),
    ("http://relay.evil.example", False), ("http://evil@relay", False), ("http://relay:3478", False),
])
def test_a_page_from_elsewhere_opens_no_websocket(relay, origin, is_ours):
    fields = f"Origin: {origin}\r\n".encode() if origin else b""
    if is_ours:
        client = Client(relay.port, fields=fields)
        assert client.status == 101 and client.create()["type"] == "created"
        client.close()
    else:
        with pytest.raises(Gone):  # closed without a word
            Client(relay.port, fields=fields)
