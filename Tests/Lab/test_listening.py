"""Being there for weeks: through a suspension, in another network, without any, and while an administrator changes the policy."""

import json
import os
import pathlib
import signal
import time

import pytest
from lab import Home
from scenarios import RA_RELAY, Assistance, require
from scenarios.logind import Logind
from scenarios.people import assert_ends, ring, under_policy
from scenarios.waiting import eventually

HOME = Home(nat="plain")
#: Seconds from another network, or from waking, to being there again. On a quiet machine it takes half a second.
BACK = 8
#: The share of a processor that somebody may use who looks for the relay in vain.
IDLE = 0.1


@pytest.fixture
def place():
    require("Xvfb")
    with Assistance(HOME, HOME) as session:
        yield session


@pytest.fixture
def logind(place):
    require("dbus-daemon")
    return Logind(place.lab.helper)


def present(place):
    """How many the relay says are there."""
    return json.loads(place.lab.relay.run([RA_RELAY, "status", "--json"]).stdout)["contacts"]["present"]


def assert_is_there_once(place, sara, hugo):
    """One ring arrives as one call, and the relay knows of one person."""
    seen = len(hugo.listening.lines)
    sharer = ring(sara, hugo)
    call = hugo.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring", after=seen)
    hugo.listening.send(f"no {call['id']}")
    assert_ends(sharer, "declined", 4)
    assert len([line for line in hugo.listening.lines[seen:] if '"event":"call"' in line]) == 1
    eventually(lambda: present(place) == 1, "the relay knows of one")
    assert hugo.listening.exit_code is None


def back(hugo, change, record_property):
    """Makes the change, and waits until they are there again."""
    seen = len(hugo.listening.lines)
    begun = change()
    hugo.listening.wait_for_event("present", after=seen, timeout=BACK)
    took = time.monotonic() - begun
    record_property("there again after, s", f"{took:.2f}")
    print(f"there again after {took:.2f} s")
    assert took < BACK


def listening(place, people, **more):
    sara, hugo = people(place.lab.sharer, "sara"), people(place.lab.helper, "hugo", **more)
    hugo.listen()
    sara.befriend(hugo)
    return sara, hugo


@pytest.mark.parametrize("seconds", [8, pytest.param(75, marks=pytest.mark.slow)])
def test_whoever_was_suspended_is_there_again(place, people, logind, seconds, record_property):
    """Longer than the relay waits for a silent connection, and shorter."""
    sara, hugo = listening(place, people, env=logind.env)
    logind.wait_for_lock()
    host = place.lab.helper
    logind.sleep()
    host.ip("link", "set", "eth0", "down")
    hugo.listening.signal(signal.SIGSTOP)
    time.sleep(seconds)
    if seconds > 60:
        assert present(place) == 0, "the relay has given them up"
        assert sara.contacts()[1][hugo.address]["here"] is False

    def wake():
        host.ip("link", "set", "eth0", "up")
        host.route("default", host.router.lan_address)
        woken = time.monotonic()
        hugo.listening.signal(signal.SIGCONT)
        logind.wake()
        return woken

    back(hugo, wake, record_property)
    assert sara.contacts()[1][hugo.address]["here"] is True
    assert_is_there_once(place, sara, hugo)
    # The next time is as good as the first.
    logind.wait_for_lock(times=2)


@pytest.mark.parametrize("what", ["address", "home", "router"])
def test_in_another_network_one_is_there_again_at_once(place, people, what, record_property):
    """Without waiting for the connection, which is dead, to be silent for long enough."""
    sara, hugo = listening(place, people)
    host = place.lab.helper
    router = host.router
    lan = router.lan_address.rsplit(".", 1)[0]
    second = place.lab.build_second_home(host, HOME) if what == "home" else None
    if what == "router":
        router.assign("lan", f"{lan}.254/24")
        # As home routers do: what belongs to no connection that it has seen begin is dropped, without a word.
        router.nft("table inet firm {\nchain forward {\ntype filter hook forward priority -5; policy accept;\n"
                   "tcp flags & syn == 0 ct state new drop\n}\n}\n")

    def change():
        if what == "home":
            place.lab.take_home(host, second)
        elif what == "address":
            host.ip("address", "del", f"{lan}.10/24", "dev", "eth0")
            host.assign("eth0", f"{lan}.77/24")
            host.route("default", router.lan_address)
        else:
            # Another one at the same plug: the address here is as it was, and the one out there is not.
            router.ip("address", "del", f"{router.public_address}/24", "dev", "wan")
            router.assign("wan", "11.22.33.42/24")
            host.route("default", f"{lan}.254")
        return time.monotonic()

    back(hugo, change, record_property)
    assert_is_there_once(place, sara, hugo)


