"""coturn's own test client finds a TURN server that loses nothing."""

import pytest
from conftest import free_port
from scenarios import require
from turnutils import Totals

MESSAGES, CLIENTS = 200, 4


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("method", ["channels", "send"])
@pytest.mark.parametrize("rtcp", [True, False], ids=["with RTCP", "without RTCP"])
def test_two_clients_talk_through_the_relay(relay, transport, method, rtcp):
    require("turnutils_uclient", lab=False)
    assert_nothing_lost(run(relay, transport, method, rtcp, ["-y"]))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("method", ["channels", "send"])
@pytest.mark.parametrize("rtcp", [True, False], ids=["with RTCP", "without RTCP"])
def test_a_peer_outside_gets_and_returns_everything(relay, transport, method, rtcp):
    require("turnutils_uclient", "turnutils_peer", lab=False)
    port = free_port()
    relay.popen(["turnutils_peer", "-L", "127.0.0.1", "-p", port])
    assert_nothing_lost(run(relay, transport, method, rtcp, ["-e", "127.0.0.1", "-r", port]))


def test_a_wrong_password_gets_nowhere(relay):
    require("turnutils_uclient", lab=False)
    relay.password = "guess"
    client = relay.popen(command(relay, "udp", "channels", False, ["-y"]))
    assert client.wait(30) != 0


def test_a_peer_that_is_not_allowed_gets_nothing(relay):
    require("turnutils_uclient", lab=False)
    client = relay.popen(command(relay, "udp", "channels", False, ["-e", "10.0.0.1"]))
    assert client.wait(30) != 0
    assert "403" in "\n".join(client.lines) + client.errors


def command(relay, transport, method, rtcp, peer):
    return ["turnutils_uclient", "-v", "-L", "127.0.0.1", "-p", relay.port, "-u", relay.user, "-w", relay.password,
            "-n", MESSAGES, "-m", CLIENTS, "-l", 170, "-z", 5,
            *["-t"] * (transport == "tcp"), *["-s"] * (method == "send"), *["-c"] * (not rtcp), *peer, "127.0.0.1"]


def run(relay, transport, method, rtcp, peer):
    client = relay.popen(command(relay, transport, method, rtcp, peer))
    assert client.wait(60) == 0, "\n".join(client.lines[-20:]) + client.errors[-2000:]
    return Totals("\n".join(client.lines) + client.errors)


def assert_nothing_lost(totals):
    assert totals.sent >= MESSAGES * CLIENTS, totals.text[-2000:]
    assert totals.received == totals.sent, totals.text[-2000:]
    assert totals.lost == 0, totals.text[-2000:]
