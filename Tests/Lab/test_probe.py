"""`ra-probe` behind real routers: what it says is what the lab is."""

import contextlib
import json
import socket
import threading

import pytest
from lab import Home, Lab
from scenarios import RA_PROBE, RA_RELAY, require
from scenarios.inside import make_socket

PASSWORD = "anna:open-sesame"
#: With its proxy, which connects to 443 alone.
BANK, LOCKED_BANK = Home(nat="proxy-only"), Home(nat="proxy-only", proxy_password=PASSWORD)
UNMAPPED = {"present": False, "external": None, "mapped": False, "reachable": None, "router": None}


@contextlib.contextmanager
def scene(home, *options, discovery=False, **more):
    """A lab with a relay; with `discovery` one that tells clients what their NATs do (RFC 5780)."""
    with Lab(sharer=home, **more) as lab:
        if discovery:
            file = lab.relay.directory / "relay.toml"
            file.write_text('listen = ["11.22.33.10", "11.22.33.11"]\nnat-discovery = true\n')
            options = ["--config", file, *options]
        relay = lab.relay.popen([RA_RELAY, "serve", *options])
        lab.url = relay.wait_for_line("ra-relay ready").split()[-1]
        if discovery:
            lab.url = f"http://{lab.relay.address4}:3478"
        yield lab
        assert relay.exit_code is None


def probe(lab, *arguments, url=None, timeout=60, env=None):
    """The sharer's probe: its exit code and its report."""
    ended = lab.sharer.run(
        [RA_PROBE, *arguments, "--json", "--relay", url or lab.url], check=False, timeout=timeout, env=env)
    assert "open-sesame" not in ended.stdout + ended.stderr and "anna" not in ended.stdout + ended.stderr
    assert ended.stdout.count("\n") == 1, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def ports(report):
    return {f"{row['port']}/{row['transport']}": (row["outbound"], row["inbound"]) for row in report["ports"]}


#: The home; mapping, filtering, whether it keeps ports; what gets in; the path.
NATS = [
    ("plain", "endpoint-independent", "address-and-port-dependent", True, ("filtered", "filtered"), "punched"),
    ("symmetric", "address-and-port-dependent", "address-and-port-dependent", False, ("filtered", "filtered"), "relayed"),
    ("full-cone", "endpoint-independent", "endpoint-independent", True, ("filtered", "open"), "punched"),
    ("cgn", "endpoint-independent", "address-and-port-dependent", True, ("filtered", "filtered"), "punched"),
    ("none", "none", "endpoint-independent", None, ("open", "open"), "direct"),
]


@pytest.mark.parametrize("kind, mapping, filtering, keeps_port, inbound, path", NATS, ids=[row[0] for row in NATS])
def test_a_relay_with_two_addresses_tells_every_kind_of_nat(kind, mapping, filtering, keeps_port, inbound, path):
    require()
    with scene(Home(nat=kind), discovery=True) as lab:
        code, report = probe(lab, "3389", "1863/udp")
        assert code == 0
        tcp, udp = inbound
        assert ports(report) == {"3389/tcp": ("open", tcp), "3389/udp": ("open", udp), "1863/udp": ("open", udp)}
        assert all(row["rtt_ms"] >= 1 for row in report["ports"])
        nat = report["nat"]
        assert nat.pop("reading")
        assert nat == {
            "mapping": mapping, "filtering": filtering, "hairpin": None if kind == "none" else False,
            "public_address": lab.sharer.public_address, "double_nat": False if kind == "none" else None,
            "keeps_port": keeps_port, "binding_lifetime_s": None,
        }
        assert report["port_mapping"] == {"upnp": UNMAPPED, "nat_pmp": UNMAPPED, "pcp": UNMAPPED}
        assert report["ipv6"] == {"address": None, "outbound": None, "why": None}
        assert report["captive_portal"] is None
        assert report["expected_path"] == path
        assert [sentence.split(" ")[:4] for sentence in report["advice"]] == (
            [["The", "router", "uses", "another"]] if kind == "symmetric" else [])


@pytest.mark.parametrize("kind, mapping, filtering", [
    ("plain", "unknown", "address-and-port-dependent"), ("symmetric", "address-and-port-dependent", "address-and-port-dependent"),
    ("full-cone", "unknown", "unknown"), ("none", "none", "unknown")])
