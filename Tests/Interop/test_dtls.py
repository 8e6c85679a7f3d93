"""DTLS as OpenSSL's own client speaks it, and as somebody floods it who never reads an answer."""

import pathlib
import random
import socket
import struct
import subprocess

import hostile
import pytest
from scenarios import require
from test_hostile_input import resident


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("port", ["port", "tls_port"])
def test_openssl_gets_a_binding_answer_on_every_port(relay, host, port):
    require("openssl", lab=False)
    transaction = bytes(range(12))
    client = subprocess.Popen(
        ["openssl", "s_client", "-dtls1_2", "-quiet", "-connect", f"{host}:{getattr(relay, port)}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        client.stdin.write(hostile.stun(hostile.BINDING, hostile.REQUEST, transaction, []))
        client.stdin.flush()
        answer = client.stdout.read(20)
        assert answer[:2] == struct.pack(">H", hostile.BINDING | hostile.SUCCESS)
        assert answer[8:] == transaction
    finally:
        client.kill()
        client.communicate()


def test_a_flood_from_false_addresses_leaves_nothing_behind(relay):
    """Every address of 127.0.0.0/8 is this machine's: each ClientHello has another one, and no answer is read."""
    rng = random.Random(5349)
    process = pathlib.Path("/proc") / str(relay.process.pid)
    flood(relay, rng, 60_000)  # what a relay takes once: pages of its receive ring that nobody had touched
    before = resident(process)
    flood(relay, rng, 60_000)
    assert resident(process) - before < 1 << 20
    test_openssl_gets_a_binding_answer_on_every_port(relay, "127.0.0.1", "tls_port")


def flood(relay, rng, count):
    hello = hostile.client_hello_datagram(rng)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("0.0.0.0", 0))
        for _ in range(count):
            source = bytes([127, rng.randrange(1, 255), rng.randrange(256), rng.randrange(1, 255)])
            # IP_PKTINFO: the source's address.
            sender.sendmsg([hello], [(socket.IPPROTO_IP, 8, struct.pack("=I4s4s", 0, source, bytes(4)))], 0,
                           ("127.0.0.1", relay.tls_port))

