"""Three relays with one PostgreSQL: who meets at which, what a dead one costs, and what the database's absence does."""

import signal
import time

import pytest
from lab import Home
from scenarios import RA_CONNECT, RA_RELAY, require
from scenarios.fleet import Fleet
from scenarios.people import Person
from scenarios.viewer import Viewer
from scenarios.waiting import eventually

PLAIN, SYMMETRIC = Home(), Home(nat="symmetric")
#: Seconds in which a relayed session is to go on when its node is dead.
GOES_ON_WITHIN = 10
#: Seconds in which the clients of a dead node are to be at another. How long it took is reported; a busy machine has twice the time.
BACK_WITHIN = 10


def fleet(sharer=PLAIN, helper=PLAIN, **options):
    require("Xvfb", "curl", "psql")
    return Fleet(sharer, helper, **options)


def test_a_sharer_and_a_helper_at_different_nodes_meet():
    with fleet() as session:
        first, second, third = session.nodes
        assert set(first.described()["nodes"]) == {node.url for node in session.nodes}
        code = session.invite()
        assert session.home_of(code) == first.url
        session.join(code, url=second.url)
        session.helper.wait_for_event("connected", timeout=15)
        session.consent_to_view()
        session.stop_in_order()
        # An invitation that there is nowhere is the same everywhere.
        helper = session.join("0" * 6 + "-" + "000000", url=third.url)
        assert helper.wait() == 6


def test_over_turn_the_credentials_of_one_node_are_good_at_another():
    with fleet(SYMMETRIC, SYMMETRIC) as session:
        code = session.invite()
        session.join(code, url=session.nodes[2].url)
        connected = session.helper.wait_for_event("connected", timeout=15)
        assert connected["path"]["kind"] == "relayed"
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


def test_the_clients_of_a_killed_node_are_back_at_another_within_ten_seconds(record_property):
    with fleet() as session:
        first, *others = session.nodes
        code = session.invite()
        first.kill()
        started = time.monotonic()
        home = session.moved(code, others, 2 * BACK_WITHIN)
        record_property("seconds until the invitation waits elsewhere", f"{time.monotonic() - started:.2f}")
        # Whoever was told of the dead node alone gets there as well.
        session.join(code, url=home.url)
        session.helper.wait_for_event("connected", timeout=15)
        session.consent_to_view()
        session.stop_in_order()
        session.wait_until_all_know({node.url for node in others}, nodes=others)


def test_a_session_does_not_notice_that_the_node_it_met_at_is_killed():
    with fleet() as session:
        session.connect()
        session.consent_to_view()
        session.nodes[0].kill()
        for speaker, listener, text in ((session.helper, session.sharer, "still here?"), (session.sharer, session.helper, "yes, here")):
            speaker.send(f"say {text}")
            listener.wait_for_event("chat", where=lambda event, text=text: event["text"] == text)
        session.stop_in_order()


@pytest.mark.slow
def test_while_the_database_is_away_for_a_minute_sessions_and_turn_go_on_and_nothing_is_lost():
    with fleet(SYMMETRIC, SYMMETRIC) as session:
        first, second, _ = session.nodes
        connected = session.connect()[1]
        assert connected["path"]["kind"] == "relayed"
        session.consent_to_view()
        waiting = session.lab.sharer.popen([RA_CONNECT, "share", "--json", "--name", "Second", "--relay", second.url], name="second")
        code = waiting.wait_for_event("invitation")["code"]
        session.database.stop()
        until = time.monotonic() + 60
        # What is new says what is wrong, and that soon.
        refused = session.lab.sharer.popen([RA_CONNECT, "share", "--relay", first.url], name="refused")
        assert refused.wait(30) == 3
        said = " ".join(refused.lines) + refused.errors
        assert "problem with its database" in said, said
        # The relay itself is healthy to whoever asks it, and says what it lacks.
        assert first.status["store"]["reachable"] is False
        number = 0
        while time.monotonic() < until:
            number += 1
            session.helper.send(f"say line {number}")
            session.sharer.wait_for_event("chat", where=lambda event: event["text"] == f"line {number}")
            time.sleep(1)
        session.database.start()
        eventually(lambda: first.status["store"]["reachable"] and second.status["store"]["reachable"], "the nodes have their database again", timeout=20)
        session.wait_until_all_know({node.url for node in session.nodes})
        # The invitation of before waits where it waited, the session goes on, and there are new ones.
        helper = session.lab.helper.popen([RA_CONNECT, "join", code, "--json", "--no-viewer", "--relay", first.url], name="other-helper")
        helper.wait_for_event("connected", timeout=15)
        helper.send("stop")
        waiting.wait_for_event("ended")
        another = session.lab.sharer.popen([RA_CONNECT, "share", "--json", "--relay", first.url], name="another")
        another.wait_for_event("invitation")
        another.stop()
        session.stop_in_order()


def test_a_session_over_a_node_that_is_stopped_goes_on_to_its_end():
    with fleet(SYMMETRIC, SYMMETRIC) as session:
        assert session.connect()[1]["path"]["kind"] == "relayed"
        session.consent_to_view()
        node = session.nodes[0]
        node.process.signal(signal.SIGTERM)
        eventually(lambda: "draining" in node.process.errors, "the node drains")
        for number in range(5):
            session.helper.send(f"say line {number}")
            session.sharer.wait_for_event("chat", where=lambda event: event["text"] == f"line {number}")
        assert node.process.exit_code is None
        session.stop_in_order()
        assert node.process.wait(30) == 0


