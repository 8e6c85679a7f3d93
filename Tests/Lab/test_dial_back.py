"""The relay's dial-back through real routers: what gets in is what each router lets in."""

import contextlib
import json
import secrets
import socket

import pytest
from lab import Home, Lab
from scenarios import RA_RELAY, require
from scenarios.inside import connect, make_socket

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@contextlib.contextmanager
def relay_in(lab):
    relay = lab.relay.popen([RA_RELAY, "serve"])
    relay.wait_for_line("ra-relay ready")
    yield relay
    assert relay.exit_code is None


def dial(lab, relay_address, transport, port, **more):
    """Asks from the sharer's computer; returns the relay's answer and the nonce."""
    nonce = secrets.token_hex(12)
    query = "&".join(f"{name}={value}" for name, value in
                     {"transport": transport, "port": port, "nonce": nonce, **more}.items())
    with connect(lab.sharer, relay_address, 3478) as asking:
        asking.settimeout(20)
        asking.sendall(f"POST /dial-back?{query} HTTP/1.1\r\nHost: relay\r\nContent-Length: 0\r\n"
                       "Connection: close\r\n\r\n".encode())
        heard = b""
        while piece := asking.recv(4096):
            heard += piece
    return json.loads(heard.partition(b"\r\n\r\n")[2]), bytes.fromhex(nonce)


def waiting(lab, transport, family=socket.AF_INET):
    """A port of the sharer's computer that has sent nothing to anybody."""
    made = make_socket(lab.sharer, family, KINDS[transport])
    made.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))
    if transport == "tcp":
        made.listen()
    made.settimeout(20)
    return made, made.getsockname()[1]


def heard(made, transport):
    if transport == "udp":
        return made.recvfrom(100)
    caller, address = made.accept()
    caller.settimeout(20)
    return caller.recv(100), address


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_host_on_the_internet_is_reached(transport, family):
    require()
    with Lab(sharer=Home(nat="none"), ipv6=True) as lab, relay_in(lab):
        six = family == "ipv6"
        made, port = waiting(lab, transport, socket.AF_INET6 if six else socket.AF_INET)
        there = lab.relay.address6 if six else lab.relay.address4
        answer, nonce = dial(lab, there, transport, port)
        ours = lab.sharer.address6 if six else lab.sharer.address4
        # Nobody answers a call over UDP here, so that the relay cannot know; it came all the same.
        assert answer == {"address": ours, "result": {"tcp": "open", "udp": "filtered"}[transport]}
        call, caller = heard(made, transport)
        assert call[8:20] == nonce and caller[0] == there


@pytest.mark.parametrize("nat", ["plain", "symmetric", "cgn"])
def test_what_nobody_asked_for_stays_outside(nat):
    require()
    with Lab(sharer=Home(nat=nat)) as lab, relay_in(lab):
        for transport in KINDS:
            made, port = waiting(lab, transport)
            answer, _ = dial(lab, lab.relay.address4, transport, port)
            assert answer == {"address": lab.sharer.public_address, "result": "filtered"}
            made.setblocking(False)
            with pytest.raises(BlockingIOError):
                heard(made, transport)


def test_a_full_cone_lets_udp_in_and_a_plain_router_only_who_was_asked():
    require()
    with Lab(sharer=Home(nat="full-cone")) as lab, relay_in(lab):
        made, port = waiting(lab, "udp")
        _, nonce = dial(lab, lab.relay.address4, "udp", port)
        assert heard(made, "udp")[0][8:20] == nonce
        assert dial(lab, lab.relay.address4, "tcp", port)[0]["result"] == "filtered"
    with Lab(sharer=Home(nat="plain")) as lab, relay_in(lab):
        made, port = waiting(lab, "udp")
        there = (lab.relay.address4, 3478)
        request = bytes.fromhex("00010000" "2112a442") + secrets.token_bytes(12)
        made.sendto(request, there)
        assert made.recvfrom(100)[1] == there
        # The router keeps the port: the way in is open to the port that was asked, and to no other.
        assert dial(lab, lab.relay.address4, "udp", port)[0]["result"] == "filtered"
        answer, nonce = dial(lab, lab.relay.address4, "udp", port, via=3478)
        call, caller = heard(made, "udp")
        assert (answer["result"], call[8:20], caller) == ("sent", nonce, there)
