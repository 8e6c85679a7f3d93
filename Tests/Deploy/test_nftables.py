"""The firewall example is one that nft takes, and does what it says."""

import contextlib
import re
import subprocess
import sys

import pytest
from deployed import DEPLOY, need_root, run
from scenarios import require

RULES = DEPLOY / "nftables" / "ra-relay.nft"
BINDING = "000100002112a442" + "00" * 12
#: Counts the datagrams on port 3478 until one says that it is the last.
COUNT = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE: room for all of them
s.bind(("11.0.0.1", 3478)); print("listening", flush=True)
s.settimeout(60); n = 0
while s.recv(2000) != b"end": n += 1
print(n, flush=True)
"""
SEND = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(int(sys.argv[2])): s.sendto(bytes.fromhex(sys.argv[1]), ("11.0.0.1", 3478))
for _ in range(20): s.sendto(b"end", ("11.0.0.1", 3478))
"""


def test_nft_takes_it():
    require("nft", lab=False)
    need_root()
    run("unshare", "--net", "nft", "--check", "--file", RULES)


def test_its_ports_are_the_relays():
    text = RULES.read_text()
    documented = (DEPLOY / "ra-relay.toml").read_text()
    relayed = re.search(r"define relayed_ports = (\S+)", text)[1]
    assert f'# relay-ports = "{relayed}"  # default' in documented
    ports = {int(port) for port in re.findall(r"\d+", re.search(r"define relay_ports = {(.+)}", text)[1])}
    assert {3478, 3389, 1863} <= ports


@contextlib.contextmanager
def relay_host():
    """A host with the rules, at 11.0.0.1; gives how a command is run there, and how on a neighbour, 11.0.0.2."""
    with contextlib.ExitStack() as stack:
        def network():
            holder = stack.enter_context(subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE))
            stack.callback(holder.stdin.close)
            # What comes back says that the namespace is made.
            holder.stdin.write(b"\n"), holder.stdin.flush(), holder.stdout.read(1)
            return holder.pid

        relay, neighbour = network(), network()
        there = [["nsenter", "--net", "--target", str(pid)] for pid in (relay, neighbour)]
        run(*there[0], "ip", "link", "add", "veth", "type", "veth", "peer", "name", "veth", "netns", neighbour)
        for command, address in zip(there, ("11.0.0.1/24", "11.0.0.2/24")):
            run(*command, "ip", "address", "add", address, "dev", "veth")
            run(*command, "ip", "link", "set", "veth", "up")
        run(*there[0], "nft", "--file", RULES)
        yield there


@pytest.mark.parametrize(("payload", "limited"), [(BINDING, True), ("40000004" + "00" * 4, False)],
                         ids=["beginnings of flows", "channel data"])
def test_only_beginnings_of_flows_are_limited_and_none_is_tracked(payload, limited):
    require("nft", "ip", lab=False)
    need_root()
    sent = 20_000
    with relay_host() as (relay, neighbour):
        with subprocess.Popen([*relay, sys.executable, "-c", COUNT], stdout=subprocess.PIPE, text=True) as counter:
            assert counter.stdout.readline() == "listening\n"
            run(*neighbour, sys.executable, "-c", SEND, payload, sent)
            came = int(counter.stdout.readline())
        assert 0 < came
        # 400 at once and 200 a second: to let half of them through, sending would have to last 48 s.
        assert came < sent / 2 if limited else came > sent / 2
        assert "1863" in run(*relay, "nft", "list", "chain", "inet", "ra_relay", "untracked_in")
        tracked = run(*relay, "cat", "/proc/sys/net/netfilter/nf_conntrack_count")
        assert int(tracked) == 0
