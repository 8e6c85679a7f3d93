"""The whole lab: an internet, a relay on it, and two homes."""

import os
import pathlib
import secrets
import shutil
import signal
import sys
import tempfile
import threading

from .commands import LabError, why_not_here
from .home import Home
from .host import Host
from .keeper import Keeper
from .line import Line
from .namespace import Namespace
from .router import Router

# miniupnpd 2.3.1 refuses a WAN address of a private or documentation range, so these look public.
# No packet leaves the namespaces.
RELAY_ADDRESSES = ("11.22.33.10", "11.22.33.11")  # two, as RFC 5780 needs them
RELAY_ADDRESS6 = "2a11:22:33::10"


class _Side:
    """The addresses of one home."""

    def __init__(self, number, lan):
        self.wan = f"11.22.33.{20 + number}"
        self.direct = f"11.22.33.{30 + number}"
        self.carrier = f"100.64.{number}"
        self.lan = lan
        self.wan6 = f"2a11:22:33::2{number}"
        self.direct6 = f"2a11:22:33::3{number}"
        self.lan6 = f"2a11:22:{number}:"


class Lab:
    """A context manager; inside it `relay`, `sharer` and `helper` are hosts to run programs on.

    Everything is removed at the end, also after an exception, Ctrl-C and SIGTERM; after SIGKILL a
    watcher does it. Logs are in `directory`: a temporary one is deleted unless the body raised. With
    LAB_LOGS=DIR in the environment every lab has a directory of its own in there, which stays."""

    def __init__(self, sharer=Home(), helper=Home(), *, ipv6=False, ipv4=("relay", "sharer", "helper"), relay_delay=0.0, directory=None):
        """`ipv4` are those that have IPv4 addresses; who is not among them has IPv6 alone. `relay_delay` is what a packet
        takes on the relay's line, each way, in seconds."""
        self.homes = {"sharer": sharer, "helper": helper}
        self.ipv6 = ipv6
        self.ipv4 = ipv4
        self.relay_delay = relay_delay
        self._connected6 = []  # to the internet
        self._homes6 = []  # prefix, gateway, router
        if not ipv6 and set(ipv4) != {"relay", "sharer", "helper"}:
            raise LabError("who has no IPv4 needs IPv6")
        self._given_directory = directory
        self._namespaces = []
        self._keeper = None
        self._old_handler = None
        #: What `ra-relay serve` needs here besides its defaults: nothing.
        self.relay_options = []

    # Life

    def __enter__(self):
        reason = why_not_here()
        if reason:
            raise LabError(reason)
        self.prefix = f"ra{os.getpid()}-{secrets.token_hex(3)}"
        self._keeper = Keeper()
        self._catch_termination()
        try:
            self._make_directory()
            self._build()
        except BaseException:
            self._remove(keep_logs=False)
            raise
        return self

    def __exit__(self, kind, error, traceback):
        failed = kind is not None and not issubclass(kind, (SystemExit, KeyboardInterrupt))
        self._remove(keep_logs=failed)
        if failed:
            print(f"lab: logs are kept in {self.directory}", file=sys.stderr)

    @property
    def hosts(self):
        """All computers of the lab by name, routers included."""
        return {host.label: host for host in self._namespaces if isinstance(host, Host)}

    def describe(self):
        """The map of this network, for people."""
        lines = [f"internet  11.22.33.0/24{', 2a11:22:33::/64' if self.ipv6 else ''}   (namespaces {self.prefix}-…)",
                 f"├─ relay   {', '.join(RELAY_ADDRESSES)}{', ' + RELAY_ADDRESS6 if self.ipv6 else ''}"]
        for name, home in self.homes.items():
            host = self.hosts[name]
            branch = "└─" if name == "helper" else "├─"
            hops, router = [], host.router
            while router:
                hops.insert(0, f"{router.label} {router.public_address or router.address} [{router.kind}]")
                router = router.router
            own = host.address + (f", {host.address6}" if host.address6 else "")
            lines.append(f"{branch} " + " ── ".join([*hops, f"{name} {own}"]) + f"   ({home})")
        return "\n".join(lines)

    def __repr__(self):
        sides = ", ".join(f"{name}: {home}" for name, home in self.homes.items())
        return f"<Lab {getattr(self, 'prefix', 'not made yet')} {sides}>"

    # Making

    def _build(self):
        self._internet = self._namespace(Namespace, "net")
        self._internet.ip("link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
        self._internet.ip("link", "set", "bridge", "up")
        self.relay = self._host("relay")
        has_ipv4 = "relay" in self.ipv4
        self._plug(self.relay, "eth0", *[f"{address}/24" for address in RELAY_ADDRESSES] * has_ipv4,
                   *[f"{RELAY_ADDRESS6}/64"] * self.ipv6, delay=self.relay_delay)
        self.relay.address4 = self.relay.public_address = RELAY_ADDRESSES[0] if has_ipv4 else None
        self.relay.address6 = RELAY_ADDRESS6 if self.ipv6 else None
        self.sharer = self._build_home("sharer", _Side(1, "192.168.1"))
        self.helper = self._build_home("helper", _Side(2, "192.168.0"))
        for prefix, gateway, router in self._homes6:
            for other in self._connected6:
                if other is not router:
                    other.route(prefix, gateway)

    def _build_home(self, label, side):
        home = self.homes[label]
        host = self._host(label)
        has_ipv4 = label in self.ipv4
        if home.nat == "none":
            self._plug(host, "eth0", *[f"{side.direct}/24"] * has_ipv4, *[f"{side.direct6}/64"] * self.ipv6,
                       delay=home.delay)
            host.address4 = host.public_address = side.direct if has_ipv4 else None
            host.address6 = side.direct6 if self.ipv6 else None
            return host
        carrier = self._build_carrier(label, side) if home.nat == "cgn" else None
        router = self._router(f"{label}-router", "plain" if carrier else home.nat, home.mapping)
        if carrier:
            router.wire("wan", carrier, "lan")
            carrier.assign("lan", f"{side.carrier}.1/24")
            router.assign("wan", f"{side.carrier}.2/24")
            router.route("default", f"{side.carrier}.1")
            router.public_address, router.router = f"{side.carrier}.2", carrier
        else:
            self._plug(router, "wan", *[f"{side.wan}/24"] * has_ipv4, *[f"{side.wan6}/64"] * self.ipv6,
                       delay=home.delay)
            router.public_address = side.wan
        router.wire("lan", host, "eth0")
        host.router = router
        if has_ipv4:
            host.assign("eth0", f"{side.lan}.10/24")
            host.route("default", f"{side.lan}.1")
            host.address4, host.public_address = f"{side.lan}.10", side.wan
            router.assign("lan", f"{side.lan}.1/24")
            router.address4 = router.lan_address = f"{side.lan}.1"
        if self.ipv6 and not carrier:
            router.assign("lan", f"{side.lan6}:1/64")
            router.address6 = f"{side.lan6}:1"
            host.assign("eth0", f"{side.lan6}:10/64")
            host.route("default", f"{side.lan6}:1")
            host.address6 = f"{side.lan6}:10"
            self._homes6.append((f"{side.lan6}:/64", side.wan6, router))
        if carrier:
            carrier.start(lan_host=router.public_address)
        router.start(lan_host=host.address4, loss=home.loss, proxy_password=home.proxy_password)
        return host

    def build_second_home(self, host, home):
        """Another home for `host`, with IPv4 alone, whose router is at the other end of its `eth1`; returns the router. The
        host goes there with `take_home`."""
        side = _Side(3, "192.168.3")
        router = self._router(f"{host.label}-router-2", home.nat, home.mapping)
        self._plug(router, "wan", f"{side.wan}/24", delay=home.delay)
        router.wire("lan", host, "eth1")
        router.assign("lan", f"{side.lan}.1/24")
        router.public_address, router.address4, router.lan_address = side.wan, f"{side.lan}.1", f"{side.lan}.1"
        router.start(lan_host=f"{side.lan}.10", loss=home.loss, proxy_password=home.proxy_password)
        return router

    def take_home(self, host, router):
        """Takes `host` into the home of `router`: its address in the other one is gone."""
        here, there = ("eth1", "eth0") if router.label.endswith("-2") else ("eth0", "eth1")
        lan = router.lan_address.rsplit(".", 1)[0]
        host.ip("address", "flush", "dev", there)
        host.assign(here, f"{lan}.10/24")
        host.route("default", router.lan_address)
        host.address4, host.public_address, host.router = f"{lan}.10", router.public_address, router

    def add_server(self, label, address):
        """One more computer on the internet, with nothing between."""
        server = self._host(label)
        self._plug(server, "eth0", f"{address}/24")
        server.address4 = server.public_address = address
        return server

    def _build_carrier(self, label, side):
        carrier = self._router(f"{label}-carrier", "plain", "none")
        self._plug(carrier, "wan", f"{side.wan}/24", delay=self.homes[label].delay)
        carrier.public_address, carrier.address4 = side.wan, f"{side.carrier}.1"
        carrier.lan_address = carrier.address4
        return carrier

    def _plug(self, namespace, interface, *addresses, delay=0.0):
        """Connects an interface to the internet, by a line on which packets take `delay` seconds each way."""
        port = f"port{len(self._namespaces)}"
        if delay:
            line = self._namespace(Line, f"{namespace.label}-line", self.directory)
            namespace.wire(interface, line, "near")
            line.wire("far", self._internet, port)
            # Nobody on the line computes what kernels leave to network cards.
            for tool_of, name in ((namespace, interface), (self._internet, port)):
                tool_of.exec("ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off")
            line.start(delay)
        else:
            namespace.wire(interface, self._internet, port)
        self._internet.ip("link", "set", port, "master", "bridge")
        namespace.assign(interface, *addresses)
        if any(":" in address for address in addresses):
            self._connected6.append(namespace)

    def _host(self, label):
        return self._namespace(Host, label, self.directory)

    def _router(self, label, kind, mapping):
        return self._namespace(Router, label, self.directory, kind=kind, mapping=mapping)

    def _namespace(self, make, label, *rest, **options):
        name = f"{self.prefix}-{label}"
        arguments = (name, self._keeper) if make is Namespace else (label, name, self._keeper)
        made = make(*arguments, *rest, **options)
        self._namespaces.append(made)
        return made

    def _make_directory(self):
        if not self._given_directory and os.environ.get("LAB_LOGS"):
            self._given_directory = pathlib.Path(os.environ["LAB_LOGS"]) / self.prefix
        if self._given_directory:
            self.directory = pathlib.Path(self._given_directory).absolute()
            self.directory.mkdir(parents=True, exist_ok=True)
        else:
            self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.prefix}-"))
            self._keeper.holds("directory", self.directory)

    # Removing

    def _remove(self, keep_logs):
        for host in self.hosts.values():
            host.end_processes()
        for namespace in reversed(self._namespaces):
            namespace.remove()
        self._namespaces.clear()
        if not self._given_directory and hasattr(self, "directory"):
            if not keep_logs:
                shutil.rmtree(self.directory, ignore_errors=True)
            self._keeper.released("directory", self.directory)
        self._keeper.close()
        if self._old_handler is not None:
            signal.signal(signal.SIGTERM, self._old_handler)
            self._old_handler = None

    def _catch_termination(self):
        """Lets SIGTERM unwind the `with` block, where nobody else has taken it over."""
        main = threading.current_thread() is threading.main_thread()
        if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._old_handler = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
