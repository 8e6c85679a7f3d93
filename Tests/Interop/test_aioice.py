"""Two agents of aioice, relay candidates only, meet through our relay."""

import asyncio

import aioice
import pytest

COUNT = 50


@pytest.fixture(autouse=True)
def trust(relay, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(relay.authority.root))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_two_agents_exchange_data_through_the_relay(relay, transport):
    asyncio.run(asyncio.wait_for(exchange(relay, transport), 40))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_wrong_password_is_refused(relay, transport):
    async def run():
        relay.password = "guess"
        with pytest.raises(aioice.stun.TransactionFailed, match="401"):
            await allocate(relay, transport)
    asyncio.run(asyncio.wait_for(run(), 40))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_peer_that_is_not_allowed_gets_nothing(relay, listeners, transport):
    async def run():
        allocation, client = await allocate(relay, transport)
        allocation.sendto(b"denied", listeners.denied.getsockname())
        assert "403" in str(await asyncio.wait_for(client.errors.get(), 20))
        allocation.sendto(b"allowed", listeners.allowed.getsockname())
        await asyncio.to_thread(listeners.assert_one_is_reached)
        assert client.errors.empty()
        allocation.close()
        await client.closed.wait()
    asyncio.run(asyncio.wait_for(run(), 40))


class Client(asyncio.DatagramProtocol):
    """What an allocation tells its owner."""

    def __init__(self):
        self.errors, self.closed = asyncio.Queue(), asyncio.Event()

    def error_received(self, error):
        self.errors.put_nowait(error)

    def connection_lost(self, _):
        self.closed.set()


def over(transport):
    """aioice's words for a transport; for TLS it trusts whom OpenSSL trusts."""
    return {"transport": "udp" if transport == "udp" else "tcp", "ssl": transport == "tls" or None}


async def allocate(relay, transport):
    return await aioice.turn.create_turn_endpoint(
        Client, server_addr=("127.0.0.1", relay.port), username=relay.user, password=relay.password,
        **over(transport))


async def exchange(relay, transport):
    one, other = [
        aioice.Connection(
            ice_controlling=controlling, turn_server=("127.0.0.1", relay.port), turn_username=relay.user,
            turn_password=relay.password, transport_policy=aioice.TransportPolicy.RELAY,
            **{f"turn_{key}": value for key, value in over(transport).items()})
        for controlling in (True, False)
    ]
    try:
        await asyncio.gather(one.gather_candidates(), other.gather_candidates())
        for here, there in ((one, other), (other, one)):
            assert here.local_candidates and {candidate.type for candidate in here.local_candidates} == {"relay"}
            for candidate in here.local_candidates:
                await there.add_remote_candidate(candidate)
            await there.add_remote_candidate(None)
            there.remote_username, there.remote_password = here.local_username, here.local_password
        await asyncio.gather(one.connect(), other.connect())
        for here, there in ((one, other), (other, one)):
            for number in range(COUNT):
                await here.send(b"%d" % number + b"." * (number * 20))
                assert await asyncio.wait_for(there.recv(), 5) == b"%d" % number + b"." * (number * 20)
    finally:
        await asyncio.gather(one.close(), other.close())
