"""Two peer connections of aiortc, allowed relay candidates only, open a data channel through our relay."""

import asyncio

import pytest
from aiortc import RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection
from conftest import named_by

COUNT = 100


@pytest.fixture(autouse=True)
def trust(relay, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(relay.authority.root))


def url(relay, transport):
    if transport == "tls":
        return f"turns:127.0.0.1:{relay.tls_port}?transport=tcp"
    return f"turn:127.0.0.1:{relay.port}?transport={transport}"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_data_channel_opens_through_the_relay(relay, transport):
    asyncio.run(asyncio.wait_for(exchange(relay, url(relay, transport)), 50))


def test_everything_that_a_relay_names_may_be_given_to_a_connection(relay):
    """aiortc takes what it knows: turns over UDP is not among it."""
    asyncio.run(asyncio.wait_for(exchange(relay, named_by(relay)), 50))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_wrong_password_opens_nothing(relay, transport):
    """aiortc tells nobody why it has no candidate; the right password, above, gives it one."""
    relay.password = "guess"
    with pytest.raises(AssertionError, match="no candidates"):
        asyncio.run(asyncio.wait_for(exchange(relay, url(relay, transport)), 50))


async def exchange(relay, urls):
    """A hundred messages of up to 5 kB and back, over SCTP, DTLS, ICE and the relay."""
    configuration = RTCConfiguration(
        iceServers=[RTCIceServer(urls=urls, username=relay.user, credential=relay.password)],
        iceTransportPolicy=RTCIceTransportPolicy.RELAY)
    one, other = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
    try:
        channel, echoed = one.createDataChannel("test"), asyncio.Queue()
        channel.on("open", lambda: [channel.send(text(number)) for number in range(COUNT)])
        channel.on("message", echoed.put_nowait)
        other.on("datachannel", lambda incoming: incoming.on("message", incoming.send))
        await one.setLocalDescription(await one.createOffer())
        await other.setRemoteDescription(one.localDescription)
        await other.setLocalDescription(await other.createAnswer())
        for side in (one, other):
            types = [line.split(" typ ")[1].split()[0] for line in side.localDescription.sdp.splitlines()
                     if line.startswith("a=candidate")]
            assert types, f"no candidates: {side.localDescription.sdp}"
            assert set(types) == {"relay"}
        await one.setRemoteDescription(other.localDescription)
        for number in range(COUNT):
            assert await asyncio.wait_for(echoed.get(), 20) == text(number)
    finally:
        await asyncio.gather(one.close(), other.close())


def text(number):
    return f"{number}:" + "x" * (number * 50)
