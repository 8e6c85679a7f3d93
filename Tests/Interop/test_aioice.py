"""Two agents of aioice, relay candidates only, meet through our relay."""

import asyncio

import aioice
import pytest

COUNT = 50


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_two_agents_exchange_data_through_the_relay(relay, transport):
    asyncio.run(asyncio.wait_for(exchange(relay, transport), 40))


async def exchange(relay, transport):
    one, other = [
        aioice.Connection(
            ice_controlling=controlling, turn_server=("127.0.0.1", relay.port), turn_username=relay.user,
            turn_password=relay.password, turn_transport=transport, transport_policy=aioice.TransportPolicy.RELAY)
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
