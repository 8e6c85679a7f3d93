"""An answer is for one question: what was meant for a call is no consent in a session, and a click counts once."""

import signal
import time

import pytest
from lab import Home
from scenarios import Assistance, require
from scenarios.notifier import Notifier
from scenarios.people import assert_ends, ring, under_policy
from scenarios.waiting import eventually

HOME = Home(nat="plain")
#: Seconds after which a yes is for what is asked: the program's own, and a margin.
SETTLED = 3.2


@pytest.fixture(scope="module")
def place():
    require("Xvfb", "dbus-daemon")
    with Assistance(HOME, HOME) as session:
        session.notifiers = {}
        yield session


def desktop_of(place, host, **more):
    """The one desktop of that computer, for all tests."""
    if host.label not in place.notifiers:
        place.notifiers[host.label] = Notifier(host, **more)
    return place.notifiers[host.label]


def offered(place, people, etc):
    """Sara, who is there and whom Hugo may offer to help, with her desktop."""
    notifier = desktop_of(place, place.lab.sharer)
    sara = people(place.lab.sharer, "sara", prefix=under_policy(etc, "may-be-offered = true\n"),
                  env={"DISPLAY": place.lab.sharer.display, **notifier.env})
    hugo = people(place.lab.helper, "hugo")
    sara.listen()
    hugo.befriend(sara)
    return sara, hugo, notifier


def test_a_call_that_was_accepted_with_a_click_is_not_consented_to_with_a_yes(place, people, etc):
    sara, hugo, notifier = offered(place, people, etc)
    before = notifier.count
    offer = hugo.start("offer", sara.address, "--no-viewer", "--name", "Hugo")
    call = sara.listening.wait_for_event("call", where=lambda event: event["kind"] == "offer")
    shown = notifier.wait_for("shown", "offers to help you", after=before)
    # Twice, and typed as well: by somebody who waits for something to happen.
    notifier.press("accept", shown["shown"])
    notifier.press("accept", shown["shown"])
    request = sara.listening.wait_for_event("request", timeout=20)
    for answer in ("yes", f"yes {call['id']}", "yes 1"):
        sara.listening.send(answer)
    eventually(lambda: sara.listening.errors.count("may have been meant for a call") == 3, "each is in doubt")
    assert not [event for event in sara.listening.events if event["event"] == "granted"]
    time.sleep(SETTLED)
    sara.listening.send("yes")
    granted = sara.listening.wait_for_event("granted")
    assert (granted["kind"], granted["by"]) == ("view", "sharer") and request["kind"] == "view"
    assert len([event for event in sara.listening.events if event["event"] == "connected"]) == 1
    # A click on what the session asks is for that alone, and counts at once.
    asked = notifier.count
    offer.send("request control")
    question = notifier.wait_for("shown", hugo.address, after=asked)
    notifier.press("decline", question["shown"])
    offer.wait_for_event("denied", where=lambda event: event["kind"] == "control")
    offer.send("stop")
    assert_ends(offer, "finished", 0)
    # Clicks that come after everything is over are for nothing.
    sara.listening.wait_for_event("ended")
    for number in (shown["shown"], question["shown"]):
        notifier.press("accept", number)
    again = hugo.start("offer", sara.address, "--no-viewer")
    second = sara.listening.wait_for_event("call", where=lambda event: event["kind"] == "offer" and event["id"] > call["id"])
    # No number is a session's and a later call's.
    assert second["id"] > request["id"] + 1
    sara.listening.send(f"no {second['id']}")
    assert_ends(again, "declined", 4)


def test_a_typed_yes_and_a_click_for_the_same_call_join_once(place, people):
    notifier = desktop_of(place, place.lab.helper)
    sara, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "hugo", env=notifier.env)
    hugo.listen()
    sara.befriend(hugo)
    before = notifier.count
    sharer = ring(sara, hugo)
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
    shown = notifier.wait_for("shown", "asks for your help", after=before)
    hugo.listening.send(f"yes {call['id']}")
    notifier.press("accept", shown["shown"])
    notifier.press("decline", shown["shown"])
    sharer.wait_for_event("connected", timeout=20)
    assert len([event for event in sharer.events if event["event"] == "helper"]) == 1
    ends = [event["why"] for event in hugo.listening.events if event["event"] == "call-ended" and event["id"] == call["id"]]
    assert ends == ["accepted"]
    sharer.send("stop")
    assert_ends(sharer, "finished", 0)
    hugo.listening.wait_for_event("ended")
    assert hugo.listening.exit_code is None


