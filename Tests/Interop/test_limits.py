"""What a user may relay: held to it over several allocations, through others' client, and changed while it runs."""

import asyncio
import signal
import socket
import time

import pytest
from conftest import free_port
from test_aioice import allocate
from test_metrics import samples

SIZE, RATE, COUNT = 1000, 100_000, 400
AHEAD = 100
# A stream that brings much at once may lose what cannot wait; everything else is the limit's.
DROPPED = ['ra_relay_dropped_packets_total{reason="bandwidth"}', 'ra_relay_dropped_packets_total{reason="queue_full"}']
RELAYED = 'ra_relay_relayed_packets_total{direction="to_peer"}'


@pytest.fixture
def limited(make_relay, tmp_path):
    """A relay whose users have `RATE` bytes per second each."""
    file, port = tmp_path / "relay.toml", free_port()
    file.write_text(f"bandwidth-per-user = {RATE}\n")
    relay = make_relay("--config", file, "--metrics", f"127.0.0.1:{port}")
    relay.file, relay.metrics_port = file, port
    return relay


class Sink(asyncio.DatagramProtocol):
    """A peer that counts."""

    def __init__(self):
        self.received = 0

    def datagram_received(self, data, _):
        assert len(data) == SIZE
        self.received += 1


async def until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_user_is_held_to_the_rate_over_all_allocations(limited, transport):
    async def run():
        loop = asyncio.get_running_loop()
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        peer.bind(("127.0.0.1", 0))
        endpoint, sink = await loop.create_datagram_endpoint(Sink, sock=peer)
        clients = [await allocate(limited, transport) for _ in range(2)]

        async def counted():
            """Dropped and relayed."""
            now = await asyncio.to_thread(samples, limited.metrics_port)
            return sum(now[reason] for reason in DROPPED), now[RELAYED]

        async def offer(count):
            """Sends so many packets of each client; when the relay has seen all, what it dropped and relayed of them."""
            before, sent, end = await counted(), 0, time.monotonic() + 60
            while True:
                dropped, relayed = (now - then for now, then in zip(await counted(), before))
                assert time.monotonic() < end, (sent, dropped, relayed)
                if dropped + relayed == len(clients) * count:
                    return dropped, relayed
                # No more under way than what the kernel's smallest buffer holds.
                if sent < len(clients) * count and sent - dropped - relayed <= AHEAD - 10 * len(clients):
                    for allocation, _client in clients:
                        for _ in range(10):
                            allocation.sendto(b"." * SIZE, peer.getsockname())
                    sent += 10 * len(clients)

        begin = time.monotonic()
        _, relayed = await offer(COUNT)
        elapsed = time.monotonic() - begin
        await until(lambda: sink.received >= relayed)
        # A second's worth at once, then the rate; each of the workers has a slice and a packet more at most.
        workers = (await asyncio.to_thread(samples, limited.metrics_port))["ra_relay_workers"]
        assert relayed >= RATE / SIZE
        assert relayed <= (1 + elapsed + 0.004 * workers) * RATE / SIZE + 2 * workers, elapsed

        limited.file.write_text("bandwidth-per-user = 0\n")
        limited.process.signal(signal.SIGHUP)
        reloads = 'ra_relay_configuration_reloads_total{result="success"}'
        while (await asyncio.to_thread(samples, limited.metrics_port))[reloads] == 0:
            pass
        dropped, relayed = await offer(100)
        assert (dropped, relayed) == (0, 200)
        for allocation, client in clients:
            allocation.close()
            await client.closed.wait()
        endpoint.close()
    asyncio.run(asyncio.wait_for(run(), 120))
