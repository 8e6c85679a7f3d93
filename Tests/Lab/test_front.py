"""What stands in front of a fleet, as docs/fleet.md recommends it: one name with the addresses of all nodes, or one address at all of them."""

import time

import pytest
from lab import Home
from scenarios import require
from scenarios.front import Anycast, Front
from scenarios.people import Person, ring
from scenarios.waiting import eventually

SYMMETRIC = Home(nat="symmetric")
#: Seconds that a dead address of the name may cost a new client. What it is to cost is half a second; a busy machine has more.
SOON = 10
#: Seconds until whoever is connected to an address that has moved has come again: the kernel asks after 3 s of silence (TCPKeepalive.waiting),
#: meets a host that does not know of the connection and says so; up to 2 s are waited then. A busy machine has three times the time, and
#: the word that a WebSocket is asked for every 20 s would be too late.
MOVED_WITHIN = 3 * 6


def front(kind=Front, **options):
    require("Xvfb", "curl", "psql", "dnsmasq", "openssl")
    return kind(SYMMETRIC, SYMMETRIC, **options)


def assert_people_meet(session):
    """Over TURN, by the names of the relay's description, so that everything a session needs is looked up."""
    assert session.connect()[1]["path"]["kind"] == "relayed"
    session.consent_to_view()
    session.helper.wait_for_event("first-frame")
    session.stop_in_order()


def test_by_the_name_of_the_fleet_people_meet_are_there_and_ring():
    with front() as session:
        assert_people_meet(session)
        sara, hugo = Person(session, session.lab.sharer, "sara"), Person(session, session.lab.helper, "hugo")
        assert hugo.address == "hugo@relay.example.org:5349"
        hugo.listen()
        sara.befriend(hugo)
        sharer = ring(sara, hugo)
        call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
        hugo.listening.send(f"yes {call['id']}")
        sharer.wait_for_event("connected", timeout=15)
        sharer.send("stop")
        sharer.wait_for_event("ended")
        hugo.listening.stop()
        # It was the system's resolver that was asked: for the fleet's name, and for that of the node with the TURN server.
        asked = session.nameserver.process.lines
        for name in ("relay.example.org", session.nodes[0].name):
            assert any(f"query[A] {name} " in line for line in asked), name


@pytest.mark.parametrize("end", ["killed", "vanished"])
def test_a_dead_address_of_the_name_costs_a_new_client_a_moment(end, record_property):
    with front() as session:
        first, *others = session.nodes
        first.kill() if end == "killed" else first.vanish()
        began = time.monotonic()
        # Its address is told first. The others do not know yet that it is dead: nobody is sent anywhere by a new invitation.
        sharer = session.share()
        code = sharer.wait_for_event("invitation", timeout=30)["code"]
        invited = time.monotonic() - began
        began = time.monotonic()
        session.join(code)
        assert session.helper.wait_for_event("connected", timeout=30)["path"]["kind"] == "relayed"
        met = time.monotonic() - began
        session.consent_to_view()
        session.stop_in_order()
        session.wait_until_all_know({node.url for node in others}, nodes=others)
        began = time.monotonic()
        hugo = Person(session, session.lab.helper, "hugo")
        hugo.listen()
        present = time.monotonic() - began
        record_property("seconds to an invitation, to a relayed session, to being there", f"{invited:.2f}, {met:.2f}, {present:.2f}")
        assert max(invited, met, present) < SOON
        hugo.listening.stop()


def test_a_silent_address_of_the_nodes_own_names_costs_turn_and_who_is_sent_elsewhere_a_moment(record_property):
    """As where a node has an IPv6 address by its name, and none that works."""
    with front(silent=True) as session:
        code = session.invite()
        home = {node.url: node for node in session.nodes}[session.home_of(code)]
        other = next(node for node in session.nodes if node is not home)
        began = time.monotonic()
        # By another node's own name, which sends the helper to the home's; TURN is at the same names.
        session.join(code, url=other.url)
        assert session.helper.wait_for_event("connected", timeout=30)["path"]["kind"] == "relayed"
        took = time.monotonic() - began
        record_property("seconds to a relayed session", f"{took:.2f}")
        assert took < SOON
        session.consent_to_view()
        session.stop_in_order()


@pytest.mark.parametrize("first_is", ["there still", "gone"])
def test_an_address_that_moves_takes_those_who_wait_along(first_is, record_property):
    with front(Anycast) as session:
        first, second, third = session.nodes
        code = session.invite()
        assert session.home_of(code) == first.url
        hugo, sara = Person(session, session.lab.helper, "hugo"), Person(session, session.lab.sharer, "sara")
        hugo.listen()
        sara.befriend(hugo)
        began = time.monotonic()
        if first_is == "gone":
            first.vanish()
        session.announce(second)
        # The sharer's connection was to the common address.
        home = eventually(lambda: session.home_of(code) if session.home_of(code) != first.url else None, "the invitation waits elsewhere",
                          timeout=2 * MOVED_WITHIN)
        waits = time.monotonic() - began
        assert home in (second.url, third.url)
        # Hugo's may be to his home's own, which has not moved; at the end he is there in either case.
        eventually(lambda: sara.contacts()[1][hugo.address]["here"], "hugo is there", timeout=2 * MOVED_WITHIN)
        present = time.monotonic() - began
        record_property("seconds until the sharer waits elsewhere, and hugo is there", f"{waits:.1f}, {present:.1f}")
        assert max(waits, present) < MOVED_WITHIN
        hugo.listening.stop()
        session.join(code)
        session.helper.wait_for_event("connected", timeout=15)
        session.consent_to_view()
        session.stop_in_order()


def test_a_relayed_session_does_not_notice_that_the_common_address_moves():
    with front(Anycast) as session:
        assert session.connect()[1]["path"]["kind"] == "relayed"
        session.consent_to_view()
        session.announce(session.nodes[1])
        until = time.monotonic() + 30  # both have asked for a word over the rendezvous by then
        number = 0
        while time.monotonic() < until:
            number += 1
            session.helper.send(f"say line {number}")
            session.sharer.wait_for_event("chat", where=lambda event: event["text"] == f"line {number}")
            time.sleep(1)
        assert not [event for event in session.helper.events if event["event"] == "path"]
        session.stop_in_order()
