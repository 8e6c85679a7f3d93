"""`--door`: the helper comes in by TCP (RFC 6544) where UDP does not get through, and nobody else does."""

import errno
import os
import re
import struct

import pytest
from lab import Home
from scenarios import RA_CONNECT, Assistance, require
from scenarios.assistance import CONNECT_LIMIT
from scenarios.inside import connect, listen
from scenarios.waiting import eventually
from test_changes import changes, eventual_kind
from test_mapping import ports

NO_UDP, MAPPED, INTERNET = Home(nat="udp-blocked"), Home(nat="udp-blocked", mapping="all"), Home(nat="none")
METHODS = ["upnp", "nat-pmp", "pcp"]
PUBLIC = "11.22.33.21"  # of the sharer's router


def rules(host, hook, *lines):
    host.nft(f"table inet hotel {{\nchain {hook} {{\ntype filter hook {hook} priority -10; policy accept;\n"
             + "\n".join(lines) + "\n}\n}\n")


def eventual_path(session, kind, transport):
    """Both sides are, or come, on a path of this kind and transport."""
    for side in (session.sharer, session.helper):
        side.wait_for_event("connected", timeout=CONNECT_LIMIT)
    eventual_kind(session, kind)
    for side in (session.sharer, session.helper):
        path = [event["path"] for event in side.events if event["event"] in ("connected", "path") and event["path"]][-1]
        assert path["transport"] == transport, (side, path)


def assert_picture_crosses(session):
    session.consent_to_view()
    session.helper.wait_for_event("first-frame")


def door_is_mapped(session):
    eventually(lambda: ports(session.lab.sharer.router) >= {3389}, "the router maps 3389")


def connect_by_the_mapped_door(session):
    """Both sides have a way to each other by the port that the sharer's router has opened, and the picture crosses it."""
    code = session.invite("--door")
    door_is_mapped(session)
    session.join(code)
    eventual_path(session, "mapped", "tcp")
    assert_picture_crosses(session)


# The path

@pytest.mark.parametrize("method", METHODS)
def test_without_udp_the_helper_comes_in_by_the_port_that_the_router_maps(method):
    require("Xvfb")
    with Assistance(Home(nat="udp-blocked", mapping=method), NO_UDP) as session:
        code = session.invite("--door", "--log-level", "debug")
        door_is_mapped(session)
        tried = re.compile(rf"tried from outside .*external={re.escape(PUBLIC)}:3389 .*result=reached")
        eventually(lambda: tried.search(session.sharer.errors), "the relay has dialled the port and got in")
        session.join(code)
        eventual_path(session, "mapped", "tcp")
        assert_picture_crosses(session)
        # The relay is out of the way.
        session.relay.kill()
        session.helper.send("say without the relay")
        session.sharer.wait_for_event("chat", where=lambda event: event["text"] == "without the relay")
        session.stop_in_order()
        told = session.lab.helper.run([RA_CONNECT, "history", "--last"]).stdout
        assert re.search(r"Connected after \d+ ms over tcp, mapped", told), told
        assert re.search(rf"{re.escape(PUBLIC)}:3389 +mapped +succeeded .*chosen, over TCP", told), told


def test_a_port_that_the_router_maps_later_is_taken_over():
    require("Xvfb")
    with Assistance(MAPPED, NO_UDP) as session:
        session.join(session.invite("--door"))  # a router takes a second to be found
        eventual_path(session, "mapped", "tcp")
        assert_picture_crosses(session)
        session.stop_in_order()


def test_between_computers_on_the_internet_the_path_is_direct():
    require("Xvfb")
    with Assistance(INTERNET, INTERNET) as session:
        for host in (session.lab.sharer, session.lab.helper):
            rules(host, "output", "meta l4proto udp drop")
        session.connect(share_options=("--door", "4433"))
        eventual_path(session, "direct", "tcp")
        path = session.sharer.wait_for_event("connected")["path"]
        assert path["local"].endswith(":4433")
        assert_picture_crosses(session)
        session.stop_in_order()


