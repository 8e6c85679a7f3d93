"""Proves that the lab behaves as it says: every NAT kind from inside, every mapping mode from outside."""

import json
import pathlib
import re
import sys
import time

from .home import Home
from .miniupnpd import MAPPING_MODES
from .nat import NAT_KINDS
from .process import TimedOut
from .scenario import RELAY_ADDRESSES, Lab

BEHAVIOUR = pathlib.Path(__file__).with_name("behaviour.py")
PORTS = ("4000", "4001")

#: (mapping, filtering) as RFC 4787 names them.
EXPECTED = {
    "plain": ("endpoint-independent", "address-and-port-dependent"),
    "symmetric": ("address-and-port-dependent", "address-and-port-dependent"),
    "full-cone": ("endpoint-independent", "endpoint-independent"),
    "cgn": ("endpoint-independent", "address-and-port-dependent"),
    "udp-blocked": ("blocked", "blocked"),
    "https-only": ("blocked", "blocked"),
    "rdp-only": ("blocked", "blocked"),
    "tls-only": ("blocked", "blocked"),
    "proxy-only": ("blocked", "blocked"),
    "none": ("endpoint-independent", "endpoint-independent"),
}

#: Which ways of asking a router of each mode answers.
ACCEPTED = {
    "none": [],
    "all": ["upnp", "nat-pmp", "pcp"],
    "upnp": ["upnp"],
    "igd1": ["upnp"],
    "nat-pmp": ["nat-pmp"],
    "pcp": ["pcp"],
    "pcp-peer": [],
    "dead": ["upnp", "nat-pmp", "pcp"],
}


def behaviour(host, *arguments, **options):
    """Runs one verb of behaviour.py on a host."""
    return host.run([sys.executable, BEHAVIOUR, *arguments], **options)


def observe(lab, host):
    """What `host`'s NAT does with UDP, seen through the relay's two addresses and two ports."""
    if not any(process.label == "relay/reflector" for process in lab.relay.processes):
        reflector = lab.relay.popen([sys.executable, BEHAVIOUR, "reflect", *RELAY_ADDRESSES, *PORTS], name="reflector")
        reflector.wait_for_line("ready")
    return json.loads(behaviour(host, "observe", *RELAY_ADDRESSES, *PORTS).stdout)


def knocks(host, transport, address, port):
    """Whether somebody answers at `address:port` when `host` knocks."""
    return behaviour(host, "knock", transport, address, port, check=False).returncode == 0


def listener(host, transport, port):
    """A program on `host` that answers every knock."""
    process = host.popen([sys.executable, BEHAVIOUR, "listen", transport, port], name=f"listen-{transport}-{port}")
    process.wait_for_line("ready")
    return process


def map_with_upnpc(host, transport, port, lifetime=600):
    """Opens a port by UPnP; returns upnpc's words, or None when there is no gateway.

    upnpc listens for 2 seconds for each of four kinds of device until one answers."""
    try:
        said = host.run(["upnpc", "-a", host.address, port, port, transport, lifetime], check=False, timeout=5).stdout
    except TimedOut:
        return None
    return said if "is redirected to internal" in said else None


def map_with_natpmpc(host, transport, port, lifetime=600):
    """Opens a port by NAT-PMP; returns natpmpc's words, or None. natpmpc itself gives up after 2 minutes."""
    try:
        said = host.run(["natpmpc", "-a", port, port, transport, lifetime, "-g", host.router.lan_address],
                        check=False, timeout=2).stdout
    except TimedOut:
        return None
    return said if re.search(r"Mapped public port \d+", said) else None


def map_with_pcp(host, transport, port, lifetime=600):
    """Opens a port by PCP; returns the result as a dictionary, or None when nobody answers."""
    finished = behaviour(host, "pcp", host.router.lan_address, host.address, transport, port, lifetime, check=False)
    return json.loads(finished.stdout) if finished.returncode == 0 else None


def check_everything(out=sys.stdout):
    """Prints one line per fact; true when every one holds."""
    good = True

    def report(what, holds, seen, started):
        nonlocal good
        good = good and holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}: {seen}  ({time.monotonic() - started:.1f} s)", file=out, flush=True)

    for kind in NAT_KINDS:
        started = time.monotonic()
        with Lab(sharer=Home(nat=kind)) as lab:
            seen = observe(lab, lab.sharer)
            report(f"NAT {kind}", (seen["mapping"], seen["filtering"]) == EXPECTED[kind],
                   f"mapping {seen['mapping']}, filtering {seen['filtering']}", started)
    for mode in MAPPING_MODES:
        started = time.monotonic()
        with Lab(sharer=Home(mapping=mode)) as lab:
            listener(lab.sharer, "udp", 5000)
            asked = {"upnp": map_with_upnpc, "nat-pmp": map_with_natpmpc, "pcp": map_with_pcp}
            accepted = [name for name, ask in asked.items() if ask(lab.sharer, "udp", 5000)]
            reachable = knocks(lab.relay, "udp", lab.sharer.public_address, 5000)
            expected = ACCEPTED[mode]
            report(f"mapping {mode}", accepted == expected and reachable == (bool(expected) and mode != "dead"),
                   f"{' and '.join(accepted) or 'nobody'} accepted, {'reachable' if reachable else 'not reachable'}",
                   started)
    return good
