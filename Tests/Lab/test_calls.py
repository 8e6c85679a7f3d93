"""Contacts: who is there is rung, offered help and helped without a code, through real NATs; who may not, learns nothing."""

import json
import signal

import pytest
from lab import Home
from scenarios import RA_CONNECT, Assistance, Terminal, require
from scenarios.codes import with_other_secret
from scenarios.notifier import Notifier
from scenarios.people import assert_ends, ring, under_policy
from scenarios.waiting import eventually

HOME = Home(nat="plain")


@pytest.fixture(scope="module")
def place():
    require("Xvfb")
    with Assistance(HOME, HOME) as session:
        yield session


def test_a_contact_is_rung_and_helps_without_a_code(pair):
    sara, hugo = pair
    own, known = sara.contacts()
    assert own["own"] and own["address"] == sara.address
    assert known[hugo.address]["here"] is True
    sharer = ring(sara, hugo, options=("--message", "The <b>printer</b>\nis on fire"))
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
    assert call["from"] == sara.address and call["fingerprint"] == own["fingerprint"]
    assert call["message"] == "The <b>printer</b>\nis on fire" and call["ceiling"] == "control"
    sharer.wait_for_event("answer", where=lambda event: event["answer"] == "ringing")
    hugo.listening.send(f"yes {call['id']}")
    sharer.wait_for_event("answer", where=lambda event: event["answer"] == "accepted")
    sharer.wait_for_event("connected", timeout=20)
    helper = sharer.wait_for_event("helper")
    assert (helper["verified"], helper["fingerprint"]) == ("contact", known[hugo.address]["fingerprint"])
    request = sharer.wait_for_event("request")
    assert request["kind"] == "view" and request["detail"]["verified"] == "contact" and request["detail"]["warning"] is None
    sharer.send("yes")
    hugo.listening.wait_for_event("granted", where=lambda event: event["kind"] == "view")
    sharer.send("stop")
    assert_ends(sharer, "finished", 0)
    assert not [event for event in sharer.events if event["event"] == "invitation"]
    # The person is there for the next one.
    hugo.listening.wait_for_event("ended")
    again = ring(sara, hugo)
    second = hugo.listening.wait_for_event("call", where=lambda event: event["id"] > call["id"])
    hugo.listening.send(f"no {second['id']}")
    assert_ends(again, "declined", 4)