@pytest.mark.parametrize("method", ["upnp", "pcp"])
def test_with_ipv6_alone_the_helper_comes_in_by_a_hole_in_the_firewall(method):
    require("Xvfb")
    with Assistance(Home(nat="udp-blocked", mapping=method), NO_UDP, ipv6=True, ipv4=()) as session:
        url = f"http://[{session.lab.relay.address6}]:3478"
        code = session.invite("--door", url=url)
        eventually(lambda: len(session.lab.sharer.router.pinholes()) == 2, "the router's firewall has a hole for UDP and for TCP")
        session.join(code, url=url)
        eventual_path(session, "direct", "tcp")
        assert_picture_crosses(session)
        session.stop_in_order()


def test_udp_is_preferred_where_it_gets_through():
    require("Xvfb")
    with Assistance(Home(mapping="all"), Home()) as session:
        code = session.invite("--door")
        eventually(lambda: len(ports(session.lab.sharer.router)) == 2, "the router maps a UDP and a TCP port")
        session.join(code)
        eventual_path(session, "mapped", "udp")
        assert_picture_crosses(session)
        session.stop_in_order()


def test_a_port_that_nobody_gets_in_by_is_named_in_the_history():
    require("Xvfb")
    with Assistance(NO_UDP, NO_UDP) as session:
        session.connect(share_options=("--door",))
        eventual_path(session, "relayed", "tcp")
        assert_picture_crosses(session)
        session.stop_in_order()
        told = session.lab.helper.run([RA_CONNECT, "history", "--last"]).stdout
        assert re.search(r"192\.168\.1\.10:3389 +\S+ +(failed|frozen) .*over TCP", told), told


def test_when_the_mapping_dies_the_relay_takes_over(record_property):
    require("Xvfb")
    with Assistance(MAPPED, NO_UDP) as session:
        connect_by_the_mapped_door(session)

        def die():
            rules(session.lab.sharer.router, "forward", "tcp dport 3389 drop", "tcp sport 3389 drop")

        changes(session, die, kind="relayed", record_property=record_property)


def test_a_router_that_resets_the_connection_ends_nothing(record_property):
    require("Xvfb")
    with Assistance(MAPPED, NO_UDP) as session:
        connect_by_the_mapped_door(session)

        def reset():
            router = session.lab.helper.router
            rules(router, "forward", "tcp dport 3389 reject with tcp reset", "tcp sport 3389 reject with tcp reset")
            eventually(lambda: "ESTAB" not in session.lab.helper.run(["ss", "-Htn", "dport", "=", ":3389"]).stdout,
                       "the connection has ended")
            router.run(["nft", "delete", "table", "inet", "hotel"])

        changes(session, reset, kind="mapped", record_property=record_property)


# The port

def test_the_port_is_closed_at_the_end_and_after_a_crash_at_the_next_start():
    require("Xvfb")
    with Assistance(MAPPED) as session:
        router = session.lab.sharer.router
        session.invite("--door")
        door_is_mapped(session)
        session.sharer.signal(2)
        assert session.sharer.wait() == 0
        assert not ports(router)
        session.invite("--door", "3390")
        eventually(lambda: ports(router) >= {3390}, "the router maps 3390")
        session.sharer.kill()
        session.invite()
        eventually(lambda: ports(router) and 3390 not in ports(router), "the port of the dead program is closed", timeout=45)
        session.sharer.signal(2)
        session.sharer.wait()
        assert not ports(router)


@pytest.mark.parametrize("method", METHODS)
def test_after_a_crash_the_same_port_is_mapped_again(method):
    require("Xvfb")
    with Assistance(Home(nat="udp-blocked", mapping=method), NO_UDP) as session:
        session.invite("--door")
        door_is_mapped(session)
        session.sharer.kill()
        code = session.invite("--door")
        session.join(code)
        eventual_path(session, "mapped", "tcp")
        session.helper.send("stop")
        session.sharer.wait_for_event("ended")
        session.sharer.wait()
        assert 3389 not in ports(session.lab.sharer.router)


