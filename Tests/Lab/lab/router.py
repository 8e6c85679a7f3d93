"""A home router: NAT and a closed `input` chain in nftables, and a real miniupnpd if it has one."""

import time

from . import miniupnpd, nat, proxy
from .commands import LabError
from .host import Host


class Router(Host):
    """A router with interfaces `wan` and `lan`."""

    def __init__(self, label, name, keeper, directory, *, kind, mapping):
        super().__init__(label, name, keeper, directory)
        self.kind = kind
        self.mapping = mapping
        self.lan_address = None
        self.daemon = None
        self.proxy = None
        self.sysctl(net__ipv4__ip_forward=1, net__ipv6__conf__all__forwarding=1)
        if kind == "tls-only":
            self.sysctl(net__netfilter__nf_conntrack_acct=1)  # its rule counts packets

    def start(self, *, lan_host, loss=0, proxy_password=""):
        """Closes the doors, then starts what opens them on request. Both interfaces must be there."""
        self.rules = nat.ruleset(self.kind, lan_host=lan_host, mapping=self.mapping, loss=loss)
        self.nft(self.rules)
        if self.kind == "proxy-only":
            self._start_proxy(proxy_password)
        if self.mapping == "none":
            return
        self._start_daemon()

    def restart(self):
        """As after a power cut, for the mappings: all are forgotten, and the daemon starts anew."""
        self.daemon.kill()
        for table, chain in ((nat.NAT_TABLE, nat.UPNP_PREROUTING_CHAIN), (nat.NAT_TABLE, nat.UPNP_POSTROUTING_CHAIN),
                             (nat.FILTER_TABLE, nat.UPNP_FORWARD_CHAIN)):
            self.run(["nft", "flush", "chain", "inet", table, chain])
        self._start_daemon(is_restarted=True)

    def _start_daemon(self, is_restarted=False):
        configured = self.directory / "miniupnpd.conf"
        configured.write_text(miniupnpd.configuration(
            self.mapping, self.directory, ipv6=self.address6 is not None, is_restarted=is_restarted))
        (self.directory / "leases").unlink(missing_ok=True)
        self.daemon = self.popen(["miniupnpd", "-d", "-f", configured, "-P", self.directory / "miniupnpd.pid"])
        self._wait_until_it_listens()

    @property
    def proxy_address(self):
        """Host and port of the proxy, as its clients see it."""
        return f"{self.lan_address}:{proxy.PORT}"

    def _start_proxy(self, password):
        configured = self.directory / "tinyproxy.conf"
        configured.write_text(proxy.configuration(password=password))
        self.proxy = self.popen(["tinyproxy", "-d", "-c", configured])
        deadline = time.monotonic() + 5
        while f":{proxy.PORT} " not in self.run(["ss", "-Hltn"]).stdout:
            if self.proxy.exit_code is not None or time.monotonic() > deadline:
                raise LabError(f"{self.proxy!r} does not listen\n{self.proxy.errors[-2000:]}")
            time.sleep(0.02)

    def mappings(self):
        """The mappings that are open now, as nftables rules."""
        chain = self.run(["nft", "list", "chain", "inet", nat.NAT_TABLE, nat.UPNP_PREROUTING_CHAIN]).stdout
        return [line.strip() for line in chain.splitlines() if "dnat" in line]

    def pinholes(self):
        """The holes in the firewall for IPv6 that are open now, as nftables rules."""
        chain = self.run(["nft", "list", "chain", "inet", nat.FILTER_TABLE, nat.UPNP_FORWARD_CHAIN]).stdout
        return [line.strip() for line in chain.splitlines() if "@nh,192,128" in line]  # an IPv6 header's destination

    def _wait_until_it_listens(self, patience=5):
        ports = {port for port, modes in ((1900, "all upnp igd1 dead"), (5351, "all nat-pmp pcp pcp-peer dead"))
                 if self.mapping in modes.split()}
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            open_ports = self.run(["ss", "-Hlun"]).stdout
            if all(f":{port} " in open_ports for port in ports):
                return
            if self.daemon.exit_code is not None:
                break
            time.sleep(0.02)
        raise LabError(f"{self.daemon!r} does not listen\n{self.daemon.errors[-2000:]}")

    def __repr__(self):
        offers = "" if self.mapping == "none" else f" with {self.mapping}"
        return f"<Router {self.label} {self.kind}{offers}, {self.lan_address} as {self.public_address}>"