def test_a_relay_with_one_address_tells_what_it_can(kind, mapping, filtering):
    require()
    with scene(Home(nat=kind)) as lab:
        _, report = probe(lab, "3389")
        assert (report["nat"]["mapping"], report["nat"]["filtering"]) == (mapping, filtering)
        if filtering == "unknown":
            assert report["nat"]["reading"].endswith(
                "the relay gets in by ports that were not spoken to; one address cannot tell whether others do")


#: What the router offers; by what it can be asked; whether the mapping works.
ROUTERS = [
    ("all", {"upnp", "nat_pmp", "pcp"}, True), ("upnp", {"upnp"}, True), ("igd1", {"upnp"}, True),
    ("nat-pmp", {"nat_pmp"}, True), ("pcp", {"pcp"}, True), ("dead", {"upnp", "nat_pmp", "pcp"}, False),
]


@pytest.mark.parametrize("offers, methods, works", ROUTERS, ids=[row[0] for row in ROUTERS])
def test_what_a_router_opens_is_dialled_and_closed_again(offers, methods, works):
    require("miniupnpd")
    with scene(Home(nat="symmetric", mapping=offers)) as lab:
        code, report = probe(lab, "3389/tcp")
        assert code == 0
        for method, answer in report["port_mapping"].items():
            if method not in methods:
                assert answer == UNMAPPED, method
                continue
            assert answer["present"] and answer["mapped"], method
            assert answer["external"].startswith(f"{lab.sharer.public_address}:")
            assert answer["reachable"] is works, method
        if "upnp" in methods:
            assert not report["port_mapping"]["upnp"]["router"].startswith("http"), "the model, not an address"
        assert report["nat"]["double_nat"] is False
        assert report["expected_path"] == ("mapped" if works else "relayed")
        dead = [sentence for sentence in report["advice"] if "nobody gets in there" in sentence]
        assert len(dead) == (0 if works else 1)
        assert lab.sharer.router.mappings() == []


def test_a_hotel_without_udp_is_said():
    require()
    with scene(Home(nat="udp-blocked")) as lab:
        code, report = probe(lab, "3389", "1863/tcp")
        assert code == 0
        assert ports(report) == {
            "3389/tcp": ("open", "filtered"), "3389/udp": ("unanswered", "filtered"), "1863/tcp": ("open", "filtered")}
        assert (report["nat"]["mapping"], report["nat"]["filtering"]) == ("unknown", "unknown")
        assert report["nat"]["public_address"] == lab.sharer.public_address
        assert report["expected_path"] == "relayed"
        assert report["advice"] == [
            "3389/udp does not get out: ask for UDP 3389 to 11.22.33.10, or use 3389/tcp, which works."]
        assert probe(lab, "3389/udp")[0] == 1


def test_an_office_with_one_open_port_is_told_which_one_works():
    require()
    with scene(Home(nat="https-only"), "--also-listen", "443,3389") as lab:
        code, report = probe(lab, "3389/tcp", "443/tcp")
        assert code == 1
        assert ports(report) == {"3389/tcp": ("unanswered", "filtered"), "443/tcp": ("open", "filtered")}
        assert ("3389/tcp does not get out: ask for TCP 3389 to 11.22.33.10, or use 443, which works." in report["advice"])
        assert probe(lab, "3389/tcp")[0] == 1


def test_a_bank_with_a_proxy_alone_is_told_what_the_proxy_lets_through():
    require("tinyproxy")
    with scene(BANK, "--also-listen", "443,3389") as lab:
        proxy = lab.sharer.router.proxy_address
        code, report = probe(lab, "3389/tcp", "443/tcp", "1863/udp", "--proxy", f"http://{proxy}")
        refused = (f"The proxy {proxy} lets nobody connect to 11.22.33.10:{{}} (403 Forbidden): ask whoever runs it to allow CONNECT "
                   "to that port, or to 443 of the relay.")
        silence, seen = "Nothing came back within 4 s.", "The relay is reached through the proxy alone, so that it does not see where to dial."
        assert all((row.pop("rtt_ms") is not None) is (row["outbound"] == "open") for row in report["ports"])
        assert report.pop("nat").pop("reading")
        assert report == {
            "relay": lab.url,
            "ports": [
                {"port": 3389, "transport": "tcp", "outbound": "unanswered", "inbound": "untested", "why": f"{silence} {seen}", "via": None},
                {"port": 443, "transport": "tcp", "outbound": "open", "inbound": "untested",
                 "why": f"Through the proxy alone. Directly: {silence} {seen}", "via": "proxy"},
                {"port": 1863, "transport": "udp", "outbound": "not-served", "inbound": "untested",
                 "why": f"The relay does not listen on 1863/udp. {seen}", "via": None},
            ],
            "port_mapping": {"upnp": UNMAPPED, "nat_pmp": UNMAPPED, "pcp": UNMAPPED},
            "ipv6": {"address": None, "outbound": None, "why": None},
            "proxy": {"address": proxy, "password": "not-wanted", "ports": [
                {"port": 3389, "outbound": "blocked", "why": refused.format(3389)},
                {"port": 443, "outbound": "open", "why": None},
                {"port": 3478, "outbound": "blocked", "why": refused.format(3478)},
            ]},
            "distrust": None, "captive_portal": None, "intercepting_proxy": None, "expected_path": "relayed",
            "advice": [
                "3389/tcp does not get out: ask for TCP 3389 to 11.22.33.10, or use 443 through the proxy, which works.",
                "The relay does not listen on 1863/udp: use 443 through the proxy, which works, or ask whoever runs it to add 1863 to --also-listen.",
                "No UDP gets out to the relay, so everything is relayed over TCP: ask for UDP to 11.22.33.10.",
            ],
        }
        assert code == 1
        assert probe(lab, "443/tcp", "--proxy", f"http://{proxy}")[0] == 0


