"""Whoever is killed, the others end as the contract says; whoever is interrupted ends in order."""

import signal
import time

import pytest
from lab import Home, TimedOut
from scenarios import Assistance, require
from scenarios.waiting import eventually

PLAIN, SYMMETRIC = Home(), Home(nat="symmetric")
#: Seconds a dead peer may stay unnoticed: 5 of silence (DESIGN.md), and what noticing needs.
PEER_LOST = (4.5, 10.5)


def running(sharer=PLAIN, helper=PLAIN):
    require("Xvfb")
    return Assistance(sharer, helper)


def in_view(session):
    """A session in which the screen is being shown."""
    connected = session.connect()
    session.consent_to_view()
    session.helper.wait_for_event("first-frame")
    return connected


@pytest.mark.parametrize("homes", [(PLAIN, PLAIN), (SYMMETRIC, SYMMETRIC)], ids=["punched", "relayed"])
@pytest.mark.parametrize("victim", ["helper", "sharer"])
def test_a_killed_peer_is_noticed(victim, homes, record_property):
    with running(*homes) as session:
        in_view(session)
        dead, other = (session.helper, session.sharer) if victim == "helper" else (session.sharer, session.helper)
        killed = time.monotonic()
        dead.kill()
        session.assert_ended(other, "peer-lost", 1)
        took = time.monotonic() - killed
        record_property("noticed after, s", f"{took:.1f}")
        assert PEER_LOST[0] <= took <= PEER_LOST[1]


@pytest.mark.parametrize("victim", ["helper", "sharer"])
def test_a_peer_killed_before_the_first_yes_is_noticed(victim):
    with running(Home(nat="none"), Home(nat="none")) as session:
        session.connect()
        session.sharer.wait_for_event("request")
        dead, other = (session.helper, session.sharer) if victim == "helper" else (session.sharer, session.helper)
        dead.kill()
        session.assert_ended(other, "peer-lost", 1)


def test_a_punched_session_outlives_its_relay():
    with running() as session:
        at_sharer, at_helper = in_view(session)
        assert at_sharer["path"]["kind"] == at_helper["path"]["kind"] == "punched"
        session.relay.kill()
        # Silence first, longer than a lost peer would be waited for; then both directions are asked.
        with pytest.raises(TimedOut):
            session.sharer.wait_for_event("ended", timeout=8)
        one_word(session.sharer, session.helper, "down")
        one_word(session.helper, session.sharer, "up")
        assert not any(event["event"] in ("ended", "path") for event in session.sharer.events + session.helper.events)
        session.stop_in_order()


@pytest.mark.slow
def test_a_relayed_session_waits_for_its_relay_and_then_gives_up(record_property):
    with running(SYMMETRIC, SYMMETRIC) as session:
        at_sharer, at_helper = in_view(session)
        assert at_sharer["path"]["kind"] == at_helper["path"]["kind"] == "relayed"
        killed = time.monotonic()
        session.relay.kill()
        for side in (session.sharer, session.helper):
            lost = side.wait_for_event("path", timeout=12, where=lambda event: event["path"] is None)
            assert lost["reason"] == "path lost"
        noticed = time.monotonic() - killed
        record_property("path null after, s", f"{noticed:.1f}")
        assert noticed <= 10.5
        for side in (session.sharer, session.helper):
            ended = side.wait_for_event("ended", timeout=180)
            assert (ended["reason"], side.wait()) in (("relay-lost", 3), ("peer-lost", 1)), ended
        took = time.monotonic() - killed
        record_property("ended after, s", f"{took:.1f}")
        assert 145 <= took <= 175
        session.assert_nothing_left()


@pytest.mark.parametrize("who", ["sharer", "helper"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupt_ends_both_in_order_and_closes_the_routers_doors(who, number):
    mapped = Home(mapping="all")
    with running(mapped, mapped) as session:
        in_view(session)
        for host in (session.lab.sharer, session.lab.helper):
            eventually(host.router.mappings, f"{host!r} has a mapping")
        (session.sharer if who == "sharer" else session.helper).signal(number)
        session.assert_ended(session.sharer, "finished", 0)
        session.assert_ended(session.helper, "finished", 0)
        session.assert_nothing_left()


def test_an_interrupt_while_waiting_for_a_helper_closes_the_door():
    with running(Home(mapping="all")) as session:
        code = session.invite()
        eventually(session.lab.sharer.router.mappings, "there is a mapping")
        session.sharer.signal(signal.SIGINT)
        session.assert_ended(session.sharer, "finished", 0)
        session.join(code)
        session.assert_ended(session.helper, "wrong-code", 6)
        session.assert_nothing_left()


def test_the_display_goes_away():
    with running(Home(nat="none"), Home(nat="none")) as session:
        in_view(session)
        next(process for process in session.lab.sharer.processes if process.arguments[0] == "Xvfb").kill()
        session.assert_ended(session.sharer, "display-lost", 1)
        session.assert_ended(session.helper, "display-lost", 1)


def test_a_relay_killed_while_waiting_is_found_again():
    with running(Home(nat="none"), Home(nat="none")) as session:
        code = session.invite()
        session.relay.kill()
        session.relay = session.lab.relay.popen(session.relay.arguments)
        session.relay.wait_for_line("ra-relay ready")

        # The sharer's program comes back by itself, within the pauses between its tries.
        def joined():
            session.join(code)
            eventually(lambda: session.helper.exit_code is not None or any(
                event["event"] == "connected" for event in session.helper.events), "the helper knows")
            return session.helper.exit_code is None
        eventually(joined, "the invitation works again", timeout=30, every=0.5)
        session.consent_to_view()
        session.stop_in_order()


def one_word(speaker, listener, text):
    speaker.send(f"say {text}")
    listener.wait_for_event("chat", where=lambda event: event["text"] == text)
