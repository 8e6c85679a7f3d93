"""In the middle of a session by a code: two people become contacts when both say so, and not before."""

import pytest
from lab import Home
from scenarios import Assistance, require
from scenarios.people import Person
from scenarios.waiting import eventually

HOME = Home(nat="plain")


@pytest.fixture
def session():
    require("Xvfb")
    with Assistance(HOME, HOME) as session:
        yield session


def named(session, host, name):
    """Somebody who has a name at the relay, and is not there."""
    person = Person(session, host, name)
    person.listen().send("stop")
    assert person.listening.wait() == 0
    return person


def begin(sara, hugo):
    sharer = sara.start("share", "--name", "Sara")
    helper = hugo.start("join", sharer.wait_for_event("invitation")["code"], "--no-viewer", "--name", "Hugo")
    sharer.wait_for_event("connected")
    helper.wait_for_event("connected")
    sharer.wait_for_event("request")
    sharer.send("yes")
    helper.wait_for_event("granted")
    return sharer, helper


def contacts(person):
    book = person.state / "ra-connect" / "contacts.json"
    return [one["address"] for one in person.book()["contacts"]] if book.exists() else []


def test_both_say_so_and_can_ring_each_other_from_then_on(session):
    sara, hugo = named(session, session.lab.sharer, "sara"), named(session, session.lab.helper, "hugo")
    sharer, helper = begin(sara, hugo)
    helper.send("contact")
    wanted = sharer.wait_for_event("contact-wanted")
    assert wanted["address"] == hugo.address
    assert contacts(sara) == contacts(hugo) == []
    sharer.send("contact")
    added = [process.wait_for_event("contact") for process in (sharer, helper)]
    assert [event["address"] for event in added] == [hugo.address, sara.address]
    assert added[0]["fingerprint"] == wanted["fingerprint"]
    sharer.send("stop")
    assert sharer.wait() == helper.wait() == 0
    hugo.listen()
    assert sara.contacts()[1][hugo.address]["here"] is True
    ringing = sara.start("share", "--to", hugo.address, "--name", "Sara")
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
    assert call["from"] == sara.address
    hugo.listening.send(f"no {call['id']}")
    assert ringing.wait_for_event("ended")["reason"] == "declined"


def test_one_alone_makes_nobody_a_contact(session):
    sara, hugo = named(session, session.lab.sharer, "sara"), named(session, session.lab.helper, "hugo")
    sharer, helper = begin(sara, hugo)
    sharer.send("contact")
    helper.wait_for_event("contact-wanted")
    sharer.send("contact")
    helper.send("say still here")
    sharer.wait_for_event("chat")
    assert "said so already" in sharer.errors
    sharer.send("stop")
    assert sharer.wait() == helper.wait() == 0
    assert contacts(sara) == contacts(hugo) == []


def test_who_has_no_name_yet_hears_how_to_get_one(session):
    """Both accounts of the lab are called alike: the first to come has the name, the other is told."""
    sara, hugo = Person(session, session.lab.sharer, "sara"), Person(session, session.lab.helper, "hugo")
    sharer, helper = begin(sara, hugo)
    sharer.send("contact")
    helper.wait_for_event("contact-wanted")
    helper.send("contact")
    helper.send("say still here")
    sharer.wait_for_event("chat")
    eventually(lambda: "gives you another name" in helper.errors, "who cannot have the name is told what to do")
    sharer.send("stop")
    assert sharer.wait() == helper.wait() == 0
    assert contacts(sara) == contacts(hugo) == []
