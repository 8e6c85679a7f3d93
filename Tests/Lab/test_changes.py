"""The path dies, the network changes, the router reboots: the session goes on, and nothing that was said is lost."""

import threading
import time

import pytest
from lab import Home
from scenarios import Assistance, require
from scenarios.waiting import eventually

PLAIN, SYMMETRIC = Home(), Home(nat="symmetric")
#: Seconds until data flows again, by the contract 2; a busy machine gets a margin.
CONTINUES = 4
#: What is written down when there is no way back to the rendezvous.
FORGOTTEN = "the relay has no place for us any more"


class Conversation:
    """Both sides say numbers all the while; at the end each has heard all of the other's, in order."""

    def __init__(self, session):
        self.session = session
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._talk)
        self.said = 0

    def __enter__(self):
        self._thread.start()
        return self

    def _talk(self):
        while not self._over.wait(0.1):
            for side in (self.session.sharer, self.session.helper):
                side.send(f"say {self.said}")
            self.said += 1

    def __exit__(self, kind, error, traceback):
        self._over.set()
        self._thread.join()
        if kind is None:
            self.assert_all_heard()

    def assert_heard_something_new(self, since, within):
        """Both sides hear what was said after `since` (time.monotonic) within so many seconds."""
        first = self.said
        deadline = since + within
        for side in (self.session.sharer, self.session.helper):
            side.wait_for_event(
                "chat", timeout=max(deadline - time.monotonic(), 0.1), where=lambda event: int(event["text"]) >= first)
        return time.monotonic() - since

    def assert_all_heard(self):
        for side in (self.session.sharer, self.session.helper):
            side.wait_for_event("chat", timeout=15, where=lambda event: int(event["text"]) == self.said - 1)
            mine = "Sharon" if side is self.session.sharer else "Helge"
            heard = [int(event["text"]) for event in side.events if event["event"] == "chat" and event["from"] != mine]
            assert heard == list(range(self.said))


def connected(session, kind, *options):
    session.connect(*options, share_options=options)
    session.consent_to_view()
    session.helper.wait_for_event("first-frame")
    eventual_kind(session, kind)


def eventual_kind(session, kind, timeout=15):
    """The last that each side said of its path is of this kind, or becomes it."""
    for side in (session.sharer, session.helper):
        paths = [event["path"] for event in side.events if event["event"] in ("connected", "path")]
        if not paths[-1] or paths[-1]["kind"] != kind:
            side.wait_for_event(
                "path", timeout=timeout, where=lambda event: event["path"] and event["path"]["kind"] == kind)


def changes(session, change, *, kind, record_property, within=CONTINUES):
    """Makes `change` in mid-conversation; the session goes on in time, and is on a path of `kind` in the end."""
    with Conversation(session) as conversation:
        time.sleep(1)  # something is under way in both directions
        change()
        took = conversation.assert_heard_something_new(time.monotonic(), within)
        record_property("continues after, s", f"{took:.2f}")
        print(f"continues after {took:.2f} s")
        eventual_kind(session, kind)
        time.sleep(2)
    assert not any(event["event"] == "ended" for event in session.sharer.events + session.helper.events)
    session.stop_in_order()


def test_a_path_that_dies_is_replaced_by_the_relay(record_property):
    require("Xvfb")
    with Assistance(PLAIN, PLAIN) as session:
        connected(session, "punched")
        changes(session, session.forbid_direct_paths, kind="relayed", record_property=record_property)


@pytest.mark.parametrize("who", ["helper", "sharer"])
def test_another_address_in_mid_session(who, record_property):
    require("Xvfb")
    with Assistance(PLAIN, PLAIN) as session:
        connected(session, "punched")
        host = session.lab.helper if who == "helper" else session.lab.sharer
        lan = host.address4.rsplit(".", 1)[0]

        def move():
            host.ip("address", "del", f"{lan}.10/24", "dev", "eth0")
            host.assign("eth0", f"{lan}.77/24")
            host.route("default", f"{lan}.1")

        changes(session, move, kind="punched", record_property=record_property)


def both_move(session):
    """Other homes: other addresses behind other public ones, which nobody has heard of. From the first of the changes to the
    last nothing passes at all, so that neither side can follow the other on the path."""
    homes = [(session.lab.sharer, "11.22.33.42"), (session.lab.helper, "11.22.33.43")]
    for host, _ in homes:
        host.router.ip("link", "set", "wan", "down")
    for host, address in homes:
        lan = host.address4.rsplit(".", 1)[0]
        host.router.ip("address", "del", f"{host.router.public_address}/24", "dev", "wan")
        host.router.assign("wan", f"{address}/24")
        host.ip("address", "del", f"{lan}.10/24", "dev", "eth0")
        host.assign("eth0", f"{lan}.77/24")
        host.route("default", f"{lan}.1")
    for host, _ in homes:
        host.router.ip("link", "set", "wan", "up")


@pytest.mark.parametrize("kind", ["punched", "relayed"])
def test_both_have_another_address_in_the_same_moment(kind, record_property):
    """Neither can tell the other on the path, nor over its connection to the relay: they meet there again."""
    require("Xvfb")
    with Assistance(PLAIN if kind == "punched" else SYMMETRIC, PLAIN if kind == "punched" else SYMMETRIC) as session:
        connected(session, kind)
        changes(session, lambda: both_move(session), kind=kind, record_property=record_property)


