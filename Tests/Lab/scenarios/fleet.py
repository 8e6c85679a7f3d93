"""Three relays with one PostgreSQL between two homes."""

import json
import pathlib
import signal
import sys

from lab import Home

from .assistance import Assistance
from .database import Database
from .programs import RA_RELAY
from .waiting import eventually

PORT = 3478


class Node:
    """One relay of the fleet, on a host of its own."""

    def __init__(self, host, state, options):
        self.host = host
        self.url = f"http://{host.address}:{PORT}"
        self._command = [RA_RELAY, "serve", "--state", state, "--public-url", self.url, *options]
        self._state = state
        self.process = None

    def start(self):
        self.process = self.host.popen(self._command)
        assert self.process.wait_for_line("ra-relay ready").split()[-1] == self.url

    def kill(self):
        """As a machine that loses its power, but that its kernel says so."""
        self.process.kill()
        self.process.wait()

    def vanish(self):
        """As a host whose cable is pulled: what is sent to it gets no answer of any kind, and it hears nothing either."""
        self.host.nft("table inet vanished {\n"
                      "chain in {\ntype filter hook input priority -300; policy drop;\n}\n"
                      "chain out {\ntype filter hook output priority -300; policy drop;\n}\n}\n")

    def reappear(self):
        self.host.nft("delete table inet vanished\n")

    def stop(self, timeout=60):
        """As `systemctl stop` does: it ends when what it carries has ended."""
        self.process.signal(signal.SIGTERM)
        assert self.process.wait(timeout) == 0, self.process.errors

    @property
    def status(self):
        return json.loads(self.host.run([RA_RELAY, "status", "--json", "--state", self._state]).stdout)

    def described(self):
        """What it tells everybody of itself."""
        return json.loads(self.host.run(["curl", "-sS", "--max-time", "5", f"{self.url}/.well-known/ra-relay"]).stdout)


class Fleet(Assistance):
    """`nodes`, and `database`; otherwise as an `Assistance` whose relay is the first node."""

    COUNT = 3

    def __init__(self, sharer=Home(), helper=Home(), *, node_options=(), first_options=None, **options):
        """`first_options`: of the first node, where they are others."""
        super().__init__(sharer, helper, **options)
        self._node_options = node_options
        self._first_options = node_options if first_options is None else first_options
        self.nodes = []
        self.database = None

    def restart_relay(self):
        self.database = Database(self.lab.add_server("database", "11.22.33.100"), self.lab.directory)
        hosts = [self.lab.relay] + [self.lab.add_server(f"relay{number}", f"11.22.33.{100 + number}") for number in range(2, self.COUNT + 1)]
        options = [self._first_options] + [self._node_options] * (self.COUNT - 1)
        self.nodes = [Node(host, self.database.url, own) for host, own in zip(hosts, options)]
        for node in self.nodes:
            node.start()
        self.relay, self.url = self.nodes[0].process, self.nodes[0].url
        self.wait_until_all_know({node.url for node in self.nodes})

    def wait_until_all_know(self, urls, nodes=None):
        for node in nodes or self.nodes:
            eventually(lambda node=node: set(node.described()["nodes"]) == urls, f"{node.url} knows the fleet", timeout=30)

    def present(self, nodes):
        """How many people are there, at each of them."""
        return [node.status["contacts"]["present"] for node in nodes]

    def moved(self, code, nodes, timeout):
        """Waits until an invitation waits under one of `nodes`; which one."""
        homes = {node.url: node for node in nodes}
        return homes[eventually(lambda: self.home_of(code) if self.home_of(code) in homes else None,
                                f"the invitation waits at one of {sorted(homes)}", timeout=timeout)]

    def start_load(self, **numbers):
        """Starts `load/fleet_load.py` on a computer of its own, each of whose clients has an address of its own; returns it when all are
        there. A line ends it, and its event `done` says what was lost."""
        computer = self.lab.add_server("load", "11.22.33.200")
        network = "11.23"
        computer.ip("route", "add", "local", f"{network}.0.0/16", "dev", "lo")
        for node in self.nodes:
            node.host.route(f"{network}.0.0/16", computer.address)
        program = pathlib.Path(__file__).parents[1] / "load" / "fleet_load.py"
        load = computer.popen(
            [sys.executable, program, json.dumps({"nodes": [node.url for node in self.nodes], "network": network, **numbers})])
        load.wait_for_event("there", timeout=60)
        return load

    def home_of(self, code):
        """The node under which an invitation waits, as the database says."""
        return self.database.query(f"SELECT home FROM invitation WHERE lookup = '{code[:6]}'")[0]
