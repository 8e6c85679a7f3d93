"""A fleet as docs/fleet.md has it: with TLS, a name for each node, and one for all of them, by which people come."""

import json

from .certificates import Authority
from .database import Database
from .fleet import Fleet, Node
from .nameserver import Nameserver
from .programs import RA_RELAY

NAME, PORT = "relay.example.org", 5349


class NamedNode(Node):
    """A node that people know as `nN.relay.example.org`, configured as `Deploy/fleet/node.toml` is."""

    def __init__(self, host, number, authority, state, options):
        super().__init__(host, state, options)
        self.name = f"n{number}.{NAME}"
        self.url = f"https://{self.name}:{PORT}"
        certificate, key = authority.certificate(self.name, NAME)
        self._command = [RA_RELAY, "serve", "--state", state, "--public-url", self.url, "--realm", NAME,
                         "--tls-cert", certificate, "--tls-key", key, *options]

    def described(self):
        return json.loads(self.host.run([
            "curl", "-sS", "--max-time", "5", "--insecure", f"https://{self.host.address}:{PORT}/.well-known/ra-relay"]).stdout)

    def vanish(self):
        vanish(self.host)


def vanish(host):
    """As a machine that loses its power, or its line: nothing comes from there any more, no refusal either."""
    host.nft("table inet gone {\n" + "".join(
        f"chain {hook} {{\ntype filter hook {hook} priority -300; policy drop;\n}}\n" for hook in ("input", "output")) + "}\n")


class Front(Fleet):
    """`url` is the fleet's, `front` the addresses of its name, the nodes' own if nothing is said. With `silent` the nodes' own names have an
    address more, which is told first, and from which nothing comes."""

    def __init__(self, *arguments, front=None, silent=False, **options):
        super().__init__(*arguments, **options)
        self._front = front
        self._silent = silent

    def restart_relay(self):
        lab = self.lab
        authority = Authority(lab.directory)
        self.database = Database(lab.add_server("database", "11.22.33.100"), lab.directory)
        hosts = [lab.relay] + [lab.add_server(f"relay{number}", f"11.22.33.{100 + number}") for number in range(2, self.COUNT + 1)]
        self.nodes = [
            NamedNode(host, number, authority, self.database.url, self._node_options) for number, host in enumerate(hosts, start=1)]
        front = self._front or [host.address for host in hosts]
        records = [(NAME, address) for address in front]
        if self._silent:
            silent = lab.add_server("silent", "11.22.33.99")
            vanish(silent)
            records += [(node.name, silent.address) for node in self.nodes]
        self.nameserver = Nameserver(
            lab.add_server("nameserver", "11.22.33.53"), records + [(node.name, node.host.address) for node in self.nodes])
        self.nameserver.serve(lab.sharer, lab.helper)
        for host in (lab.sharer, lab.helper):
            host.variables["SSL_CERT_FILE"] = authority.root
        for node in self.nodes:
            node.start()
        self.relay, self.url = self.nodes[0].process, f"https://{NAME}:{PORT}"
        self.wait_until_all_know({node.url for node in self.nodes})


class Anycast(Front):
    """The fleet's name has one address, which every node has on its loopback; which of them gets what is sent there is the routers' to say,
    and only the nodes' own addresses are theirs."""

    ADDRESS, CORE = "11.22.44.1", "11.22.33.1"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, front=[self.ADDRESS], **options)
        self._core = None

    def restart_relay(self):
        lab = self.lab
        self._core = lab.add_server("core", self.CORE)
        # As routers of a provider: whoever asks is not told of the shorter way.
        self._core.sysctl(net__ipv4__ip_forward=1, net__ipv4__conf__all__send_redirects=0, net__ipv4__conf__eth0__send_redirects=0)
        for home in (lab.sharer, lab.helper):
            home.router.route(self.ADDRESS, self.CORE)
        super().restart_relay()
        for node in self.nodes:
            node.host.assign("lo", f"{self.ADDRESS}/32")
        self.announce(self.nodes[0])

    def announce(self, node):
        """From now on this node's site is the nearest one to everybody."""
        self._core.route(self.ADDRESS, node.host.address)
