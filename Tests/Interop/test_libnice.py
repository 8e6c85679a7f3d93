"""Two agents of libnice, forced to relayed candidates, meet through our relay."""

import pytest
from others import libnice
from scenarios import require

COUNT = 300


@pytest.fixture
def agents(relay):
    require("cc", "pkg-config", lab=False)
    program = libnice()

    def start(transport, address="127.0.0.1", task=(COUNT,)):
        return relay.popen([program, transport, address, relay.port, relay.user, relay.password, *task])
    return start


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_two_agents_exchange_data_through_the_relay(agents, transport, address):
    process = agents(transport, address)
    assert process.wait(60) == 0, process.errors
    assert process.lines[-1] == f"{COUNT} and {COUNT} messages came"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_wrong_password_gets_no_candidate(relay, agents, transport):
    relay.password = "guess"
    process = agents(transport)
    assert process.wait(60) == 1
    assert "has no relayed candidate" in process.errors


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_peer_that_is_not_allowed_gets_nothing(agents, listeners, transport):
    """libnice sends to a peer also when its permission was refused."""
    agents(transport, task=["knock", *listeners.denied.getsockname(), *listeners.allowed.getsockname()])
    listeners.assert_one_is_reached(datagrams=3)  # so often libnice tries
