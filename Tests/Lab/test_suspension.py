"""A computer that is suspended has said so, and is waited for."""

import signal
import socket
import time

import pytest
from lab import Home
from scenarios import Assistance, require
from scenarios.logind import Logind
from scenarios.waiting import eventually

PLAIN = Home()
#: Seconds until data flows again, by the contract 2; a busy machine gets a margin.
CONTINUES = 4


class Suspended:
    """A context manager: the sharer's computer is suspended meanwhile. Its processes stand still, and it has no network."""

    def __init__(self, session, logind):
        self.host, self.program, self.logind = session.lab.sharer, session.sharer, logind

    def __enter__(self):
        self.woken = None
        self.logind.sleep()
        self.host.ip("link", "set", "eth0", "down")
        self.program.signal(signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        self.host.ip("link", "set", "eth0", "up")
        self.host.route("default", f"{self.host.address4.rsplit('.', 1)[0]}.1")
        self.woken = time.monotonic()
        self.program.signal(signal.SIGCONT)
        self.logind.wake()


def begin(session, *, json=True):
    """A session whose sharer is told of suspensions."""
    logind = Logind(session.lab.sharer)
    session.join(session.invite(env=logind.env), "--log-level", "info", json=json)
    session.sharer.wait_for_event("connected", timeout=20)
    session.consent_to_view_as_sharer()
    logind.wait_for_lock()
    return logind


@pytest.mark.slow
def test_a_suspended_computer_is_waited_for_longer_than_one_that_is_only_gone(record_property):
    """Three minutes are more than the 150 s; a quarter of an hour passes in the tests of the machines."""
    require("Xvfb", "dbus-daemon")
    with Assistance(PLAIN, PLAIN) as session:
        logind = begin(session)
        with Suspended(session, logind) as suspended:
            eventually(lambda: "the other computer is about to sleep" in session.helper.errors, "the helper was told")
            lost = session.helper.wait_for_event("path", timeout=12, where=lambda event: event["path"] is None)
            assert lost["reason"] == "path lost"
            session.helper.send("say meanwhile")
            time.sleep(180)
            assert session.helper.exit_code is None
            seen = len(session.helper.lines)
        session.sharer.wait_for_event("chat", timeout=10, where=lambda event: event["text"] == "meanwhile")
        took = time.monotonic() - suspended.woken
        record_property("continues after, s", f"{took:.2f}")
        print(f"continues after {took:.2f} s")
        assert took < CONTINUES
        session.helper.wait_for_event("path", where=lambda event: event["path"] is not None, after=seen)
        logind.wait_for_lock(times=2)
        session.stop_in_order()


def test_a_short_suspension_ends_with_the_usual_path(record_property):
    require("Xvfb", "dbus-daemon")
    with Assistance(PLAIN, PLAIN) as session:
        logind = begin(session)
        with Suspended(session, logind) as suspended:
            session.helper.wait_for_event("path", timeout=12, where=lambda event: event["path"] is None)
            seen = len(session.helper.lines)
        session.helper.wait_for_event("path", where=lambda event: event["path"] is not None, after=seen)
        took = time.monotonic() - suspended.woken
        record_property("continues after, s", f"{took:.2f}")
        print(f"continues after {took:.2f} s")
        assert took < CONTINUES
        session.stop_in_order()


@pytest.mark.parametrize("how", ["stop", "ctrl-c"])
def test_whoever_waits_reads_why_and_may_stop(how):
    require("Xvfb", "dbus-daemon")
    with Assistance(PLAIN, PLAIN) as session:
        logind = begin(session, json=False)
        with Suspended(session, logind):
            eventually(
                lambda: "Sharon's computer goes to sleep; waiting for it for 15 minutes." in session.helper.errors,
                "the helper reads why")
            if how == "stop":
                session.helper.send("stop")
            else:
                session.helper.signal(signal.SIGINT)
            assert session.helper.wait(timeout=10) == 0
        session.sharer.wait_for_event("ended", timeout=20)


def test_a_bus_that_says_nothing_holds_nobody_up():
    require("Xvfb")
    with Assistance(PLAIN, PLAIN) as session:
        path = session.lab.sharer.directory / "bus"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            session.join(session.invite(env={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={path}"}))
            session.sharer.wait_for_event("connected", timeout=20)
            listener.settimeout(10)
            bus, _ = listener.accept()
            with bus:
                session.consent_to_view()
                session.stop_in_order()
