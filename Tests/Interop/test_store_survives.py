"""The store of invitations after `kill -9`, at any moment: what was confirmed is there, what was used up is not usable again."""

import itertools
import os
import pathlib
import random
import signal
import sqlite3
import stat
import threading
import time

import pytest
from conftest import free_port
from lab import Process
from rendezvous import Client, Gone
from scenarios import RA_RELAY, require

#: Issue 5: a test does it 200 times.
KILLS = 200
#: Before the kill, seconds: longer than it takes to make an invitation and to use it, so that some of each are under way.
LONGEST = 0.06


class Sharer(threading.Thread):
    """Makes invitations and has them used, until the relay dies; remembers what the relay has said of each."""

    def __init__(self, port, source):
        super().__init__(daemon=True)
        self._port, self._source = port, source
        #: Look-up and owner's token of what the relay has confirmed.
        self.open, self.used = [], []
        #: Of these the relay was asked for a use, and died before it said that there was one.
        self.doubtful = []

    def run(self):
        try:
            while True:
                self._one()
        except Gone:
            pass

    def _one(self):
        sharer = Client(self._port, source=self._source)
        made = sharer.create()
        assert made["type"] == "created", made
        invitation = made["lookup"], made["owner"]
        self.open.append(invitation)
        helper = Client(self._port, source=self._source)
        met = helper.ask("meet", version=1, lookup=made["lookup"])
        assert met["type"] == "met", met
        assert sharer.hear()["type"] == "helper-arrived"
        self.open.remove(invitation)
        self.doubtful.append(invitation)
        sharer.say("confirmed", meeting=met["meeting"])
        # Its credentials: the use is written down.
        assert helper.hear()["type"] == "credentials"
        self.doubtful.remove(invitation)
        self.used.append(invitation)


class Relay:
    def __init__(self, folder):
        self.state, self._log = folder / "state", folder / "relay"
        self.port = free_port()
        settings = folder / "relay.toml"
        settings.write_text("invitations-per-minute = 1000000\nopen-invitations-per-address = 100000\n")
        self._command = [str(word) for word in (
            RA_RELAY, "serve", "--config", settings, "--listen", "127.0.0.1", "--port", self.port, "--also-listen", "",
            "--state", self.state, "--workers", 1, "--log-level", "error")]
        self._starts = itertools.count()

    def start(self):
        self.process = Process(
            self._command, label="ra-relay", log=self._log.with_name(f"relay-{next(self._starts):03d}"), command=self._command,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no"}, cwd=self.state.parent)
        self.process.wait_for_line("ra-relay ready")

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.close_input()


def addresses():
    """An address each, so that no bound on what one may ask is reached: 127.1.0.1, 127.1.0.2…"""
    for number in itertools.count(1):
        yield f"127.{1 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def assert_remembered(relay, sharers, source):
    """What the sharers know of their invitations is what the relay answers their owners."""
    for sharer in sharers:
        for states, invitations in (({"resumed"}, sharer.open[-5:]), ({"closed"}, sharer.used[-5:]),
                                    ({"resumed", "closed"}, sharer.doubtful)):
            for lookup, owner in invitations:
                client = Client(relay.port, source=next(source))
                answer = client.ask("resume", version=1, lookup=lookup, owner=owner)
                assert answer["type"] in states, (lookup, answer, states)
                assert answer["type"] != "closed" or answer["reason"] == "used"
                if states == {"closed"}:
                    assert client.ask("meet", version=1, lookup=lookup)["type"] == "gone"
                client.close()


@pytest.mark.slow
def test_two_hundred_kills(tmp_path):
    require(lab=False)
    seed = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
    print(f"KILL_SEED={seed}")
    moments, source = random.Random(seed), addresses()
    relay, former, used = Relay(tmp_path), [], 0
    everything = []
    for _ in range(KILLS):
        relay.start()
        assert_remembered(relay, former, source)
        former = [Sharer(relay.port, next(source)) for _ in range(2)]
        for sharer in former:
            sharer.start()
        time.sleep(moments.uniform(0, LONGEST))  # the moment of the kill is what is tried, at random
        relay.kill()
        for sharer in former:
            sharer.join()
        everything += former
        used += sum(len(sharer.used) for sharer in former)
    relay.start()
    assert_remembered(relay, former, source)
    relay.kill()
    with sqlite3.connect(relay.state / "ra-relay.sqlite") as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        known = dict(store.execute("SELECT lookup, uses FROM invitation"))
    for sharer in everything:
        for number, invitations in ((0, sharer.open), (1, sharer.used)):
            assert {known[lookup] for lookup, _ in invitations} <= {number}
    # Kills fell into the making and into the using, and before and after both.
    assert used > KILLS and any(sharer.doubtful for sharer in everything) and any(sharer.open for sharer in everything)


def test_keys_and_the_store_are_their_owners_alone_whatever_the_umask(tmp_path):
    require(lab=False)
    before = os.umask(0)
    try:
        relay = Relay(tmp_path)
        relay.start()
    finally:
        os.umask(before)
    client = Client(relay.port)
    assert client.create()["type"] == "created"
    kept = {path: stat.S_IMODE(path.lstat().st_mode) for path in [relay.state, *pathlib.Path(relay.state).rglob("*")]}
    relay.kill()
    names = {path.name for path in kept}
    assert {"auth-secret", "ra-relay.sqlite", "ra-relay.sqlite-wal"} <= names
    for path, mode in kept.items():
        assert mode & 0o077 == 0, f"{path}: {mode:o}"