def test_of_two_helpers_the_first_to_say_yes_gets_it(place, people):
    sara = people(place.lab.sharer, "sara")
    hugo, ann = people(place.lab.helper, "hugo"), people(place.lab.helper, "ann")
    for helper in (hugo, ann):
        helper.listen()
        sara.befriend(helper)
    sharer = ring(sara, hugo, ann)
    calls = [helper.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring") for helper in (hugo, ann)]
    ann.listening.send(f"yes {calls[1]['id']}")
    sharer.wait_for_event("connected", timeout=20)
    over = hugo.listening.wait_for_event("call-ended", where=lambda event: event["from"] == sara.address and event["why"] == "taken")
    hugo.listening.send(f"yes {over['id']}")
    eventually(lambda: "Nobody calls." in hugo.listening.errors, "there is nothing to say yes to")
    assert sharer.wait_for_event("helper")["fingerprint"] == sara.contacts()[1][ann.address]["fingerprint"]
    sharer.send("stop")
    assert_ends(sharer, "finished", 0)


def test_absent_blocked_and_unknown_look_the_same(place, pair, people):
    """To whoever rings, and to whoever asks who is there."""
    sara, hugo = pair
    told = {}

    def ringing():
        sharer = ring(sara, hugo)
        ended = assert_ends(sharer, "timeout", 4)
        heard = [(event["event"], event.get("answer")) for event in sharer.events if event["event"] in ("calling", "answer")]
        return ended["detail"], heard, sara.contacts()[1][hugo.address]["here"]

    hugo.run("contacts", "block", sara.address)
    eventually(lambda: sara.contacts()[1][hugo.address]["here"] is False, "who is blocked sees nobody")
    told["blocked"] = ringing()
    assert not [event for event in hugo.listening.events if event["event"] == "call" and event["kind"] == "ring"]
    hugo.run("contacts", "unblock", sara.address)
    eventually(lambda: sara.contacts()[1][hugo.address]["here"] is True, "who is let in again sees somebody")
    hugo.run("contacts", "remove", sara.address)
    eventually(lambda: sara.contacts()[1][hugo.address]["here"] is False, "a stranger sees nobody")
    told["stranger"] = ringing()
    hugo.listening.send("stop")
    assert hugo.listening.wait() == 0
    told["absent"] = ringing()
    assert told["blocked"] == told["stranger"] == told["absent"]
    stranger = sara.run("share", "--to", "nobody@" + sara.url, code=1)
    assert "is none of your contacts" in stranger.errors


def test_a_blocked_stranger_can_ask_as_long_as_they_like(place, people):
    hugo, pest = people(place.lab.helper, "hugo"), people(place.lab.sharer, "pest")
    hugo.listen()
    pest.listen()
    hugo.run("contacts", "block", pest.address)
    asking = pest.start("contacts", "add", hugo.address)
    asking.wait_for_event("calling")
    # Whoever is not blocked comes through at the same time.
    sara = people(place.lab.sharer, "sara")
    sara.befriend(hugo)
    assert [event["from"] for event in hugo.listening.events if event["event"] == "call"] == [sara.address]
    asking.signal(signal.SIGINT)
    assert asking.wait() == 0


def test_a_changed_key_is_said_loudly_and_nothing_is_sent(pair):
    sara, hugo = pair
    fingerprint = sara.contacts()[1][hugo.address]["fingerprint"]
    # As if Hugo's name belonged to somebody else now: what Sara has written down is another key.
    other = sara.contacts()[0]

    def forge(book):
        book["contacts"][0]["key"] = "1" * 42 + "A"
    sara.rewrite_book(forge)
    assert other["own"]
    sharer = ring(sara, hugo)
    ended = assert_ends(sharer, "error", 1)
    assert "ATTENTION" in ended["detail"] and fingerprint in ended["detail"]
    assert f"ra-connect contacts remove {hugo.address}" in ended["detail"]
    offer = sara.start("offer", hugo.address)
    assert "ATTENTION" in assert_ends(offer, "error", 1)["detail"]
    assert not [event for event in hugo.listening.events if event["event"] == "call" and event["kind"] != "request"]
    assert "ATTENTION" in assert_ends(sara.start("contacts", "add", hugo.address), "error", 1)["detail"]
    # What it says to do helps.
    sara.run("contacts", "remove", hugo.address)
    sara.befriend(hugo)
    assert sara.contacts()[1][hugo.address]["here"] is True


def test_an_offer_that_policy_allows_leads_to_a_session(place, people, etc):
    sara = people(place.lab.sharer, "sara", prefix=under_policy(etc, 'may-be-offered = true\nceiling = "view"\n'),
                  env={"DISPLAY": place.lab.sharer.display})
    hugo = people(place.lab.helper, "hugo")
    sara.listen()
    hugo.befriend(sara)
    offer = hugo.start("offer", sara.address, "--message", "Shall I look at the printer?", "--no-viewer", "--name", "Hugo")
    call = sara.listening.wait_for_event("call", where=lambda event: event["kind"] == "offer")
    assert (call["from"], call["ceiling"], call["message"]) == (hugo.address, "view", "Shall I look at the printer?")
    offer.wait_for_event("answer", where=lambda event: event["answer"] == "ringing")
    sara.listening.send(f"yes {call['id']}")
    offer.wait_for_event("connected", timeout=20)
    request = sara.listening.wait_for_event("request")
    assert request["kind"] == "view" and request["detail"]["verified"] == "contact"
    sara.listening.send("yes")
    offer.wait_for_event("granted", where=lambda event: event["kind"] == "view")
    offer.send("request control")
    offer.wait_for_event("denied", where=lambda event: event["kind"] == "control" and event["by"] == "policy")
    offer.send("stop")
    assert_ends(offer, "finished", 0)
    sara.listening.wait_for_event("ended")
    assert sara.listening.exit_code is None

    again = hugo.start("offer", sara.address, "--no-viewer")
    second = sara.listening.wait_for_event("call", where=lambda event: event["kind"] == "offer" and event["id"] > call["id"])
    sara.listening.send(f"no {second['id']}")
    assert_ends(again, "declined", 4)


@pytest.mark.parametrize("why", ["unconfigured", "forbidden", "another", "person", "absent"])
def test_an_offer_that_may_not_be_is_not_available(place, people, etc, why):
    policy = {"forbidden": "may-be-offered = false\n", "unconfigured": "", "person": "may-be-offered = true\n", "absent": "may-be-offered = true\n",
              "another": 'may-be-offered = true\nhelpers = [{ contact = "otto@relay.example.org", may = "view" }]\n'}[why]
    sara = people(place.lab.sharer, "sara", prefix=under_policy(etc, policy))
    hugo = people(place.lab.helper, "hugo")
    sara.listen()
    hugo.befriend(sara)
    if why == "person":
        sara.run("contacts", "offers", hugo.address, "none")
    if why == "absent":
        sara.listening.stop()
    offer = hugo.start("offer", sara.address, "--no-viewer")
    ended = assert_ends(offer, "timeout", 4)
    assert ended["detail"] == f"{sara.address} is not available."
    assert [event["answer"] for event in offer.events if event["event"] == "answer"] == ["unavailable"]
    assert not [event for event in sara.listening.events if event["event"] == "call" and event["kind"] == "offer"]


def test_whoever_listens_is_back_after_a_restart_of_the_relay(place, pair):
    sara, hugo = pair
    place.relay.kill()
    hugo.listening.wait_for_event("away")
    seen = len(hugo.listening.lines)
    place.restart_relay()
    hugo.listening.wait_for_event("present", after=seen, timeout=15)
    sharer = ring(sara, hugo)
    hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
    sharer.send("stop")
    assert_ends(sharer, "finished", 0)
    hugo.listening.wait_for_event("call-ended", where=lambda event: event["why"] == "hung-up")


def test_another_listen_of_the_same_person_takes_over(pair):
    _, hugo = pair
    first = hugo.listening
    second = hugo.listen()
    ended = assert_ends(first, "finished", 0)
    assert "Another" in ended["detail"]
    assert second.exit_code is None


def test_a_name_is_given_once(place, people):
    hugo, thief = people(place.lab.helper, "hugo"), people(place.lab.sharer, "thief")
    hugo.listen()
    taken = thief.start("listen", "--name", hugo.name)
    assert "somebody else's name" in assert_ends(taken, "error", 1)["detail"]


@pytest.mark.parametrize("button", ["accept", "decline", "away"])
def test_the_desktop_asks_as_well(place, people, button):
    require("dbus-daemon")
    notifier = Notifier(place.lab.helper) if not getattr(place, "notifier", None) else place.notifier
    place.notifier = notifier
    sara = people(place.lab.sharer, "sara")
    hugo = people(place.lab.helper, "hugo", env=notifier.env)
    hugo.listen()
    sara.befriend(hugo)
    before = notifier.count
    sharer = ring(sara, hugo, options=("--message", "<b>Help</b> & me"))
    shown = notifier.wait_for("shown", "asks for your help", after=before)
    question, fingerprint, message = shown["text"].split("\n")
    assert question.startswith("They ask you to see their screen") and shown["title"] == f"{sara.address} asks for your help"
    assert fingerprint == f"Fingerprint: {sara.contacts()[0]['fingerprint']}" and message == "They write: “‹b›Help‹/b› + me”"
    assert shown["actions"] == ["accept", "Accept", "decline", "Decline"] and shown["expires"] == 0
    notifier.press(button, shown["shown"])
    if button == "accept":
        sharer.wait_for_event("connected", timeout=20)
        sharer.send("stop")
        assert_ends(sharer, "finished", 0)
    elif button == "decline":
        assert_ends(sharer, "declined", 4)
    else:
        # Whoever puts it away has not answered: the terminal still asks, and who rings may give up.
        sharer.send("stop")
        assert_ends(sharer, "finished", 0)
        hugo.listening.wait_for_event("call-ended", where=lambda event: event["why"] == "hung-up")
        return
    assert notifier.wait_for("closed", after=before)["closed"] == shown["shown"]


def test_a_call_that_is_over_is_taken_from_the_desktop(place, people):
    require("dbus-daemon")
    notifier = Notifier(place.lab.helper) if not getattr(place, "notifier", None) else place.notifier
    place.notifier = notifier
    sara = people(place.lab.sharer, "sara")
    hugo = people(place.lab.helper, "hugo", env=notifier.env)
    hugo.listen()
    sara.befriend(hugo)
    before = notifier.count
    sharer = ring(sara, hugo)
    shown = notifier.wait_for("shown", "asks for your help", after=before)
    sharer.signal(signal.SIGINT)
    assert sharer.wait() == 0
    assert notifier.wait_for("closed", after=before)["closed"] == shown["shown"]


def test_the_guided_start_rings_a_contact(pair):
    sara, hugo = pair
    terminal = Terminal(sara.host, [RA_CONNECT], env=sara.env)
    terminal.answer("What would you like to do?", "ring")
    terminal.answer("Whom do you ring?", hugo.name)
    assert terminal.read("The same, typed in one line:") and f"ra-connect share --to {hugo.address}" in terminal.read("\n\n")
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
    terminal.read(f"It rings at {hugo.address}.")
    hugo.listening.send(f"no {call['id']}")
    terminal.read(f"{hugo.address} has said no.")
    assert terminal.wait() == 4
    assert "Tell your helper this code" not in terminal.text


def test_a_person_at_a_terminal_is_asked_for_a_name_and_reads_who_rings(place, people):
    hugo, sara = people(place.lab.helper, "hugo"), people(place.lab.sharer, "sara")
    listening = Terminal(hugo.host, [RA_CONNECT, "listen", "--no-viewer"], env=hugo.env)
    listening.answer("By which name shall others ring you", "not a name!")
    listening.read("cannot be a name")
    listening.answer("By which name shall others ring you", hugo.name)
    listening.read(f"You can be rung now, as {hugo.address}.")
    asking = sara.start("contacts", "add", hugo.address, "--name", sara.name, "--message", "It is me")
    listening.read(f"{sara.address} wants to become a contact of yours, and is NOT one yet. They write: “It is me”")
    # It is their request that is meant, or none.
    listening.type("yes")
    listening.read("write “yes 1” or “no 1”")
    listening.type("yes 1")
    listening.read(f"{sara.address} is one of your contacts now.")
    assert asking.wait() == 0
    sharer = ring(sara, hugo)
    listening.read(f"{sara.address}, one of your contacts, asks for your help.")
    listening.type("yes 2")
    sharer.wait_for_event("connected", timeout=20)
    listening.read(f"{sara.address}, one of your contacts, is at the other side.")
    listening.type("stop")
    assert_ends(sharer, "finished", 0)
    listening.read(f"You can be rung again, as {hugo.address}.")
    listening.press("\x03")
    assert listening.wait() == 0


def test_two_become_contacts_by_a_code_that_is_read_aloud(place, people):
    sara, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "hugo")
    maker = sara.start("contacts", "add", "--name", sara.name)
    code = maker.wait_for_event("contact-code")["code"]
    wrong = hugo.start("contacts", "add", with_other_secret(code, 0), "--name", hugo.name)
    assert_ends(wrong, "wrong-code", 6)
    taker = hugo.start("contacts", "add", code.lower().replace("-", " "))
    theirs, ours = taker.wait_for_event("contact"), maker.wait_for_event("contact")
    assert (theirs["address"], ours["address"]) == (sara.address, hugo.address)
    assert_ends(taker, "finished", 0)
    assert_ends(maker, "finished", 0)
    assert sara.contacts()[0]["fingerprint"] == theirs["fingerprint"] and hugo.contacts()[0]["fingerprint"] == ours["fingerprint"]
    hugo.listen()
    assert sara.contacts()[1][hugo.address]["here"] is True
    # It was good once.
    assert_ends(hugo.start("contacts", "add", code), "wrong-code", 6)


def test_an_address_of_somebody_elses_is_not_written_down(place, people):
    """Whoever gives a name with the code that is not theirs."""
    sara, liar, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "liar"), people(place.lab.helper, "hugo")
    hugo.listen()
    liar.run("contacts", "list")
    (liar.state / "ra-connect" / "contacts.json").write_text(json.dumps({"version": 1, "own": hugo.address, "contacts": []}))
    maker = sara.start("contacts", "add", "--name", sara.name)
    liar.start("contacts", "add", maker.wait_for_event("contact-code")["code"])
    assert "is somebody else" in assert_ends(maker, "error", 1)["detail"]
    assert sara.book()["contacts"] == []


def test_the_book_is_ones_own(pair):
    sara, _ = pair
    for name in ("identity.json", "contacts.json"):
        file = sara.state / "ra-connect" / name
        assert file.stat().st_mode & 0o777 == 0o600
    seed = json.loads((sara.state / "ra-connect" / "identity.json").read_text())["seed"]
    for host in sara.session.lab.sharer, sara.session.lab.helper, sara.session.lab.relay:
        for log in [*host.directory.rglob("*.err"), *host.directory.rglob("*.out")]:
            assert seed not in log.read_text(errors="replace")
