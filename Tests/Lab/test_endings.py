"""Every way a session does not come about ends in a sentence a person understands and the right exit code."""

import re

import pytest
from lab import Home, TimedOut
from scenarios import RA_CONNECT, Assistance, require
from scenarios.codes import check_symbol, mistyped, with_other_secret

OPEN = Home(nat="none")
NOWHERE = "http://11.22.33.99:3478"  # an address of the lab that nobody has
CLOSED = "http://11.22.33.10:9"  # the relay's host, where only the URL's own port is wrong


@pytest.fixture(scope="module")
def place():
    """A relay for all tests of this file; each brings its own sharer and helper."""
    require("Xvfb")
    with Assistance(OPEN, OPEN) as session:
        yield session
        session.assert_nothing_left()


@pytest.fixture(autouse=True)
def ended(place):
    yield
    place.end_programs()


def test_three_wrong_codes_burn_the_invitation_and_the_sharer_gets_a_new_one(place):
    code = place.invite()
    for attempt in range(3):
        helper = place.join(with_other_secret(code, attempt), json=attempt == 0)
        assert helper.wait() == 6
        if attempt == 0:
            assert helper.events[-1]["reason"] == "wrong-code"
        else:
            assert_sentence(said(helper), "code", "new one")
    second = place.sharer.wait_for_event("invitation", where=lambda event: event["code"] != code)["code"]
    # The old one is burnt even for who knows it; the new one works.
    assert_same_answer(place.join(code))
    place.join(second)
    place.helper.wait_for_event("connected")
    place.consent_to_view()
    place.stop_in_order()


def test_a_wrong_code_costs_one_try_only(place):
    code = place.invite()
    place.join(with_other_secret(code, 0))
    place.assert_ended(place.helper, "wrong-code", 6)
    place.join(code)
    place.helper.wait_for_event("connected")
    place.consent_to_view()
    place.stop_in_order()


@pytest.mark.parametrize("json", [True, False])
def test_a_mistyped_code_is_seen_at_once(place, json):
    # No relay is asked: none is there.
    helper = place.join(mistyped("0123AB-CDEFG0"), url=NOWHERE, json=json)
    assert helper.wait(3) == 6
    assert_sentence(said(helper), "code")


@pytest.mark.parametrize("text", ["", "HELLO", "0123AB-CDEFGU", "https://relay.example/j/", "0" * 5000])
def test_what_is_no_code_is_a_wrong_invitation(place, text):
    helper = place.join(text)
    assert helper.wait(3) == 6
    assert_sentence(said(helper))


def test_a_used_invitation(place):
    code = place.invite()
    place.join(code)
    place.helper.wait_for_event("connected")
    second = place.lab.helper.popen(place.helper.arguments)
    assert_same_answer(second)
    place.consent_to_view()
    place.stop_in_order()
    assert_same_answer(place.join(code))
    helper = place.join(code, json=False)
    assert helper.wait() == 6
    assert_sentence(said(helper), "new one")


def test_an_expired_invitation(place):
    code = place.invite("--expires", "1s")
    place.assert_ended(place.sharer, "invitation-expired", 6)
    assert_same_answer(place.join(code))


def test_an_expired_invitation_says_so_to_the_sharer(place):
    sharer = place.share("--expires", "1s", json=False)
    assert sharer.wait() == 6
    assert_sentence(sharer.lines[-1], "expired")


def test_an_expired_file_is_seen_at_once(place):
    file = place.lab.sharer.directory / "tmp" / "expired.rainvite"
    place.share("--expires", "1s", "--file", file)
    place.assert_ended(place.sharer, "invitation-expired", 6)
    helper = place.join(str(file))
    place.assert_ended(helper, ["invitation-expired", "wrong-code"], 6)


def test_an_invitation_that_expires_ends_no_session(place):
    place.join(place.invite("--expires", "4s"))
    place.helper.wait_for_event("connected")
    place.consent_to_view()
    with pytest.raises(TimedOut):
        place.sharer.wait_for_event("ended", timeout=6)
    place.stop_in_order()


def test_nobody_needs_a_standard_input(place):
    place.join(place.invite())
    place.consent_to_view()
    place.helper.close_input()
    with pytest.raises(TimedOut):
        place.helper.wait_for_event("ended", timeout=1)
    place.sharer.send("stop")
    place.assert_ended(place.sharer, "finished", 0)
    place.assert_ended(place.helper, "finished", 0)


