"""Nodes are started again, or die, while they are used: no session, no invitation and no call is lost."""

import signal
import time

import pytest
from lab import Home
from scenarios import RA_CONNECT, require
from scenarios.fleet import Fleet
from scenarios.people import Person, ring
from scenarios.waiting import eventually

#: Seconds until what waited at a node waits at another; a busy machine has twice the time.
BACK_WITHIN = 10
#: People who are there, and what goes on all the time: callers, who ring one after the other, and sharers, who make an invitation, wait, are met
#: and make the next one.
LOAD = {"people": 300, "callers": 16, "sharers": 24}
#: Seconds of load before each node and after the last one.
BETWEEN = 4


class Session:
    """A session that is not the scenario's own: two programs, and lines that both hear."""

    def __init__(self, session, url, host):
        self.sharer = host.popen([RA_CONNECT, "share", "--json", "--name", "Direct", "--relay", url], name="direct-sharer")
        code = self.sharer.wait_for_event("invitation")["code"]
        self.helper = host.popen([RA_CONNECT, "join", code, "--json", "--no-viewer", "--relay", url], name="direct-helper")
        self.path = self.helper.wait_for_event("connected", timeout=15)["path"]
        self.sharer.wait_for_event("request", where=lambda event: event["kind"] == "view")
        self.sharer.send("yes")
        self.helper.wait_for_event("granted", where=lambda event: event["kind"] == "view")

    def stop(self):
        self.helper.send("stop")
        assert self.helper.wait() == 0, self.helper.errors
        assert self.sharer.wait() == 0, self.sharer.errors


def talk(helper, sharer, text):
    """A line each way."""
    for speaker, listener, said in ((helper, sharer, f"{text}?"), (sharer, helper, f"{text}!")):
        speaker.send(f"say {said}")
        listener.wait_for_event("chat", where=lambda event, said=said: event["text"] == said)


def use(session, code, sharer, url):
    """Somebody comes with a code, and it is good."""
    helper = session.lab.helper.popen([RA_CONNECT, "join", code, "--json", "--no-viewer", "--relay", url], name="helper-meanwhile")
    helper.wait_for_event("connected", timeout=15)
    helper.send("stop")
    assert helper.wait() == 0
    assert sharer.wait() == 0


@pytest.mark.slow
def test_a_rolling_restart_under_load_loses_no_session_no_invitation_and_no_call(record_property):
    require("Xvfb", "curl", "psql")
    symmetric = Home(nat="symmetric")
    # A session that needs its node no more, but for a way back, is waited for this long; one that runs over it, longer.
    with Fleet(symmetric, symmetric, node_options=("--drain-deadline", "5s"), first_options=("--drain-deadline", "60s")) as session:
        first, second, third = session.nodes
        assert session.connect()[1]["path"]["kind"] == "relayed"
        session.consent_to_view()
        direct = Session(session, second.url, session.lab.sharer)
        assert direct.path["kind"] == "direct"
        # Six invitations that wait, two at each node, of which one is used at each step.
        waiting = {}
        for number in range(6):
            sharer = session.lab.sharer.popen(
                [RA_CONNECT, "share", "--json", "--name", f"Sharer {number}", "--relay", session.nodes[number % 3].url], name=f"waiting{number}")
            waiting[sharer.wait_for_event("invitation")["code"]] = sharer
        load = session.start_load(**LOAD)
        slowest = 0.0
        # The one that carries the relayed session comes last: it waits until that has ended.
        for node in (second, third, first):
            time.sleep(BETWEEN)
            others = [other for other in session.nodes if other is not node]
            codes = [code for code in waiting if session.home_of(code) == node.url]
            started = time.monotonic()
            node.process.signal(signal.SIGTERM)
            for code in codes:
                session.moved(code, others, 2 * BACK_WITHIN)
            slowest = max(slowest, time.monotonic() - started)
            talk(direct.helper, direct.sharer, f"direct without {node.url}")
            talk(session.helper, session.sharer, f"relayed without {node.url}")
            use(session, *waiting.popitem(), others[0].url)
            if node is first:
                assert node.process.exit_code is None
                session.helper.send("stop")
                session.assert_ended(session.helper, "finished", 0)
                session.assert_ended(session.sharer, "finished", 0)
            assert node.process.wait(60) == 0, node.process.errors
            node.start()
            session.wait_until_all_know({each.url for each in session.nodes})
        time.sleep(BETWEEN)
        load.send("")
        done = load.wait_for_event("done", timeout=60)
        assert not load.errors, load.errors
        record_property("seconds until a node's invitations wait elsewhere", f"{slowest:.2f}")
        for name in ("rings", "rings_tried_again", "invitations", "invitations_tried_again", "resumed", "moves", "returns"):
            record_property(name.replace("_", " "), done[name])
        record_property("seconds of load, and the slowest of each", f"{done['seconds']} {done['slowest']}")
        assert done["losses"] == [], done["losses"]
        assert done["rings"] > LOAD["callers"] and done["invitations"] > LOAD["sharers"] and done["moves"] >= LOAD["people"], done
        eventually(lambda: sum(session.present(session.nodes)) == 0, "the load's people have left")
        for code, sharer in waiting.items():
            use(session, code, sharer, first.url)
        direct.stop()
        session.assert_nothing_left()


@pytest.mark.parametrize("way", ["killed", "stopped, and answered at once", "stopped, and answered late"])
def test_a_call_that_rings_while_its_node_ends_is_answered(way, record_property):
    require("Xvfb", "curl", "psql")
    with Fleet(Home(), Home()) as session:
        sara = Person(session, session.lab.sharer, "sara")
        # Not at the node that the address names, unless all are.
        for number in range(8):
            helper = Person(session, session.lab.helper, f"helper{number}")
            helper.listen()
            victim = next(node for node in session.nodes if session.present([node])[0])
            if victim is not session.nodes[0]:
                break
            helper.listening.stop()
            eventually(lambda: not session.present([victim])[0], "the other one is not there any more")
        others = [node for node in session.nodes if node is not victim]
        sara.befriend(helper)
        seen = len(helper.listening.lines)
        sharer = ring(sara, helper)

        def call(after):
            return helper.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring", after=after, timeout=2 * BACK_WITHIN)

        answered = call(seen)
        seen = len(helper.listening.lines)
        started = time.monotonic()
        if way == "killed":
            victim.kill()
        else:
            victim.process.signal(signal.SIGTERM)
            eventually(lambda: "draining" in victim.process.errors, "the node drains")
        if way != "stopped, and answered at once":
            answered = call(seen)
            record_property("seconds until it rings again", f"{time.monotonic() - started:.2f}")
        helper.listening.send(f"no {answered['id']}")
        assert sharer.wait_for_event("ended")["reason"] == "declined"
        if way != "killed":
            assert victim.process.wait(30) == 0, victim.process.errors
        eventually(lambda: sum(session.present(others)) == 1, "the helper is at a node that lives", timeout=2 * BACK_WITHIN)
