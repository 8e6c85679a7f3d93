"""Networks that let next to nothing out: what is left is found, at once and not one time-out after another."""

import pytest
from lab import Home
from scenarios import Assistance, require
from scenarios.assistance import CONNECT_LIMIT
from scenarios.waiting import settled

PLAIN, SYMMETRIC, NO_UDP = Home(), Home(nat="symmetric"), Home(nat="udp-blocked")
HTTPS, RDP, TLS, PROXY = (Home(nat=f"{kind}-only") for kind in ("https", "rdp", "tls", "proxy"))
PASSWORD = "anna:open-sesame"
LOCKED_PROXY = Home(nat="proxy-only", proxy_password=PASSWORD)
ON_443 = ("--also-listen", "443")
SECURE = ("--tls-self-signed", "--also-listen", "443")

#: name, the relay's options, sharer, helper, the transport of either one's first leg
RELAYED = [
    ("no UDP at both, a relay with a certificate", SECURE, NO_UDP, NO_UDP, "tcp", "tcp"),
    ("443 alone at both", ON_443, HTTPS, HTTPS, "tcp", "tcp"),
    ("443 alone at the helper, a relay with a certificate", SECURE, PLAIN, HTTPS, "udp", "tcp"),
    ("3389 alone at both", (), RDP, RDP, "tcp", "tcp"),
    ("3389 alone at the sharer, 443 alone at the helper", ("--also-listen", "3389,443"), RDP, HTTPS, "tcp", "tcp"),
    ("TLS alone at both", SECURE, TLS, TLS, "tls", "tls"),
    ("TLS alone at the helper, a symmetric NAT at the sharer", SECURE, SYMMETRIC, TLS, "udp", "tls"),
    ("a proxy alone at both", ON_443, PROXY, PROXY, "tcp", "tcp"),
    ("a proxy alone at the helper, a relay with a certificate", SECURE, PLAIN, PROXY, "udp", "tcp"),
    ("a proxy with a password at the sharer", ON_443, LOCKED_PROXY, NO_UDP, "tcp", "tcp"),
]

#: name, who has IPv4, kind of path. Between homes with IPv6 only two firewalls stand, which open for answers.
FAMILIES = [
    ("dual stack at both", ("relay", "sharer", "helper"), "direct"),
    ("IPv6 alone at both", ("relay",), "direct"),
    ("IPv6 alone at the sharer", ("relay", "helper"), "direct"),
    ("IPv6 alone, a relay with IPv6 alone too", (), "direct"),
]


def proxy_options(host):
    """What a person behind a proxy writes; nobody else."""
    home, router = host
    if home.nat != "proxy-only":
        return []
    credentials = f"{home.proxy_password}@" if home.proxy_password else ""
    return ["--proxy", f"http://{credentials}{router.proxy_address}"]


@pytest.mark.parametrize(
    "options, sharer, helper, sharer_transport, helper_transport", [row[1:] for row in RELAYED], ids=[row[0] for row in RELAYED])
def test_what_is_left_is_found(options, sharer, helper, sharer_transport, helper_transport, record_property):
    require("Xvfb", "tinyproxy")
    with Assistance(sharer, helper, relay_options=options) as session:
        lab = session.lab
        at_sharer, at_helper = session.connect(
            *proxy_options((helper, lab.helper.router)), share_options=proxy_options((sharer, lab.sharer.router)))
        record_property("join to connected, s", f"{at_helper['_at']:.2f}")
        for event, transport in ((at_sharer, sharer_transport), (at_helper, helper_transport)):
            assert (event["path"]["kind"], event["path"]["transport"]) == ("relayed", transport)
        assert at_helper["_at"] < CONNECT_LIMIT
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


@pytest.mark.parametrize("ipv4, kind", [row[1:] for row in FAMILIES], ids=[row[0] for row in FAMILIES])
def test_families_of_addresses(ipv4, kind, record_property):
    require("Xvfb")
    with Assistance(PLAIN, PLAIN, ipv6=True, ipv4=ipv4) as session:
        relay = session.lab.relay
        url_of = {name: f"http://{relay.address4}:3478" if name in ipv4 else f"http://[{relay.address6}]:3478"
                  for name in ("sharer", "helper")}
        code = session.invite(url=url_of["sharer"])
        session.join(code, url=url_of["helper"])
        connected = session.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)
        record_property("join to connected, s", f"{connected['_at']:.2f}")
        assert settled(session.helper, connected, kind)["kind"] == kind
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