@pytest.mark.parametrize("how", ["kill", "vanish"])
def test_a_relayed_session_goes_on_without_the_node_that_carries_it_and_without_the_next_one(how, record_property):
    with fleet(SYMMETRIC, SYMMETRIC) as session:
        require("xterm")
        session.desktop.animation()
        assert session.connect(viewer=True)[1]["path"]["kind"] == "relayed"
        with Viewer(session.lab.helper, session.page_address) as viewer:
            session.consent_to_view()
            viewer.wait_for_frames()
            carrier, *living = session.nodes
            for number in (1, 2):
                spare = eventually(lambda living=living: next(filter(carries_checks, living), None), "there is a spare", timeout=30)
                assert carrier.status["relayed"]["packets"]["to_client"] > spare.status["relayed"]["packets"]["to_client"]
                getattr(carrier, how)()
                started = time.monotonic()
                for speaker, listener in ((session.helper, session.sharer), (session.sharer, session.helper)):
                    speaker.send(f"say without {number}")
                    listener.wait_for_event(
                        "chat", timeout=2 * GOES_ON_WITHIN,
                        where=lambda event, speaker=speaker: event["text"] == f"without {number}"
                        and (event["from"] == "Sharon") == (speaker is session.sharer))
                record_property(f"seconds until both have heard, node {number}", f"{time.monotonic() - started:.2f}")
                viewer.wait_for_frames(20, timeout=2 * GOES_ON_WITHIN)
                record_property(f"seconds until pictures have come, node {number}", f"{time.monotonic() - started:.2f}")
                assert time.monotonic() - started < 2 * GOES_ON_WITHIN
                living.remove(spare)
                carrier = spare
        session.stop_in_order()


def carries_checks(node):
    """Whether somebody has an address there, over which a few checks have gone and were answered."""
    packets = node.status["relayed"]["packets"]
    return node.status["allocations"]["total"] > 0 and min(packets["to_client"], packets["to_peer"]) > 2


def test_what_a_node_knows_of_bans_all_know_within_five_seconds(record_property):
    with fleet() as session:
        session.connect()
        session.consent_to_view()
        address = session.lab.helper.public_address
        session.lab.relay.run([RA_RELAY, "ban", "add", "--address", address, "--for", "1h", "--state", session.database.url])
        started = time.monotonic()
        for node in session.nodes:
            eventually(
                lambda node=node: session.lab.helper.run(
                    ["curl", "-sS", "--max-time", "1", f"{node.url}/.well-known/ra-relay"], check=False).returncode != 0,
                f"{node.url} shuts {address} out", timeout=5)
        record_property("seconds until three nodes shut an address out", f"{time.monotonic() - started:.2f}")
        session.lab.relay.run([RA_RELAY, "ban", "remove", "--address", address, "--state", session.database.url])
        for node in session.nodes:
            eventually(
                lambda node=node: session.lab.helper.run(
                    ["curl", "-sS", "--max-time", "1", f"{node.url}/.well-known/ra-relay"], check=False).returncode == 0,
                f"{node.url} lets {address} in again", timeout=5)
        session.stop_in_order()


def test_the_contacts_of_a_killed_node_are_there_again_within_ten_seconds(record_property):
    """Whichever node is their home, they are seen and rung; when it dies, they are at another, and are rung there."""
    with fleet() as session:
        sara = Person(session, session.lab.sharer, "sara")
        helpers = [Person(session, session.lab.helper, f"helper{number}") for number in range(4)]
        for helper in helpers:
            helper.listen()
            sara.befriend(helper)
        assert sum(session.present(session.nodes)) == 4
        assert all(sara.contacts()[1][helper.address]["here"] for helper in helpers)
        # Not the one that names the relay in their addresses, unless all are there.
        victim = max(session.nodes[1:], key=lambda node: session.present([node])[0])
        lost = session.present([victim])[0]
        record_property("of four people, at the node that dies", lost)
        assert lost > 0, "their names, which do not change, are at home at another node"
        others = [node for node in session.nodes if node is not victim]
        victim.kill()
        started = time.monotonic()
        eventually(lambda: sum(session.present(others)) == 4, "all are at the nodes that live", timeout=2 * BACK_WITHIN)
        record_property("seconds until they are there again", f"{time.monotonic() - started:.2f}")
        for helper in helpers:
            sharer = sara.start("share", "--to", helper.address, "--name", "Sara")
            call = helper.listening.wait_for_event("call", where=lambda event: event["kind"] == "ring")
            helper.listening.send(f"no {call['id']}")
            assert sharer.wait_for_event("ended")["reason"] == "declined"


def test_a_node_that_is_stopped_sends_the_people_who_are_there_to_the_others(record_property):
    with fleet() as session:
        helpers = [Person(session, session.lab.helper, f"helper{number}") for number in range(6)]
        for helper in helpers:
            helper.listen()
        for node in session.nodes:
            others = [other for other in session.nodes if other is not node]
            started = time.monotonic()
            node.stop()
            eventually(lambda others=others: sum(session.present(others)) == 6, "all are at the other nodes", timeout=2 * BACK_WITHIN)
            record_property(f"seconds without {node.host.label}", f"{time.monotonic() - started:.2f}")
            node.start()
            session.wait_until_all_know({each.url for each in session.nodes})
        assert all(helper.listening.exit_code is None for helper in helpers)
