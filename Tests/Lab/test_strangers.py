"""Strangers who ask to become contacts, and relays that a policy forbids: nobody becomes a contact, and nothing is asked, by mistake."""

import json
import signal

import pytest
from lab import Home
from scenarios import RA_RELAY, Assistance, require
from scenarios.people import assert_ends, ring, under_policy
from scenarios.waiting import eventually

HOME = Home(nat="plain")


@pytest.fixture(scope="module")
def place():
    require("Xvfb")
    with Assistance(HOME, HOME) as session:
        yield session


def test_a_yes_without_a_number_makes_no_contact_of_a_stranger(place, pair, people):
    """Whose request waits while a contact rings."""
    sara, hugo = pair
    mallory = people(place.lab.sharer, "mallory")
    asking = mallory.start("contacts", "add", hugo.address, "--name", mallory.name)
    request = hugo.listening.wait_for_event("call", where=lambda event: event["from"] == mallory.address)
    hugo.listening.send("yes")
    eventually(lambda: f"write “yes {request['id']}”" in hugo.listening.errors, "a stranger is answered with the number")
    sharer = ring(sara, hugo)
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
    hugo.listening.send("yes")
    eventually(lambda: f"the number: {request['id']}, {call['id']}." in hugo.listening.errors, "it is said whom there is to choose from")
    assert [contact["address"] for contact in hugo.book()["contacts"]] == [sara.address]
    hugo.listening.send(f"yes {call['id']}")
    sharer.wait_for_event("connected", timeout=20)
    sharer.send("stop")
    assert_ends(sharer, "finished", 0)
    asking.signal(signal.SIGINT)
    assert asking.wait() == 0


def test_a_contacts_name_in_a_strangers_request_raises_no_alarm(place, pair, people):
    """As long as the relay knows the name by the key that it had: whoever asks has made it up."""
    sara, hugo = pair
    liar, ann = people(place.lab.sharer, "liar"), people(place.lab.sharer, "ann")
    liar.run("contacts", "list")
    (liar.state / "ra-connect" / "contacts.json").write_text(json.dumps({"version": 1, "own": sara.address, "contacts": []}))
    asking = liar.start("contacts", "add", hugo.address)
    asking.wait_for_event("calling")
    ann.befriend(hugo)
    assert [event["from"] for event in hugo.listening.events if event["event"] == "call"] == [sara.address, ann.address]
    assert "ATTENTION" not in hugo.listening.errors
    asking.signal(signal.SIGINT)
    assert asking.wait() == 0


def test_a_key_that_is_known_is_not_added_by_another_address(pair):
    sara, hugo = pair
    # As if Hugo had been written down by another name.
    other = hugo.address.replace("hugo", "otto", 1)

    def rename(book):
        book["contacts"][0]["address"] = other
    sara.rewrite_book(rename)
    ended = assert_ends(sara.start("contacts", "add", hugo.address), "error", 1)
    assert "the same person" in ended["detail"] and f"ra-connect contacts remove {other}" in ended["detail"]
    # Who has a name is told that another one is not given on the way.
    assert "already" in sara.run("contacts", "add", hugo.address, "--name", "somebody.else", code=2).errors


def test_no_relay_is_asked_that_the_policy_forbids(pair, etc):
    sara, hugo = pair
    sara.prefix = [str(word) for word in under_policy(etc, 'relays = ["https://relay.example.org"]\n')]
    for command in (("share", "--to", hugo.address), ("contacts", "add", hugo.address)):
        assert "(relays)" in assert_ends(sara.start(*command), "policy", 5)["detail"]
    assert sara.contacts()[1][hugo.address]["here"] is None
    assert not [event for event in hugo.listening.events if event["event"] == "call" and event["kind"] == "ring"]


def test_a_yes_to_who_was_blocked_meanwhile_joins_nothing(pair):
    sara, hugo = pair
    sharer = ring(sara, hugo)
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
    hugo.run("contacts", "block", sara.address)
    hugo.listening.send(f"yes {call['id']}")
    assert_ends(sharer, "timeout", 4)
    eventually(lambda: "Nothing was begun" in hugo.listening.errors or "Nobody calls" in hugo.listening.errors, "it is said")
    assert "accepted" not in [event["answer"] for event in sharer.events if event["event"] == "answer"]


@pytest.fixture
def elsewhere(place):
    """Another relay, of other people."""
    relay = place.lab.relay.popen(
        [RA_RELAY, "serve", "--port", "4478", "--also-listen", "", "--state", place.lab.relay.directory / "elsewhere"])
    relay.url = relay.wait_for_line("ra-relay ready").split()[-1]
    yield relay
    if relay.exit_code is None:
        relay.stop()


def test_a_code_brings_nobody_whose_relay_the_policy_forbids(place, people, etc, elsewhere):
    """The code is good at a relay that is allowed; the name that comes by it is at another."""
    hugo = people(place.lab.helper, "hugo", url=elsewhere.url)
    hugo.listen().send("stop")
    assert hugo.listening.wait() == 0
    sara = people(place.lab.sharer, "sara", prefix=under_policy(etc, f'relays = ["{place.url}"]\n'))
    maker = sara.start("contacts", "add", "--name", sara.name)
    code = maker.wait_for_event("contact-code")["code"]
    taker = hugo.start("contacts", "add", code, "--relay", place.url)
    ended = assert_ends(maker, "policy", 5)
    assert f"does not allow the relay {elsewhere.url}" in ended["detail"] and "Nothing was written down." in ended["detail"]
    assert sara.book()["contacts"] == []
    if taker.exit_code is None:
        taker.signal(signal.SIGINT)
    taker.wait()


def test_a_contact_whose_relay_is_away_keeps_nobody_else_from_being_rung(place, pair, people, elsewhere):
    sara, hugo = pair
    ann = people(place.lab.helper, "ann", url=elsewhere.url)
    ann.listen()
    sara.befriend(ann)
    elsewhere.kill()
    sharer = ring(sara, ann, hugo)
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring", timeout=40)
    hugo.listening.send(f"no {call['id']}")
    assert_ends(sharer, "declined", 4, timeout=40)
    answers = {(event["from"], event["answer"]) for event in sharer.events if event["event"] == "answer"}
    assert {(ann.address, "unavailable"), (hugo.address, "declined")} <= answers