def test_ipv4_alone_and_ipv6_alone_meet_at_the_relay():
    require("Xvfb")
    with Assistance(PLAIN, PLAIN, ipv6=True, ipv4=("relay", "helper")) as session:
        session.lab.helper.ip("-6", "address", "flush", "dev", "eth0")
        relay = session.lab.relay
        code = session.invite(url=f"http://[{relay.address6}]:3478")
        session.join(code, url=f"http://{relay.address4}:3478")
        assert session.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)["path"]["kind"] == "relayed"
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


@pytest.mark.parametrize("home, transport", [(NO_UDP, "tcp"), (HTTPS, "tcp")], ids=["no UDP", "443 alone"])
def test_ipv6_alone_is_relayed_where_nothing_else_gets_through(home, transport):
    """The relay has no IPv4 to give away, which is what TURN takes when nobody says more (RFC 8656 §7.2)."""
    require("Xvfb")
    with Assistance(home, home, relay_options=ON_443, ipv6=True, ipv4=()) as session:
        url = f"http://[{session.lab.relay.address6}]:3478"
        session.join(session.invite(url=url), url=url)
        path = session.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)["path"]
        assert (path["kind"], path["transport"]) == ("relayed", transport)
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


# The proxy

def test_a_proxy_of_the_environment_is_used_and_its_password_is_told_to_nobody():
    require("Xvfb", "tinyproxy")
    with Assistance(PLAIN, LOCKED_PROXY, relay_options=ON_443) as session:
        code = session.invite()
        environment = {"https_proxy": f"http://{PASSWORD}@{session.lab.helper.router.proxy_address}", "no_proxy": "localhost"}
        session.join(code, "--log-level", "trace", env=environment, json=False)
        session.sharer.wait_for_event("connected", timeout=CONNECT_LIMIT)
        session.consent_to_view_as_sharer()
        session.sharer.send("stop")
        assert session.helper.wait() == 0
        said = session.helper.errors + "\n".join(session.helper.lines)
        assert "open-sesame" not in said and "anna" not in said
        proxy = session.lab.helper.router.proxy_address
        assert f" info relay: found at=http://11.22.33.10:443 by=proxy {proxy}" in session.helper.errors
        assert " info path: connected kind=relayed " in session.helper.errors
        assert "open-sesame" not in session.relay.errors


@pytest.mark.parametrize("home, options, words", [
    (LOCKED_PROXY, ["--proxy", "http://PROXY"], "asks for a password: write http://NAME:PASSWORD@PROXY into the environment's https_proxy"),
    (LOCKED_PROXY, ["--proxy", "http://anna:wrong@PROXY"], "does not take this name and password"),
    (PROXY, ["--proxy", "http://192.168.0.1:9"], "192.168.0.1:9 cannot be reached"),
    (PROXY, ["--proxy", "PROXY"], "lets nobody connect to 11.22.33.10:3478 (403"),
    (PROXY, ["--proxy", "none"], "No relay answers"),
], ids=["no password", "a wrong password", "no proxy there", "a port that it refuses", "none"])
def test_a_proxy_that_makes_trouble_is_named_with_what_to_do(home, options, words):
    require("tinyproxy")
    with Assistance(PLAIN, home, display=None) as session:  # a relay without 443
        address = session.lab.helper.router.proxy_address
        helper = session.join("000000-000000", *[option.replace("PROXY", address) for option in options], json=False)
        assert helper.wait() == 3
        said = helper.errors + "\n".join(helper.lines)
        assert words.replace("PROXY", address) in said, said
        assert "wrong" not in said and "anna" not in said


@pytest.mark.parametrize("text", ["socks5://anna:open-sesame@192.168.0.1:1080", "http://anna:open-sesame@"])
def test_what_is_no_proxy_is_a_usage_error_that_does_not_repeat_it(text):
    with Assistance(PLAIN, PLAIN, display=None) as session:
        helper = session.join("000000-000000", "--proxy", text, json=False)
        assert helper.wait(5) == 2
        assert "http://NAME:PASSWORD@HOST:PORT" in helper.errors and "open-sesame" not in helper.errors
