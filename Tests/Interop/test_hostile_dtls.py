"""What nobody should send to a listener of DTLS: it serves whoever else comes, and keeps nothing of it."""

import contextlib
import pathlib
import random
import socket
import subprocess
import threading

import hostile
import pytest
from conftest import free_port
from hostile import (ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, CLIENT_KEY_EXCHANGE, FINISHED, HANDSHAKE, HalfHandshake,
                     handshake, record)
from scenarios import require
from scenarios.waiting import eventually
from test_dtls import test_openssl_gets_a_binding_answer_on_every_port as assert_serves
from test_hostile_input import GROWTH, SEEDS, assert_answers, guest, resident
from test_metrics import samples

#: Sessions of one address, by docs/operations.md.
PER_SOURCE = 512


@pytest.fixture
def relay(make_relay):
    """As all others', but it answers whoever has not proven himself as often as he asks, and is watched."""
    require(lab=False)
    port = free_port()
    relay = make_relay("--unproven-rate", "0", "--metrics", f"127.0.0.1:{port}")
    relay.metrics_port = port
    return relay


def process(relay):
    return pathlib.Path(f"/proc/{relay.process.pid}")


def sessions(relay):
    return samples(relay.metrics_port)["ra_relay_dtls_sessions"]


def all_taken(relay, rng):
    """Returns when the relay has read whatever was sent before: each answer is to something that came later."""
    with contextlib.closing(guest(relay.port)) as client:
        assert_answers(client, rng)


def bad_record(rng, villain, half):
    """A datagram for a session, or for none: damaged, cut, repeated, out of order, of another epoch, too long."""
    hello = half.hello(rng.randbytes(rng.choice([0, 1, 32, 255])))
    choice = rng.randrange(9)
    if choice == 0:
        return villain.damaged(hello)
    if choice == 1:  # a ClientHello in pieces
        body = hostile.client_hello_body(half.secret)
        cut = rng.randrange(len(body))
        offset = rng.choice([0, cut])
        piece = body[:cut] if offset == 0 else body[cut:]
        return record(HANDSHAKE, handshake(hostile.CLIENT_HELLO, rng.choice([0, 1]), piece, offset, len(body)), sequence=rng.randrange(99))
    if choice == 2:
        kind = rng.choice([CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, 24, 25, 63])
        return record(kind, rng.randbytes(rng.choice([0, 1, 2, 12, 100, 1400])), rng.choice([0, 0, 1, 1, 2, 0xFFFF]),
                      rng.choice([0, 1, 7, 2**47, 2**48 - 1]), rng.choice([0xFEFD, 0xFEFD, 0xFEFF, 0x0303, 0]))
    if choice == 3:
        message = handshake(rng.randrange(256), rng.randrange(12), rng.randbytes(rng.randrange(60)), rng.randrange(200),
                            rng.choice([0, 1, 100, 4096, 4097, 2**24 - 1]))
        return record(HANDSHAKE, message, sequence=rng.randrange(999))
    if choice == 4:
        return record(ALERT, bytes([rng.choice([1, 2]), rng.randrange(256)]), sequence=rng.randrange(999))
    if choice == 5:
        return b"".join(record(rng.randrange(20, 26), rng.randbytes(rng.randrange(30)), rng.randrange(2), n) for n in range(40))
    if choice == 6:
        return record(HANDSHAKE, handshake(CLIENT_KEY_EXCHANGE, 2, b"\x20" + rng.randbytes(32)), sequence=rng.randrange(9)) + record(
            CHANGE_CIPHER_SPEC, b"\x01", sequence=9) + record(HANDSHAKE, rng.randbytes(40), 1)
    if choice == 7:
        return villain.damaged(record(HANDSHAKE, handshake(FINISHED, 3, rng.randbytes(12)), sequence=5))
    return bytes([rng.randrange(20, 64)]) + rng.randbytes(rng.choice([0, 12, 13, 25, 26, 60, 1472]))


@pytest.mark.parametrize("seed", SEEDS)
def test_bad_records(relay, seed):
    """To nobody's session, in half a handshake and after it has failed; with and without the cookie."""
    rng = random.Random(seed)
    villain = hostile.Villain(seed, relay.user, relay.password, relay.realm)

    def attack():
        with contextlib.ExitStack() as stack:
            halves = [stack.enter_context(contextlib.closing(HalfHandshake(relay.tls_port, rng))) for _ in range(24)]
            for number in range(6000):
                half = rng.choice(halves)
                if number % 50 == 0:
                    # What was answered meanwhile is of no interest; an answer to this is.
                    half.socket.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        while half.socket.recv(65536):
                            pass
                    half.socket.settimeout(10)
                    half.secret = rng.randbytes(32)
                    half.socket.send(half.hello())
                    all_taken(relay, rng)
                half.socket.send(bad_record(rng, villain, half))
        assert_serves(relay, "127.0.0.1", "tls_port")

    attack()
    before = resident(process(relay))
    for _ in range(4):
        attack()
    assert resident(process(relay)) - before < GROWTH