def test_a_relay_that_restarts_ends_nothing(record_property):
    """It has forgotten the meeting: what has a path goes on, and who asks the new one hears that once."""
    require("Xvfb")
    with Assistance(PLAIN, PLAIN) as session:
        connected(session, "punched", "--log-level", "notice")
        with Conversation(session) as conversation:
            time.sleep(1)
            both_move(session)
            took = conversation.assert_heard_something_new(time.monotonic(), CONTINUES)
            record_property("continues after, s", f"{took:.2f}")
            eventual_kind(session, "punched")
            session.relay.stop()
            session.restart_relay()
            for side in (session.sharer, session.helper):
                eventually(lambda side=side: FORGOTTEN in side.errors, "the new relay was asked, and knows nothing")
            conversation.assert_heard_something_new(time.monotonic(), 2)
        for side in (session.sharer, session.helper):
            assert side.errors.count(FORGOTTEN) == 1
        assert not any(event["event"] == "ended" for event in session.sharer.events + session.helper.events)
        session.stop_in_order()


def test_the_router_reboots_with_another_public_address(record_property):
    require("Xvfb")
    with Assistance(PLAIN, PLAIN) as session:
        connected(session, "punched")
        router = session.lab.helper.router

        def reboot():
            router.ip("address", "del", f"{router.public_address}/24", "dev", "wan")
            router.assign("wan", "11.22.33.42/24")

        changes(session, reboot, kind="punched", record_property=record_property)


@pytest.mark.parametrize("method", ["upnp", "nat-pmp", "pcp"])
def test_in_another_home_its_router_opens_a_port(method, record_property):
    """Neither side can be punched through to: the port is the only way but the relay."""
    require("Xvfb")
    with Assistance(SYMMETRIC, SYMMETRIC) as session:
        router = session.lab.build_second_home(session.lab.sharer, Home(nat="symmetric", mapping=method))
        connected(session, "relayed")
        changes(session, lambda: session.lab.take_home(session.lab.sharer, router), kind="mapped",
                record_property=record_property)
        paths = [event["path"] for event in session.helper.events if event["event"] == "path"]
        assert paths[-1]["remote"].startswith(f"{router.public_address}:"), paths


def test_what_was_opened_in_the_home_that_was_left_is_closed_there_at_the_next_start(record_property):
    require("Xvfb")
    with Assistance(Home(nat="symmetric", mapping="upnp"), SYMMETRIC) as session:
        first = session.lab.sharer.router
        second = session.lab.build_second_home(session.lab.sharer, SYMMETRIC)
        connected(session, "mapped")
        left = first.mappings()
        changes(session, lambda: session.lab.take_home(session.lab.sharer, second), kind="relayed",
                record_property=record_property)
        assert first.mappings() == left, "nobody can close it from elsewhere"
        session.lab.take_home(session.lab.sharer, first)
        session.invite()
        eventually(lambda: first.mappings() and not set(first.mappings()) & set(left), "it is closed at home", timeout=45)
        session.sharer.signal(2)
        session.sharer.wait()
        assert not first.mappings()


@pytest.mark.parametrize("method", ["upnp", "nat-pmp", "pcp"])
def test_the_router_reboots_with_another_public_address_and_opens_the_port_again(method, record_property):
    require("Xvfb")
    with Assistance(Home(nat="symmetric", mapping=method), SYMMETRIC) as session:
        connected(session, "mapped")
        router = session.lab.sharer.router

        def reboot():
            router.ip("address", "del", f"{router.public_address}/24", "dev", "wan")
            router.assign("wan", "11.22.33.42/24")
            router.restart()

        with Conversation(session) as conversation:
            time.sleep(1)
            reboot()
            conversation.assert_heard_something_new(time.monotonic(), CONTINUES)
            session.helper.wait_for_event(
                "path", timeout=60, where=lambda event: event["path"] and event["path"]["kind"] == "mapped"
                and event["path"]["remote"].startswith("11.22.33.42:"))
            time.sleep(1)
        session.stop_in_order()


@pytest.mark.slow
def test_two_minutes_without_a_network_end_nothing(record_property):
    require("Xvfb")
    with Assistance(PLAIN, PLAIN) as session:
        connected(session, "punched")
        host = session.lab.helper
        session.helper.send("say before")
        session.sharer.wait_for_event("chat", where=lambda event: event["text"] == "before")
        host.ip("link", "set", "eth0", "down")
        for side in (session.sharer, session.helper):
            lost = side.wait_for_event("path", timeout=12, where=lambda event: event["path"] is None)
            assert lost["reason"] == "path lost"
        session.helper.send("say meanwhile")
        time.sleep(120)
        host.ip("link", "set", "eth0", "up")
        host.route("default", f"{host.address4.rsplit('.', 1)[0]}.1")
        back = time.monotonic()
        session.sharer.wait_for_event("chat", timeout=10, where=lambda event: event["text"] == "meanwhile")
        took = time.monotonic() - back
        record_property("continues after, s", f"{took:.2f}")
        assert took < CONTINUES
        session.stop_in_order()