def test_a_file_works_as_the_code_does(place):
    file = place.lab.sharer.directory / "tmp" / "good.rainvite"
    place.invite("--file", file)
    assert file.stat().st_mode & 0o077 == 0
    place.join(str(file))
    place.helper.wait_for_event("connected")
    place.consent_to_view()
    place.stop_in_order()


def test_a_code_nobody_made(place):
    helper = place.join("0123AB-CDEFG" + check_symbol("0123ABCDEFG"), json=False)
    assert helper.wait() == 6
    assert_sentence(said(helper), "code")


def test_an_invitation_whose_sharer_has_gone(place):
    code = place.invite()
    place.sharer.send("stop")
    place.assert_ended(place.sharer, "finished", 0)
    assert_same_answer(place.join(code))


def test_a_refusal(place):
    place.join(place.invite(), json=False)
    place.sharer.wait_for_event("request")
    place.sharer.send("no")
    place.assert_ended(place.sharer, "declined", 4)
    assert place.helper.wait() == 4
    assert_sentence(place.helper.lines[-1], "Sharon said no")


def test_a_second_no_refuses_control_alone(place):
    place.join(place.invite())
    place.consent_to_view()
    place.helper.send("request control")
    place.sharer.wait_for_event("request", where=lambda event: event["kind"] == "control")
    place.sharer.send("no")
    place.helper.wait_for_event("denied", where=lambda event: event["kind"] == "control")
    place.stop_in_order()


@pytest.mark.parametrize("json", [True, False])
@pytest.mark.parametrize("who", ["sharer", "helper"])
def test_a_relay_that_is_not_there(place, who, json):
    code = "0123AB-CDEFG" + check_symbol("0123ABCDEFG")
    process = place.share(url=NOWHERE, json=json) if who == "sharer" else place.join(code, url=NOWHERE, json=json)
    assert process.wait(12) == 3
    if json:
        assert process.events[-1]["reason"] == "relay-lost"
        assert_sentence(process.events[-1]["detail"], "relay")
    else:
        assert_sentence(process.lines[-1], "relay")


def test_a_wrong_port_of_the_relay_is_forgiven(place):
    """The well-known ports of that host are tried too."""
    code = place.invite(url=CLOSED)
    place.join(code, url=CLOSED)
    place.helper.wait_for_event("connected")
    place.consent_to_view()
    place.stop_in_order()


@pytest.mark.parametrize("url", ["ftp://relay", "http://", "::::"])
def test_a_relay_that_cannot_be_is_a_usage_error(place, url):
    sharer = place.share(url=url)
    assert sharer.wait(5) == 2
    assert said(sharer)


@pytest.mark.parametrize("json", [True, False])
@pytest.mark.parametrize("env, words", [
    ({"DISPLAY": ""}, ["display"]), ({"DISPLAY": ":7999"}, ["display"]), ({"DISPLAY": "nonsense"}, ["display"]),
    ({"DISPLAY": "", "WAYLAND_DISPLAY": "wayland-0", "XDG_SESSION_TYPE": "wayland"}, ["Wayland"])],
    ids=["none", "nobody there", "nonsense", "Wayland"])
def test_no_display_to_share(place, env, words, json):
    sharer = place.share(env=env, json=json)
    assert sharer.wait(5) == 1
    if json:
        assert sharer.events[-1]["reason"] == "display-lost"
        assert_sentence(sharer.events[-1]["detail"], *words)
    else:
        assert_sentence(said(sharer), *words)


def test_no_arguments_at_all_is_a_usage_error(place):
    helper = place.lab.helper.popen([RA_CONNECT, "join"])
    assert helper.wait(5) == 2
    assert "Usage" in said(helper)


# What they said


def said(process):
    """What the person in front of the terminal was told last: standard error has notes of what goes on as well."""
    return process.lines[-1] if process.lines else process.errors.strip()


def assert_same_answer(helper):
    """Used, burnt, expired and never made are not told apart: whoever guesses learns nothing."""
    assert Assistance.assert_ended(helper, "wrong-code", 6)["detail"] == ""


def assert_sentence(text, *words):
    """A sentence for a person: words, a full stop, and nothing of a program's insides."""
    last = text.strip().splitlines()[-1]
    assert re.match(r"[A-Z“:].*\.$", last), f"not a sentence: {text!r}"
    assert not re.search(r"Error\b|Optional|errno|\(\)|nil\b|NIO|0x|Swift", text), f"a program's words: {text!r}"
    for word in words:
        assert word.lower() in text.lower(), f"{word!r} is not said: {text!r}"


