"""RFC 8656 on a real network: two families in one allocation, the DF bit, and what routers say of datagrams."""

import socket
import struct
import types

import pytest
from lab import Home, Lab
from scenarios import RA_RELAY, require
from scenarios.inside import make_socket
from scenarios.turn import (
    ADDITIONAL_FAMILY, DATA_ATTRIBUTE, DONT_FRAGMENT, ICMP, LIFETIME, REFRESH, REQUESTED_FAMILY, SUCCESS, TURNClient)

#: Bytes that the last link before the peer carries; the others carry 1500.
NARROW = 1300
IPV6_WANTED = (REQUESTED_FAMILY, b"\x02\0\0\0")
BOTH_WANTED = (ADDITIONAL_FAMILY, b"\x02\0\0\0")


@pytest.fixture(scope="module")
def scene():
    """A relay, a client on the internet, and a peer in a home whose inner link is narrow."""
    require()
    with Lab(sharer=Home(nat="none"), helper=Home(nat="full-cone"), ipv6=True) as lab:
        relay = lab.relay.popen([RA_RELAY, "serve", "--listen", lab.relay.address4, "--listen", lab.relay.address6,
                                 "--user", "alice:swordfish", "--realm", "standards"])
        relay.wait_for_line("ra-relay ready")
        lab.helper.router.ip("link", "set", "lan", "mtu", str(NARROW))
        yield types.SimpleNamespace(lab=lab, relay=relay)
        assert relay.exit_code is None


def client(scene):
    made = make_socket(scene.lab.sharer, socket.AF_INET, socket.SOCK_DGRAM)
    return TURNClient(made, (scene.lab.relay.address4, 3478), "alice", "swordfish")


def peer(scene, family=socket.AF_INET):
    """A socket of the helper, and where the internet finds it."""
    made = make_socket(scene.lab.helper, family, socket.SOCK_DGRAM)
    made.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))
    made.settimeout(5)
    address = scene.lab.helper.address6 if family == socket.AF_INET6 else scene.lab.helper.public_address
    return made, (address, made.getsockname()[1])


def test_one_allocation_reaches_both_families(scene):
    turn = client(scene)
    relayed = turn.allocate(BOTH_WANTED)
    assert [address for address, _ in relayed] == [scene.lab.relay.address4, scene.lab.relay.address6]
    peers = [peer(scene), peer(scene, socket.AF_INET6)]
    turn.permit(*[address[0] for _, address in peers])
    for (made, address), ours in zip(peers, relayed):
        made.sendto(b"hello", ours)  # also opens the home's router for IPv6
        answer, source = turn.receive()
        assert (answer[DATA_ATTRIBUTE], source) == (b"hello", address)
        turn.send(b"welcome", address)
        data, source = made.recvfrom(100)
        assert data == b"welcome" and source[:2] == ours
    assert turn.ask(REFRESH, [IPV6_WANTED, (LIFETIME, bytes(4))]).kind == SUCCESS
    assert turn.ask(REFRESH, [IPV6_WANTED]).error == 443
    turn.send(b"gone", peers[1][1])
    turn.send(b"still there", peers[0][1])
    assert peers[0][0].recv(100) == b"still there"
    peers[0][0].sendto(b"and back", relayed[0])
    assert turn.receive()[0][DATA_ATTRIBUTE] == b"and back"


def test_the_df_bit_is_set_when_asked_for_and_only_then(scene):
    turn = client(scene)
    turn.allocate()
    _, address = peer(scene)
    turn.permit(address[0])
    raw = make_socket(scene.lab.helper, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
    raw.settimeout(5)
    for attributes in [(), ((DONT_FRAGMENT, b""),), ()]:
        turn.send(b"look at my header", address, *attributes)
        packet = raw.recv(2000)
        assert packet.endswith(b"look at my header")
        assert bool(packet[6] & 0x40) == bool(attributes)


def test_a_router_that_cannot_forward_it_whole_is_heard(scene):
    turn = client(scene)
    turn.allocate()
    made, address = peer(scene)
    turn.permit(address[0])
    for _ in range(2):  # the second shows that nothing was learnt that would change it
        turn.send(bytes(1400), address, (DONT_FRAGMENT, b""))
        answer, source = turn.receive()
        assert (answer[ICMP], source) == (struct.pack("!xxBBI", 3, 4, NARROW), address)
        turn.send(bytes(1400), address)
        assert made.recv(2000) == bytes(1400)
    turn.send(bytes(NARROW - 28), address, (DONT_FRAGMENT, b""))
    assert made.recv(2000) == bytes(NARROW - 28)


def test_what_our_own_link_cannot_carry_whole_is_told_too(scene):
    turn = client(scene)
    turn.allocate()
    made, address = peer(scene)
    turn.permit(address[0])
    turn.send(bytes(3000), address, (DONT_FRAGMENT, b""))
    assert turn.receive()[0][ICMP] == struct.pack("!xxBBI", 3, 4, 1500)
    turn.send(bytes(3000), address)
    assert made.recv(4000) == bytes(3000)


def test_over_ipv6_a_narrow_link_is_heard_and_fragments_follow(scene):
    turn = client(scene)
    [relayed] = turn.allocate(IPV6_WANTED)
    made, address = peer(scene, socket.AF_INET6)
    turn.permit(address[0])
    made.sendto(b"open", relayed)
    assert turn.receive()[1] == address
    turn.send(bytes(1400), address)
    answer, source = turn.receive()
    assert (answer[ICMP], source) == (struct.pack("!xxBBI", 2, 0, NARROW), address)
    turn.send(bytes(1400), address)
    assert made.recv(2000) == bytes(1400)


def test_a_port_where_nobody_is_is_told_and_costs_no_other_datagram(scene):
    turn = client(scene)
    turn.allocate()
    made, address = peer(scene)
    nobody, closed = peer(scene)
    nobody.close()
    turn.permit(address[0])
    for number in range(50):
        turn.send(b"lost", closed)
        turn.send(b"%d" % number, address)
    assert [made.recv(100) for _ in range(50)] == [b"%d" % number for number in range(50)]
    answer, source = turn.receive()
    assert (answer[ICMP], source) == (struct.pack("!xxBBI", 3, 3, 0), closed)
    # The error queue is empty again, or the worker would spin: it idles when nobody sends.
    while True:
        try:
            turn.socket.settimeout(0.5)
            turn.receive()
        except TimeoutError:
            break
    before = cpu_seconds(scene.relay.pid)
    with pytest.raises(TimeoutError):
        turn.socket.settimeout(2)
        turn.receive()
    assert cpu_seconds(scene.relay.pid) - before < 1


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100
