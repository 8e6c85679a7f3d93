"""A person whom the operator of a fleet shuts out: at every node within seconds, told so, absent to others, and back when it is over."""

import json
import time

from lab import Home
from scenarios import RA_RELAY, require
from scenarios.fleet import Fleet
from scenarios.people import Person, assert_ends, ring
from scenarios.waiting import eventually

#: The bound of the issue, from the command's end on; the relays read the bans every two seconds.
WITHIN = 5
#: Seconds for which a ban is long enough to see who comes back how often.
LASTS = 20
METRICS = "127.0.0.1:9478"


def ban(session, number, *words):
    """At one node: the store is the same."""
    host = session.nodes[number].host
    return host.run([RA_RELAY, "ban", *words, "--json", "--state", session.database.url]).stdout


def metric(session, name):
    """The sum over all nodes."""
    pages = [node.host.run(["curl", "-sS", f"http://{METRICS}/metrics"]).stdout for node in session.nodes]
    return sum(float(line.split()[-1]) for page in pages for line in page.splitlines() if line.startswith(f"{name} "))


def test_a_banned_person_is_gone_from_the_fleet_within_five_seconds_and_back_when_the_ban_ends(record_property):
    require("Xvfb", "curl", "psql")
    with Fleet(Home(), Home(), node_options=("--metrics", METRICS)) as session:
        sara = Person(session, session.lab.sharer, "sara", url=session.nodes[0].url)
        # Three people, so that more than one node is somebody's home; each comes by a node of their own.
        helpers = [Person(session, session.lab.helper, f"hugo{number}", url=node.url) for number, node in enumerate(session.nodes)]
        for helper in helpers:
            helper.listen()
            sara.befriend(helper)
        assert all(one["here"] for one in sara.contacts()[1].values())

        took = []
        for number, helper in enumerate(helpers):
            seen = len(helper.listening.lines)
            banned = json.loads(ban(session, number, "add", "--person", helper.name, "--for", f"{LASTS}s"))
            began = time.monotonic()
            assert banned["person"] == helper.name and banned["key"]
            away = helper.listening.wait_for_event("away", after=seen, timeout=3 * WITHIN)
            took.append(time.monotonic() - began)
            assert "does not let you in" in away["why"]
        record_property("seconds until each of three is shut out", ", ".join(f"{seconds:.1f}" for seconds in took))
        assert max(took) < WITHIN

        # To who may see them they are not there, and nobody takes a call.
        assert not any(one["here"] for one in sara.contacts()[1].values())
        assert_ends(ring(sara, helpers[2]), "timeout", 4)
        # Whoever is shut out is told so by other commands as well, and calls nobody.
        ended = assert_ends(helpers[2].start("offer", sara.address, "--no-viewer"), "policy", 5)
        assert "does not let you in" in ended["detail"]

        for helper in helpers:
            seen = [json.loads(line)["event"] for line in helper.listening.lines].index("away") + 1
            helper.listening.wait_for_event("present", after=seen, timeout=6 * LASTS)
            assert sum(event["event"] == "away" for event in helper.listening.events) == 1, "it says so once"
        eventually(lambda: all(one["here"] for one in sara.contacts()[1].values()), "they are there again", timeout=20)
        # Half a second, one, two, four, eight: who is not let in asks more and more seldom.
        refused = metric(session, 'ra_relay_banned_people_total{result="refused"}')
        record_property("attempts of three within 20 s", refused)
        assert refused <= 12 * len(helpers)
        for helper in helpers:
            helper.listening.stop()
