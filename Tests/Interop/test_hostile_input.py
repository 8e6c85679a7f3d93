"""A relay at which a villain throws what he can think of still serves, and is not bigger than it was."""

import asyncio
import contextlib
import os
import pathlib
import socket
import ssl
import struct

import aioice
import hostile
import pytest
from hostile import Villain
from scenarios.waiting import eventually

#: RA_SEED=N adds another.
SEEDS = [1, 2] + [int(seed) for seed in os.environ.get("RA_SEED", "").split()]
ROUNDS, GUESTS, DATAGRAMS = 5, 12, 20_000
#: Each small piece is a record of its own inside TLS, which takes its time.
STREAMS = {"tcp": 300, "tls": 80}
#: What the process may grow by from the first round to the last, in bytes: 80 for each datagram of the others, or 5 kB
#: for each connection. About 1 MB was seen, and it is not more after more rounds.
GROWTH = 8 << 20


@pytest.fixture
def relay(make_relay):
    """As all others', but it answers whoever has not proven himself as often as he asks."""
    return make_relay("--unproven-rate", "0")


@pytest.mark.parametrize("seed", SEEDS)
def test_bad_datagrams(relay, listeners, seed):
    villain = Villain(seed, relay.user, relay.password, relay.realm)

    def attack():
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(guest(relay.port)) for _ in range(GUESTS)]
            for number in range(DATAGRAMS):
                if number % 100 == 0:  # an answer to each: nothing is lost for want of room in the kernel
                    nonces = [ask_nonce(villain, client) for client in sockets]
                which = villain.random.randrange(len(sockets))
                if number % 97 == 0:
                    sockets[which].send(villain.request(
                        hostile.ALLOCATE, [(hostile.REQUESTED_TRANSPORT, b"\x11\0\0\0")], nonces[which]))
                sockets[which].send(villain.message(nonces[which]))
            for leaving, nonce in zip(sockets, nonces):
                leaving.send(villain.request(hostile.REFRESH, [(hostile.LIFETIME, bytes(4))], nonce))
            assert_answers(sockets[0], villain.random)

    survive(relay, listeners, attack)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_bad_streams(relay, listeners, transport, seed):
    """Inside TLS everything is told apart once more."""
    secure = ssl.create_default_context(cafile=relay.authority.root)
    villain = Villain(seed, relay.user, relay.password, relay.realm)

    def attack():
        with contextlib.ExitStack() as stack:
            asker = stack.enter_context(guest(relay.port))
            for _ in range(STREAMS[transport]):
                stream = socket.create_connection(("127.0.0.1", relay.port), 10)
                if transport == "tls":
                    stream = secure.wrap_socket(stream, server_hostname="127.0.0.1")
                stack.enter_context(stream)
                # A nonce is for one address and port: only who asks over this very stream gets one that is right.
                nonce = ask_nonce(villain, stream) if villain.random.random() < 0.4 else bytes(20)
                if nonce != bytes(20):
                    data = villain.request(hostile.ALLOCATE, [(hostile.REQUESTED_TRANSPORT, b"\x11\0\0\0")], nonce)
                    data += b"".join(villain._framed(villain.message(nonce)) for _ in range(20))
                else:
                    data = villain.stream(nonce)
                throw(stream, data, villain.random)
            assert_answers(asker, villain.random)

    survive(relay, listeners, attack)


def survive(relay, listeners, attack):
    """Attacks some times: after each the relay serves, and it is as large at the end as after the first."""
    process = pathlib.Path(f"/proc/{relay.process.pid}")
    attack()
    asyncio.run(asyncio.wait_for(relays_something(relay, listeners), 30))
    files, before = open_files(process), resident(process)
    for _ in range(ROUNDS):
        attack()
        asyncio.run(asyncio.wait_for(relays_something(relay, listeners), 30))
    eventually(lambda: open_files(process) <= files, "what the guests had open is closed",
               timeout=60)  # a port that EVEN-PORT reserved is held for 30 s (RFC 8656 §7.2)
    grown = resident(process) - before
    assert grown < GROWTH, f"the relay grew by {grown / 1048576:.1f} MiB in {ROUNDS} rounds, from {before / 1048576:.1f}"


async def relays_something(relay, listeners):
    """An honest client over UDP and one over TCP reach a peer."""
    for transport in ("udp", "tcp"):
        client, _ = await aioice.turn.create_turn_endpoint(
            asyncio.DatagramProtocol, server_addr=("127.0.0.1", relay.port), username=relay.user,
            password=relay.password, transport=transport)
        client.sendto(transport.encode(), listeners.allowed.getsockname())
        listeners.allowed.settimeout(10)
        while await asyncio.to_thread(listeners.allowed.recv, 65536) != transport.encode():
            pass
        client.close()


def guest(port):
    """A UDP socket that talks with the relay alone."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("127.0.0.1", port))
    client.settimeout(10)
    return client


def ask_nonce(villain, client):
    """What a bare Allocate is told."""
    transaction = villain.random.randbytes(12)
    client.sendall(hostile.stun(hostile.ALLOCATE, hostile.REQUEST, transaction, [(0x19, b"\x11\0\0\0")]))
    return hostile.attributes_of(answer_to(client, transaction))[hostile.NONCE]


def assert_answers(client, rng):
    transaction = rng.randbytes(12)
    client.send(hostile.stun(hostile.BINDING, hostile.REQUEST, transaction, []))
    assert 0x20 in hostile.attributes_of(answer_to(client, transaction))  # XOR-MAPPED-ADDRESS


def answer_to(client, transaction):
    """The answer to one request; what came for others before is thrown away."""
    while True:
        answer = client.recv(65536)
        if transaction in answer[:20]:
            return answer


def throw(stream, data, rng):
    """Sends in pieces, as far as the relay takes it, and leaves: politely, at once, or with a reset."""
    stream.settimeout(5)
    with contextlib.suppress(OSError):
        while data:
            size = rng.choice([1, 3, 20, len(data)])
            stream.sendall(data[:size])
            data = data[size:]
        manner = rng.randrange(4)
        if manner == 0:
            stream.shutdown(socket.SHUT_WR)
        elif manner == 1:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.close()
        elif manner == 2:
            stream.close()


def open_files(process):
    """How many files the relay has open."""
    return len(os.listdir(process / "fd"))


def resident(process):
    """Bytes of memory that the process holds."""
    for line in (process / "status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")
