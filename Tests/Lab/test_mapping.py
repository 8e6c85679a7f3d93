"""Ports that routers open: proven, renewed after a restart, closed after a crash, and what is said where none can work."""

import re

import pytest
from lab import Home
from scenarios import RA_PROBE, Assistance, require
from scenarios.assistance import CONNECT_LIMIT
from scenarios.waiting import eventually

SYMMETRIC = Home(nat="symmetric")
METHODS = ["upnp", "nat-pmp", "pcp"]


def ports(router):
    """The external ports that lead inside."""
    return {int(port) for line in router.mappings() for port in re.findall(r"dport (\d+)", line)}


def test_a_port_that_leads_nowhere_is_made_anew_and_said():
    require("Xvfb")
    with Assistance(Home(nat="symmetric", mapping="dead"), SYMMETRIC) as session:
        code = session.invite()
        router = session.lab.sharer.router
        first = eventually(lambda: ports(router), "the router says that it has opened a port")
        eventually(lambda: ports(router) and not ports(router) & first, "the dead port is closed and another one open")
        session.join(code)
        connected = session.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)
        assert connected["path"]["kind"] == "relayed"
        event = session.sharer.wait_for_event("candidates")
        assert any("nobody gets in by it" in finding["why"] for finding in event["findings"]), event
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


@pytest.mark.parametrize("method", METHODS)
def test_after_a_crash_the_next_start_closes_what_was_left_open(method):
    require("Xvfb")
    with Assistance(Home(mapping=method)) as session:
        router = session.lab.sharer.router
        session.invite()
        left = eventually(lambda: ports(router), "the router has opened a port")
        session.sharer.kill()
        assert ports(router) == left, "a program that is killed closes nothing"
        session.invite()
        eventually(lambda: ports(router) and not ports(router) & left, "the port of the dead program is closed", timeout=45)
        session.sharer.signal(2)
        session.sharer.wait()
        assert not ports(router)


def test_what_a_dead_program_left_open_is_remembered_on_other_networks():
    require("Xvfb")
    with Assistance(Home(mapping="upnp")) as session:
        router = session.lab.sharer.router
        session.invite()
        left = eventually(lambda: ports(router), "the router has opened a port")
        session.sharer.kill()
        for address, is_home in (("192.168.1.77", False), ("192.168.1.10", True)):
            session.lab.sharer.ip("address", "flush", "dev", "eth0")
            session.lab.sharer.assign("eth0", f"{address}/24")
            session.lab.sharer.route("default", "192.168.1.1")
            session.invite()
            eventually(lambda: ports(router) - left, "the next program has a port, too")
            if is_home:
                eventually(lambda: not ports(router) & left, "the port of the dead program is closed", timeout=45)
            session.sharer.signal(2)
            session.sharer.wait()
            assert ports(router) == (set() if is_home else left)


def test_a_port_of_a_probe_that_was_killed_is_closed_at_the_next_start():
    require("Xvfb")
    with Assistance(Home(mapping="dead")) as session:
        router = session.lab.sharer.router
        probe = session.lab.sharer.popen([RA_PROBE, "3389", "--relay", session.url])
        left = eventually(lambda: ports(router), "the router has opened a port")  # and the relay dials it in vain
        probe.kill()
        session.invite()
        eventually(lambda: not ports(router) & left, "the port of the dead probe is closed", timeout=45)
        session.sharer.signal(2)
        session.sharer.wait()
        assert not ports(router)


@pytest.mark.parametrize("method", METHODS)
def test_a_router_that_restarts_in_mid_session_gets_its_mapping_again(method):
    require("Xvfb")
    with Assistance(Home(mapping=method), SYMMETRIC) as session:
        _, at_helper = session.connect()
        assert at_helper["path"]["kind"] == "mapped"
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        router = session.lab.sharer.router
        had = ports(router)
        router.restart()
        # What is announced may be lost; the program looks twice a minute.
        eventually(lambda: ports(router) == had, "the router has the mapping again", timeout=60)
        session.helper.send("say still here")
        session.sharer.wait_for_event("chat", where=lambda event: event["text"] == "still here")
        session.stop_in_order()


def test_behind_a_carrier_grade_nat_it_is_said_why_no_port_can_work():
    require("Xvfb")
    with Assistance(Home(nat="cgn", mapping="all"), Home(nat="cgn")) as session:
        session.join(session.invite())
        connected = session.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)
        assert connected["path"]["kind"] == "punched"
        event = session.sharer.wait_for_event("candidates")
        assert any("carrier-grade NAT" in finding["why"] for finding in event["findings"]), event
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


def test_two_programs_behind_one_router_do_not_take_each_others_ports():
    require("Xvfb")
    with Assistance(Home(mapping="all")) as session:
        router = session.lab.sharer.router
        session.invite()
        first = eventually(lambda: ports(router), "the first has a port")
        sharer = session.sharer
        session.invite()
        both = eventually(lambda: len(ports(router)) == 2 and ports(router), "the second has one, too")
        assert first < both
        session.sharer.signal(2)
        session.sharer.wait()
        assert ports(router) == first, "who ends closes its own port alone"
        sharer.signal(2)
        sharer.wait()
        assert not ports(router)


@pytest.mark.parametrize("method", ["upnp", "pcp", "none"])
def test_a_hole_in_the_firewall_for_ipv6_lets_the_helper_in(method):
    """The sharer can send to the relay alone, so that no answer of its own opens a way: who comes in, comes by the hole."""
    require("Xvfb")
    home = Home(nat="symmetric", mapping=method)
    with Assistance(home, SYMMETRIC, ipv6=True) as session:
        lab, router = session.lab, session.lab.sharer.router
        router.run(["nft", "insert", "rule", "inet", "filter", "forward", "iifname", "lan", "meta", "nfproto", "ipv6",
                    "ip6", "daddr", "!=", lab.relay.address6, "ct", "state", "new", "drop"])
        code = session.invite("--log-level", "debug", url=f"http://[{lab.relay.address6}]:3478")
        if method != "none":
            eventually(router.pinholes, "the router's firewall has a hole")
            tried = re.compile(rf"tried from outside .*external=\[{lab.sharer.address6}\]:\d+ .*result=reached")
            eventually(lambda: tried.search(session.sharer.errors), "the relay got in by it")
        session.join(code, url=f"http://[{lab.relay.address6}]:3478")
        path = session.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)["path"]
        if method == "none":
            assert path["kind"] == "relayed", "without a hole nobody gets in"
        else:
            assert path["kind"] in ("direct", "mapped") and path["remote"].startswith(f"[{lab.sharer.address6}]:"), path
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


@pytest.mark.parametrize("method", ["upnp", "pcp"])
def test_after_a_crash_the_next_start_closes_the_hole_for_ipv6(method):
    require("Xvfb")
    with Assistance(Home(mapping=method), ipv6=True, ipv4=("relay", "helper")) as session:
        router, url = session.lab.sharer.router, f"http://[{session.lab.relay.address6}]:3478"
        session.invite(url=url)
        left = eventually(router.pinholes, "the router's firewall has a hole")
        session.sharer.kill()
        assert router.pinholes() == left, "a program that is killed closes nothing"
        session.invite(url=url)
        eventually(lambda: router.pinholes() and not set(router.pinholes()) & set(left),
                   "the hole of the dead program is closed", timeout=45)
        session.sharer.signal(2)
        session.sharer.wait()
        assert router.pinholes() == []