def test_without_a_network_one_says_so_once_and_comes_back(place, people, record_property):
    sara, hugo = listening(place, people)
    host = place.lab.helper
    seen = len(hugo.listening.lines)
    host.ip("link", "set", "eth0", "down")
    hugo.listening.wait_for_event("away", timeout=BACK)
    before, begun = processor_time(hugo.listening.pid), time.monotonic()
    time.sleep(20)
    share = (processor_time(hugo.listening.pid) - before) / (time.monotonic() - begun)
    record_property("share of a processor while away", f"{share:.4f}")
    print(f"share of a processor while away: {share:.4f}")
    assert share < IDLE

    def plug():
        host.ip("link", "set", "eth0", "up")
        host.route("default", host.router.lan_address)
        return time.monotonic()

    back(hugo, plug, record_property)
    assert [event["event"] for event in map(json.loads, hugo.listening.lines[seen:])] == ["away", "present"]
    assert_is_there_once(place, sara, hugo)


def test_being_there_costs_no_processor_time_to_speak_of(place, people, etc, record_property):
    """The book, the policy and the clocks are looked at all the while."""
    hugo = people(place.lab.helper, "hugo", prefix=under_policy(etc, "may-be-offered = true\n"))
    hugo.listen()
    before, begun = processor_time(hugo.listening.pid), time.monotonic()
    time.sleep(30)
    share = (processor_time(hugo.listening.pid) - before) / (time.monotonic() - begun)
    record_property("share of a processor while there", f"{share:.4f}")
    assert share < IDLE / 5


def processor_time(pid):
    """Seconds that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def offer(hugo, sara):
    return hugo.start("offer", sara.address, "--no-viewer", "--name", "Hugo")


def test_a_policy_counts_from_the_next_call_and_the_next_answer_on(place, people, etc):
    """Who listens is not started anew for it."""
    allowed = "may-be-offered = true\n"
    sara = people(place.lab.sharer, "sara", prefix=under_policy(etc, allowed))
    hugo = people(place.lab.helper, "hugo")
    sara.listen()
    hugo.befriend(sara)

    def offers():
        return [event for event in sara.listening.events if event["event"] == "call" and event["kind"] == "offer"]

    def refused(policy):
        under_policy(etc, policy)
        known = len(offers())
        assert_ends(offer(hugo, sara), "timeout", 4)
        assert len(offers()) == known, f"{policy} lets nobody be asked"

    def asked(ceiling):
        known = len(offers())
        offering = offer(hugo, sara)
        call = sara.listening.wait_for_event("call", where=lambda event: event["kind"] == "offer" and event not in offers()[:known])
        assert call["ceiling"] == ceiling
        return offering, call

    offering, call = asked("control")
    sara.listening.send(f"no {call['id']}")
    assert_ends(offering, "declined", 4)
    refused("may-be-offered = false\n")
    refused(allowed + 'helpers = [{ contact = "otto@relay.example.org", may = "view" }]\n')
    refused("may-be-offered = perhaps\n")
    under_policy(etc, allowed + f'helpers = [{{ contact = "{hugo.address}", may = "view" }}]\n')
    offering, call = asked("view")
    # What is forbidden before the yes is not begun after it.
    under_policy(etc, "may-be-offered = false\n")
    sara.listening.send(f"yes {call['id']}")
    eventually(lambda: "Nothing was begun" in sara.listening.errors, "the yes came too late")
    assert_ends(offering, "timeout", 4)
    assert sara.listening.exit_code is None


def test_who_may_not_be_at_the_relay_any_more_leaves_it_until_they_may(place, people, etc):
    sara = people(place.lab.sharer, "sara", prefix=under_policy(etc, ""))
    sara.listen()
    under_policy(etc, 'relays = ["https://relay.example.org"]\n')
    away = sara.listening.wait_for_event("away", timeout=20)
    assert "does not allow the relay" in json.dumps(away)
    eventually(lambda: present(place) == 0, "the relay knows of nobody")
    seen = len(sara.listening.lines)
    under_policy(etc, "")
    sara.listening.wait_for_event("present", timeout=20, after=seen)
    assert [event["event"] for event in sara.listening.events] == ["present", "away", "present"]