def test_half_handshakes_are_bounded_small_and_forgotten(relay):
    """One address returns every cookie and says nothing more, but for pieces of messages that never become whole."""
    rng = random.Random(6347)
    assert_serves(relay, "127.0.0.1", "tls_port")
    assert sessions(relay) == 1  # it left without a word
    with contextlib.ExitStack() as stack:
        halves = [stack.enter_context(contextlib.closing(HalfHandshake(relay.tls_port, rng, source="127.0.0.3")))
                  for _ in range(PER_SOURCE + 8)]
        before = resident(process(relay))
        for half in halves[:PER_SOURCE]:
            assert half.begin()
        for half in halves[PER_SOURCE:]:
            half.socket.send(half.hello(half.cookie()))
        all_taken(relay, rng)
        now = samples(relay.metrics_port)
        assert now["ra_relay_dtls_sessions"] == 1 + PER_SOURCE
        assert now['ra_relay_dtls_sessions_refused_total{reason="source"}'] == 8
        held = resident(process(relay)) - before
        assert held < PER_SOURCE * 80_000, f"{held / PER_SOURCE:.0f} bytes each"
        # Ten messages ahead, of the longest kind, a byte in each page of memory that they would need.
        for sequence in range(2, 12):
            for offset in range(0, 100_000, 4000):
                for half in halves[:PER_SOURCE:8]:
                    half.sequence += 1
                    message = handshake(CLIENT_KEY_EXCHANGE, sequence, b"x", offset, 100_000)
                    half.socket.send(record(HANDSHAKE, message, sequence=half.sequence))
                all_taken(relay, rng)
        grown = resident(process(relay)) - before - held
        assert grown < PER_SOURCE // 8 * 100_000, f"{grown / (PER_SOURCE / 8):.0f} bytes more each"
        # Somebody else is served meanwhile; and when their time is over, so is anybody.
        assert_serves(relay, "127.0.0.1", "tls_port")
        eventually(lambda: sessions(relay) <= 2, "the half handshakes are forgotten", timeout=100)
    with contextlib.closing(HalfHandshake(relay.tls_port, rng, source="127.0.0.3")) as half:
        assert half.begin()


def test_a_storm_of_alerts_is_not_answered_and_ends_nobody_elses_session(relay):
    rng = random.Random(2)
    with Wire(relay.tls_port) as wire, client(wire.port) as honest:
        ask(honest, rng)
        with contextlib.closing(HalfHandshake(relay.tls_port, rng)) as nobody:
            for number in range(20_000):
                alert = record(ALERT, bytes([1 + number % 2, number // 2 % 256]), epoch=number % 3 % 2, sequence=number)
                # From somebody without a session, and over the path of one that is there.
                (nobody.socket if number % 2 else wire.outside).send(alert)
                if number % 100 == 0:
                    all_taken(relay, rng)
            nobody.socket.setblocking(False)
            with pytest.raises(BlockingIOError):
                nobody.socket.recv(65536)
        ask(honest, rng)


def test_what_is_sent_once_more_is_not_done_once_more(relay):
    """All that a client sent, again: over its own path, and from another port."""
    rng = random.Random(3)
    with Wire(relay.tls_port) as wire, client(wire.port) as honest:
        ask(honest, rng)
        asked = samples(relay.metrics_port)['ra_relay_requests_total{method="binding"}']
        trace = list(wire.sent)
        assert len(trace) > 3
        with contextlib.closing(HalfHandshake(relay.tls_port, rng)) as other:
            for _ in range(50):
                for datagram in trace:
                    wire.outside.send(datagram)
                    other.socket.send(datagram)
                all_taken(relay, rng)
        now = samples(relay.metrics_port)
        # `all_taken` asks once each time, in the clear.
        assert now['ra_relay_requests_total{method="binding"}'] == asked + 50
        assert now["ra_relay_dtls_sessions"] == 1
        ask(honest, rng)


class Wire:
    """Carries datagrams between one client and the relay, and remembers what the client sent."""

    def __init__(self, port):
        self.inside, self.outside = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        self.inside.bind(("127.0.0.1", 0))
        self.port = self.inside.getsockname()[1]
        self.outside.connect(("127.0.0.1", port))
        self.sent, self.client = [], None
        self.threads = [threading.Thread(target=way, daemon=True) for way in (self._out, self._back)]

    def _out(self):
        while True:
            datagram, self.client = self.inside.recvfrom(65536)
            if not datagram:
                return
            self.sent.append(datagram)
            self.outside.send(datagram)

    def _back(self):
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                datagram = self.outside.recv(65536)
                if self.closing:
                    return
                self.inside.sendto(datagram, self.client)

    closing = False

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.closing = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", ("127.0.0.1", self.port))
        self.outside.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)
        self.inside.close()
        self.outside.close()


@contextlib.contextmanager
def client(port):
    """OpenSSL's, whose standard input goes into the session and comes out of it."""
    require("openssl", lab=False)
    program = subprocess.Popen(
        ["openssl", "s_client", "-dtls1_2", "-quiet", "-connect", f"127.0.0.1:{port}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def ask(program, rng):
    """A Binding, and its answer."""
    transaction = rng.randbytes(12)
    program.stdin.write(hostile.stun(hostile.BINDING, hostile.REQUEST, transaction, []))
    program.stdin.flush()
    answer = program.stdout.read(32)
    assert answer[8:20] == transaction