def test_a_port_that_is_in_use_is_another_one_or_said():
    require("Xvfb")
    with Assistance(INTERNET, INTERNET) as session, listen(session.lab.sharer, "0.0.0.0", 3389):
        asked = session.share("--door", "3389", json=False)
        assert asked.wait() == 2
        assert "Port 3389 is in use on this computer" in asked.errors and "--door 3390" in asked.errors
        for wrong in ("22", "0", "65536", "x"):
            asked = session.share("--door", wrong, json=False)
            assert asked.wait() == 2 and "443, or one from 1024" in asked.errors
        shared = session.share("--door", json=False)
        eventually(lambda: re.search(r"so the door is on port \d+\.", shared.errors), "the person reads of it")
        shared.signal(2)
        shared.wait()
        for host in (session.lab.sharer, session.lab.helper):
            rules(host, "output", "meta l4proto udp drop")
        session.connect(share_options=("--door",))
        eventual_path(session, "direct", "tcp")
        session.helper.send("stop")
        session.assert_ended(session.sharer, "finished", 0)


# Strangers

def stun(kind=1, attributes=b"", cookie=0x2112A442):
    return struct.pack("!HHI", kind, len(attributes), cookie) + os.urandom(12) + attributes


def framed(packet):
    return struct.pack("!H", len(packet)) + packet


NONSENSE = {
    "RDP": bytes.fromhex("0300002b26e00000000000436f6f6b69653a206d737473686173683d75736572310d0a0100080003000000"),
    "TLS": bytes.fromhex("16030100c8010000c40303") + os.urandom(190),
    "HTTP": b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a check with a stranger's credentials": framed(stun(attributes=struct.pack("!HH", 6, 8) + b"abcd:efg"
                                                         + struct.pack("!HH", 8, 20) + os.urandom(20)
                                                         + struct.pack("!HH", 0x8028, 4) + os.urandom(4))),
    "a check without any": framed(stun()),
    "a question to a STUN server": stun(),
    "a call that nobody expects": stun(attributes=struct.pack("!HHI", 0x8028, 4, 1)),
    "a long frame": struct.pack("!H", 60000) + bytes(5000),
}


def assert_sent_away(session, said):
    with connect(session.lab.helper, PUBLIC, 3389) as stranger:
        stranger.settimeout(10)
        try:
            stranger.sendall(said)
            stranger.shutdown(1)
            heard = stranger.recv(100)
        except OSError as error:
            # Sent away before all was said.
            assert error.errno in (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN), error
            heard = b""
        assert heard == b""


def test_strangers_are_sent_away_without_an_answer_and_keep_nobody_out():
    require("Xvfb")
    with Assistance(MAPPED, NO_UDP) as session:
        shared = session.share("--door", json=False)
        code = eventually(lambda: re.search(r"[0-9A-Z]{6}-[0-9A-Z]{6}", "\n".join(shared.lines)), "a code").group(0)
        door_is_mapped(session)
        eventually(lambda: "nobody gets in" in shared.errors, "what there is to say of the router is said")
        before = (shared.lines, shared.errors)
        for name, said in NONSENSE.items():
            assert_sent_away(session, said)
        # Who says nothing leaves a place for who is meant, and is sent away after some seconds.
        silent = [connect(session.lab.helper, PUBLIC, 3389) for _ in range(40)]
        assert (shared.lines, shared.errors) == before
        session.join(code)
        session.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)
        eventually(lambda: [event for event in session.helper.events if event["event"] in ("connected", "path")
                            and event["path"]["kind"] == "mapped"], "the helper comes in by the door")
        for quiet in silent:
            quiet.settimeout(15)
            try:
                assert quiet.recv(100) == b""
            except ConnectionResetError:
                pass
            quiet.close()
        session.helper.send("stop")
        shared.wait()
