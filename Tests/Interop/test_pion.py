"""pion/turn, a TURN client in Go, through our relay."""

import json

import pytest
from authority import Authority
from others import pion
from scenarios import require

TRANSPORTS = ["udp", "tcp", "tls", "dtls"]
COUNT = 400


@pytest.fixture
def client(relay):
    """Starts our program around pion with some arguments."""
    require("go", lab=False)
    program = pion()

    def start(transport, *scenario, password=relay.password):
        return relay.popen([program, "-transport", transport, "-server", f"127.0.0.1:{relay.port}", "-user", relay.user,
                            "-password", password, "-ca", relay.authority.root, "-count", COUNT, *scenario])
    return start


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("scenario", ["echo", "pair"])
def test_everything_comes_back(client, transport, scenario):
    """`echo`: from a peer outside. `pair`: from another allocation. Send indications first, then a channel."""
    process = client(transport, scenario)
    assert process.wait(60) == 0, process.errors
    seen = json.loads(process.lines[-1])
    assert seen["bounced"] == COUNT
    assert seen["relayed"].startswith("127.0.0.1:") and seen["mapped"].startswith("127.0.0.1:")
    assert seen["relayed"] != seen["mapped"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_wrong_password_is_refused(client, transport):
    process = client(transport, "echo", password="guess")
    assert process.wait(60) == 1
    assert "allocate" in process.errors and "error 401" in process.errors


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("peer", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "224.0.0.1", "255.255.255.255"])
def test_a_peer_that_is_not_allowed_is_refused(client, transport, peer):
    process = client(transport, "permit", f"{peer}:9")
    assert process.wait(60) == 1
    assert "permission" in process.errors and "error 403" in process.errors


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_peer_that_is_allowed_is_not_refused(client, transport):
    """So that the test before shows the policy, and not a broken program."""
    process = client(transport, "permit", "127.0.0.1:9")
    assert process.wait(60) == 0, process.errors


def test_a_relay_of_another_authority_is_refused(relay, client):
    """So that the tests over TLS show that the relay's certificate is the one it was given."""
    relay.authority = Authority()
    process = client("tls", "echo")
    assert process.wait(60) == 1
    assert "unknown authority" in process.errors
