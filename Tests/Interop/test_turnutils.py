"""coturn's own test client finds a TURN server that loses nothing."""

import pytest
from conftest import free_port
from scenarios import require
from turnutils import Totals

#: So many messages by each of so many clients, so many milliseconds apart: few enough that what a busy machine keeps waiting has
#: room in a socket's receive buffer, which is coturn's and of the kernel's default size.
MESSAGES, CLIENTS, INTERVAL = 40, 4, 40
TRANSPORTS = ["udp", "tcp", "tls", "dtls"]
V4, V6 = "127.0.0.1", "::1"


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("method", ["channels", "send"])
@pytest.mark.parametrize("rtcp", [True, False], ids=["with RTCP", "without RTCP"])
def test_two_clients_talk_through_the_relay(relay, transport, method, rtcp):
    require("turnutils_uclient", lab=False)
    assert_nothing_lost(run(relay, transport, method, rtcp, ["-y"]))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("method", ["channels", "send"])
@pytest.mark.parametrize("rtcp", [True, False], ids=["with RTCP", "without RTCP"])
def test_a_peer_outside_gets_and_returns_everything(relay, transport, method, rtcp):
    require("turnutils_uclient", "turnutils_peer", lab=False)
    port = free_port()
    relay.popen(["turnutils_peer", "-L", V4, "-p", port])
    assert_nothing_lost(run(relay, transport, method, rtcp, ["-e", V4, "-r", port]))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("client", "family", "option"), [(V6, "IPv6", "-x"), (V6, "IPv4", "-X"), (V4, "IPv6", "-x")])
def test_two_clients_ask_for_an_address_of_either_family(relay, transport, client, family, option):
    require("turnutils_uclient", lab=False)
    totals = run(relay, transport, "channels", False, ["-y", option], client)
    assert_nothing_lost(totals)
    assert f"{family}. Received relay addr" in totals.text


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("method", ["channels", "send"])
def test_a_peer_over_ipv6_gets_and_returns_everything(relay, transport, method):
    require("turnutils_uclient", "turnutils_peer", lab=False)
    port = free_port()
    relay.popen(["turnutils_peer", "-L", V6, "-p", port])
    assert_nothing_lost(run(relay, transport, method, False, ["-x", "-e", V6, "-r", port], V6))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("option", ["-g", "-D", "-G"], ids=["DONT-FRAGMENT", "padded ChannelData", "extra requests"])
def test_a_client_with_habits_of_its_own_loses_nothing(relay, transport, option):
    require("turnutils_uclient", lab=False)
    assert_nothing_lost(run(relay, transport, "channels", False, ["-y", option]))


@pytest.mark.parametrize(("address", "family"), [(V4, "-X"), (V6, "-x")])
def test_two_clients_talk_over_tcp_relayed_addresses(relay, address, family):
    """RFC 6062: each client connects to another's relayed address; both ends of each connection are bound."""
    require("turnutils_uclient", lab=False)
    client = relay.popen([
        "turnutils_uclient", "-T", family, "-v", "-L", address, "-p", relay.port, "-u", relay.user, "-w", relay.password,
        "-n", 20, "-m", CLIENTS, "-l", 170, address])
    assert client.wait(60) == 0, "\n".join(client.lines[-20:]) + client.errors[-2000:]
    totals = Totals("\n".join(client.lines) + client.errors)
    # It counts what one read returns: two messages that the stream brings together are one.
    assert totals.sent == 20 * CLIENTS and totals.received >= 18 * CLIENTS, totals.text[-2000:]
    assert "connections are completed, not enough" not in totals.text


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("method", ["channels", "send"])
def test_a_client_that_moves_keeps_its_allocation(relay, transport, method):
    """RFC 8016: after each Allocate it goes on with another socket, by its ticket, and closes the first.

    The peer speaks when it is spoken to: until then, what is for a UDP client goes to where it was (§3.2.2).
    Over TLS it ends by itself on its second connection, also with coturn's own server.
    """
    require("turnutils_uclient", "turnutils_peer", lab=False)
    port = free_port()
    relay.popen(["turnutils_peer", "-L", V4, "-p", port])
    totals = run(relay, transport, method, False, ["-M", "-e", V4, "-r", port])
    assert_nothing_lost(totals)
    assert "refresh response received" in totals.text
    assert "ERROR" not in totals.text  # it says so of a ticket that it cannot keep, and then does not move


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_wrong_password_gets_nowhere(relay, transport):
    require("turnutils_uclient", lab=False)
    relay.password = "guess"
    client = relay.popen(command(relay, transport, "channels", False, ["-y"]))
    assert client.wait(30) != 0
    assert "Received relay addr" not in "\n".join(client.lines) + client.errors  # it does not say more


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("peer", "family"), [("10.0.0.1", "-X"), ("fe80::1", "-x"), ("::ffff:10.0.0.1", "-x")])
def test_a_peer_that_is_not_allowed_gets_nothing(relay, transport, peer, family):
    require("turnutils_uclient", lab=False)
    client = relay.popen(command(relay, transport, "channels", False, ["-e", peer, family]))
    assert client.wait(30) != 0
    assert "403" in "\n".join(client.lines) + client.errors


@pytest.mark.parametrize("address", [V4, V6])
def test_the_stun_client_learns_its_address(relay, address):
    require("turnutils_stunclient", lab=False)
    client = relay.popen(["turnutils_stunclient", "-p", relay.port, address])
    assert client.wait(30) == 0, client.errors
    assert f"UDP reflexive addr: {address}:" in "\n".join(client.lines) + client.errors


def command(relay, transport, method, rtcp, options, address=V4):
    port = relay.tls_port if transport.endswith("tls") else relay.port
    return ["turnutils_uclient", "-v", "-L", address, "-p", port, "-u", relay.user, "-w", relay.password,
            "-n", MESSAGES, "-m", CLIENTS, "-l", 170, "-z", INTERVAL,
            *["-t"] * (transport in ("tcp", "tls")), *["-S"] * transport.endswith("tls"), *["-s"] * (method == "send"),
            *["-c"] * (not rtcp), *options, address]


def run(relay, transport, method, rtcp, options, address=V4):
    client = relay.popen(command(relay, transport, method, rtcp, options, address))
    assert client.wait(60) == 0, "\n".join(client.lines[-20:]) + client.errors[-2000:]
    return Totals("\n".join(client.lines) + client.errors)


def assert_nothing_lost(totals):
    assert totals.sent >= MESSAGES * CLIENTS, totals.text[-2000:]
    assert totals.received == totals.sent, totals.text[-2000:]
    assert totals.lost == 0, totals.text[-2000:]