@pytest.mark.parametrize("credentials, password, code, words", [
    ("", "wanted", 3, "asks for a password: write http://NAME:PASSWORD@PROXY into the environment's https_proxy"),
    ("anna:wrong@", "refused", 3, "does not take this name and password"),
    (f"{PASSWORD}@", "accepted", 0, None),
], ids=["no password", "a wrong password", "the right one"])
def test_a_proxy_of_the_environment_is_asked_whether_it_wants_a_password(credentials, password, code, words):
    require("tinyproxy")
    with scene(LOCKED_BANK, "--also-listen", "443") as lab:
        proxy = lab.sharer.router.proxy_address
        environment = {"https_proxy": f"http://{credentials}{proxy}"}
        exit_code, report = probe(lab, "443/tcp", env=environment)
        assert (exit_code, report["proxy"]["address"], report["proxy"]["password"]) == (code, proxy, password)
        assert [(row["port"], row["outbound"]) for row in report["proxy"]["ports"]] == [
            (443, "open" if code == 0 else "blocked"), (3478, "blocked")]
        assert report["expected_path"] == ("relayed" if code == 0 else "none")
        if words:
            assert words.replace("PROXY", proxy) in report["advice"][-1]
        # Who is an exception is not asked for through it, and --proxy none overrides it all.
        exceptions = dict(environment, no_proxy="11.22.33.0/24")
        assert probe(lab, "443/tcp", env=exceptions)[1]["proxy"] is None
        assert probe(lab, "443/tcp", "--proxy", "none", env=environment)[1]["proxy"] is None


@pytest.mark.parametrize("text", ["socks5://anna:open-sesame@192.168.0.1:1080", "http://anna:open-sesame@"])
def test_what_is_no_proxy_is_a_usage_error_that_does_not_repeat_it(text):
    require()
    with scene(Home()) as lab:
        ended = lab.sharer.run([RA_PROBE, "--relay", lab.url, "--proxy", text], check=False, timeout=60)
        assert ended.returncode == 2
        assert "http://NAME:PASSWORD@HOST:PORT" in ended.stderr and "open-sesame" not in ended.stderr


def test_ports_that_cannot_be_tried_say_why():
    require()
    with scene(Home(nat="none")) as lab:
        taken = make_socket(lab.sharer, socket.AF_INET, socket.SOCK_STREAM)
        with taken:
            taken.bind(("0.0.0.0", 3389))
            taken.listen()
            _, report = probe(lab, "3389/tcp", "80/tcp")
        why = {row["port"]: row["why"] for row in report["ports"]}
        assert ports(report) == {"3389/tcp": ("open", "untested"), "80/tcp": ("not-served", "untested")}
        assert why[3389] == "3389/tcp is in use on this machine: end the program that has it, to have it tried."
        assert why[80].endswith("The relay dials no port below 1024 but 443.")


def test_a_relay_that_is_not_there_is_exit_code_3():
    require()
    with Lab() as lab:
        code, report = probe(lab, "3389", url=f"http://{lab.relay.address4}:3478")
        assert code == 3
        assert ports(report) == {"3389/tcp": ("blocked", "untested"), "3389/udp": ("blocked", "untested")}
        assert report["expected_path"] == "none"


