"""A relay that got SIGTERM: who is there goes on, who comes is refused, and it ends when nobody is left."""

import asyncio
import json
import re
import signal
import subprocess

import aioice
import pytest
from scenarios import RA_RELAY
from test_metrics import page, status
from test_metrics import watched  # noqa: F401 (a fixture)


class Client(asyncio.DatagramProtocol):
    """What arrives through an allocation, and whether that has ended."""

    def __init__(self):
        self.arrived, self.closed = asyncio.Queue(), asyncio.Event()

    def datagram_received(self, data, _):
        self.arrived.put_nowait(data)

    def connection_lost(self, _):
        self.closed.set()


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def allocate(relay, transport):
    return await aioice.turn.create_turn_endpoint(
        Client, server_addr=("127.0.0.1", relay.port), username=relay.user, password=relay.password, transport=transport)


async def is_draining(port):
    while (await asyncio.to_thread(page, port, "/readyz"))[0] != 503:
        await asyncio.sleep(0.02)


def last_words(relay):
    """The fields of the log's last line."""
    line = relay.process.errors.splitlines()[-1]
    assert " stopped " in line, relay.process.errors
    return {key: int(value) for key, value in re.findall(r"(\S+)=(\d+)", line)}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_allocations_go_on_to_their_end_and_new_ones_are_refused(watched, transport):  # noqa: F811
    relay = watched

    async def run():
        echo, _ = await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        peer = echo.get_extra_info("sockname")
        allocation, client = await allocate(relay, transport)
        relay.process.signal(signal.SIGTERM)
        await is_draining(relay.port)
        assert await asyncio.to_thread(page, relay.metrics_port, "/readyz") == (503, "The relay is draining.\n")
        assert (await asyncio.to_thread(page, relay.metrics_port, "/healthz"))[0] == 200
        assert "\nra_relay_draining 1\n" in (await asyncio.to_thread(page, relay.metrics_port, "/metrics"))[1]
        for attempt in ("udp", "tcp"):
            with pytest.raises(aioice.stun.TransactionFailed, match="508"):
                await allocate(relay, attempt)
        for number in range(20):
            allocation.sendto(b"%d" % number, peer)
            assert await client.arrived.get() == b"%d" % number
        told = json.loads((await asyncio.to_thread(status, "--json", "--state", relay.folder / "state")).stdout)
        assert told["is_ready"] is False and told["drain"]["deadline"] > told["drain"]["since"]
        assert told["allocations"]["total"] == 1
        assert relay.process.exit_code is None
        allocation.close()
        await client.closed.wait()
        echo.close()
    asyncio.run(asyncio.wait_for(run(), 40))
    assert relay.process.wait(20) == 0
    assert last_words(relay) == {"allocations-ended": 1, "allocations-cut": 0, "meetings-cut": 0}


def test_what_is_left_at_the_deadline_is_cut(make_relay):
    relay = make_relay("--drain-deadline", "1s")

    async def run():
        await allocate(relay, "udp")
        relay.process.signal(signal.SIGTERM)
        assert await asyncio.to_thread(relay.process.wait, 20) == 0
    asyncio.run(asyncio.wait_for(run(), 40))
    assert last_words(relay) == {"allocations-ended": 0, "allocations-cut": 1, "meetings-cut": 0}


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_does_not_wait(make_relay, second):
    relay = make_relay()  # which would wait for five minutes

    async def run():
        await allocate(relay, "udp")
        relay.process.signal(signal.SIGTERM)
        await is_draining(relay.port)
        relay.process.signal(signal.SIGHUP)  # is no reason to end
        assert relay.process.exit_code is None
        relay.process.signal(second)
        assert await asyncio.to_thread(relay.process.wait, 20) == 0
    asyncio.run(asyncio.wait_for(run(), 40))
    assert last_words(relay) == {"allocations-ended": 0, "allocations-cut": 1, "meetings-cut": 0}


def test_sigint_does_not_drain(make_relay):
    relay = make_relay()

    async def run():
        await allocate(relay, "udp")
        relay.process.signal(signal.SIGINT)
        assert await asyncio.to_thread(relay.process.wait, 20) == 0
    asyncio.run(asyncio.wait_for(run(), 40))
    assert last_words(relay) == {"allocations-cut": 1, "meetings-cut": 0}


def test_a_relay_without_clients_ends_at_once(make_relay):
    relay = make_relay()
    relay.process.signal(signal.SIGTERM)
    assert relay.process.wait(20) == 0
    assert last_words(relay) == {"allocations-ended": 0, "allocations-cut": 0, "meetings-cut": 0}


@pytest.mark.parametrize("time", ["0s", "2d", "soon"])
def test_a_deadline_that_cannot_be_is_a_mistake(tmp_path, time):
    asked = subprocess.run(
        [RA_RELAY, "serve", "--state", tmp_path / "state", "--drain-deadline", time], capture_output=True, text=True, timeout=20)
    assert asked.returncode in (2, 64) and "drain-deadline" in asked.stderr