def test_a_desktop_that_comes_late_or_again_is_asked_with_the_next_call(place, people):
    notifier = Notifier(place.lab.helper, starts=False) if place.lab.helper.label not in place.notifiers else place.notifiers[place.lab.helper.label]
    if place.lab.helper.label in place.notifiers:
        notifier.stop()
    place.notifiers[place.lab.helper.label] = notifier
    sara, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "hugo", env=notifier.env)
    # There is no bus when they begin.
    hugo.listen()
    sara.befriend(hugo)

    def declined_on_the_desktop():
        before = notifier.count
        sharer = ring(sara, hugo)
        shown = notifier.wait_for("shown", "asks for your help", after=before)
        notifier.press("decline", shown["shown"])
        assert_ends(sharer, "declined", 4)

    notifier.start()
    declined_on_the_desktop()
    notifier.stop()
    # Nobody shows it; the terminal asks.
    sharer = ring(sara, hugo)
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring" and event["id"] > 2)
    hugo.listening.send(f"no {call['id']}")
    assert_ends(sharer, "declined", 4)
    notifier.start()
    declined_on_the_desktop()


def test_a_desktop_that_has_begun_anew_gives_no_answer_to_an_earlier_call(place, people):
    """It counts from one again, and is asked for what still waits: a click is for what it shows."""
    notifier = desktop_of(place, place.lab.helper)
    sara, ann = people(place.lab.sharer, "sara"), people(place.lab.sharer, "ann")
    hugo = people(place.lab.helper, "hugo", env=notifier.env)
    hugo.listen()
    for one in (sara, ann):
        one.befriend(hugo)
    notifier.stop_desktop()
    notifier.start_desktop()
    first = ring(sara, hugo)
    assert notifier.wait_for("shown", sara.address)["shown"] == 1
    second = ring(ann, hugo)
    assert notifier.wait_for("shown", ann.address)["shown"] == 2
    notifier.stop_desktop()
    notifier.start_desktop()
    # Nothing was asked anew: the new desktop shows both.
    shown = {one.address: notifier.wait_for("shown", one.address)["shown"] for one in (sara, ann)}
    assert sorted(shown.values()) == [1, 2]
    notifier.press("decline", shown[ann.address])
    assert_ends(second, "declined", 4)
    assert first.exit_code is None
    first.signal(signal.SIGINT)
    assert first.wait() == 0


def test_a_click_counts_from_the_desktop_alone_that_shows_the_question(place, people):
    """Everybody on the bus can say that a button was pressed, or that a notification was put away."""
    require("dbus-send")
    notifier = desktop_of(place, place.lab.helper)
    sara, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "hugo", env=notifier.env)
    hugo.listen()
    sara.befriend(hugo)
    before = notifier.count
    sharer = ring(sara, hugo)
    number = notifier.wait_for("shown", sara.address, after=before)["shown"]
    for signal_, argument in (("ActionInvoked", "string:accept"), ("NotificationClosed", "uint32:2")):
        send = ["dbus-send", f"--bus={notifier.env['DBUS_SESSION_BUS_ADDRESS']}", "--type=signal", "/org/freedesktop/Notifications",
                f"org.freedesktop.Notifications.{signal_}", f"uint32:{number}", argument]
        place.lab.helper.run(send)
    # The bus keeps the order: had the first counted there would be a session, and had the second, nobody would hear this.
    notifier.press("decline", number)
    assert_ends(sharer, "declined", 4)


def test_a_call_that_waits_is_shown_by_a_bus_that_comes_back(place, people):
    notifier = desktop_of(place, place.lab.helper)
    sara, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "hugo", env=notifier.env)
    hugo.listen()
    sara.befriend(hugo)
    before = notifier.count
    sharer = ring(sara, hugo)
    notifier.wait_for("shown", sara.address, after=before)
    notifier.stop()
    notifier.start()
    notifier.press("decline", notifier.wait_for("shown", sara.address)["shown"])
    assert_ends(sharer, "declined", 4)