def test_ipv6_is_tried_where_the_relay_has_it():
    require()
    with scene(Home(nat="none"), ipv6=True) as lab:
        _, report = probe(lab, "3389/tcp", url=f"http://[{lab.relay.address6}]:3478")
        assert report["ipv6"]["outbound"] == "open"
        assert ports(report) == {"3389/tcp": ("open", "open")}


def test_a_network_with_ipv6_alone_is_told_everything():
    require()
    with scene(Home(), ipv6=True, ipv4=()) as lab:
        assert lab.relay.address4 is None and lab.sharer.address4 is None
        code, report = probe(lab, "3389", "443/tcp", url=f"http://[{lab.relay.address6}]:3478")
        assert code == 1
        assert all((row.pop("rtt_ms") is not None) is (row["outbound"] == "open") for row in report["ports"])
        reading = report["nat"].pop("reading")
        assert reading.startswith("there is no NAT between this machine and the relay; ")
        filtered = f"Nothing gets in at [{lab.sharer.address6}]:{{}}."
        assert report == {
            "relay": f"http://[{lab.relay.address6}]:3478",
            "ports": [
                {"port": 3389, "transport": "tcp", "outbound": "open", "inbound": "filtered", "why": filtered.format(3389), "via": "direct"},
                {"port": 3389, "transport": "udp", "outbound": "open", "inbound": "filtered", "why": filtered.format(3389), "via": "direct"},
                {"port": 443, "transport": "tcp", "outbound": "not-served", "inbound": "filtered",
                 "why": f"The relay does not listen on 443/tcp. {filtered.format(443)}", "via": None},
            ],
            "nat": {"mapping": "none", "filtering": "address-and-port-dependent", "hairpin": None,
                    "public_address": lab.sharer.address6, "double_nat": False, "keeps_port": None, "binding_lifetime_s": None},
            "port_mapping": {"upnp": UNMAPPED, "nat_pmp": UNMAPPED, "pcp": UNMAPPED},
            "ipv6": {"address": lab.sharer.address6, "outbound": "open", "why": None},
            "proxy": None, "distrust": None, "captive_portal": None, "intercepting_proxy": None,
            "expected_path": "direct",
            "advice": ["The relay does not listen on 443/tcp: use 3389, which works, or ask whoever runs it to add 443 to --also-listen."],
        }


def test_a_sign_in_page_is_recognised():
    require()
    with scene(Home()) as lab:
        router = lab.sharer.router
        page = make_socket(router, socket.AF_INET, socket.SOCK_STREAM)
        with page:
            page.bind(("0.0.0.0", 8080))
            page.listen()
            threading.Thread(target=sign_in, args=[page], daemon=True).start()
            router.run(["nft", "insert", "rule", "inet", "nat", "prerouting", "iifname", "lan", "tcp", "dport", "80",
                        "redirect", "to", ":8080"])
            _, report = probe(lab, "3389/tcp")
        assert report["captive_portal"] == {"page": "http://hotel.example/"}
        assert report["advice"][0] == (
            "This network shows a web page in everybody's place (http://hotel.example/): "
            "open a browser, sign in there, and try again.")


def sign_in(page):
    """Sends whoever asks for a page to another one, until the socket is closed."""
    with contextlib.suppress(OSError):
        while True:
            caller, _ = page.accept()
            with caller:
                caller.recv(4096)
                caller.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://hotel.example/\r\nContent-Length: 0\r\n\r\n")


def test_how_long_a_binding_lives_is_found():
    require()
    with scene(Home()) as lab:
        router = lab.sharer.router
        router.sysctl(net__netfilter__nf_conntrack_udp_timeout=8, net__netfilter__nf_conntrack_udp_timeout_stream=8)
        _, report = probe(lab, "3389/udp", "--binding-lifetime", timeout=120)
        lifetime = report["nat"]["binding_lifetime_s"]
        # Whoever is late leaves a binding alone for longer than it says, never for less.
        assert 5 <= lifetime["at_least"] < lifetime["at_most"] <= 9


def test_people_read_one_screen():
    require()
    with scene(Home(), discovery=True) as lab:
        ended = lab.sharer.run([RA_PROBE, "3389", "--relay", lab.url], timeout=60)
        lines = ended.stdout.splitlines()
        assert len(lines) <= 24 and "\x1b" not in ended.stdout
        assert lines[2].split() == ["PORT", "OUTBOUND", "INBOUND", "RTT"]
        assert lines[3].split()[:3] == ["3389/tcp", "open", "filtered"]
        assert "               filtering address-and-port-dependent: only who was spoken to gets in" in lines
        assert "Expected path  punched: both sides' routers let each other in." in lines
