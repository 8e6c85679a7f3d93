"""A nameserver on the internet of the lab: dnsmasq, which answers for the zone example.org."""


class Nameserver:
    """`records` are pairs of a name and an address; the addresses of one name are always told in this order."""

    def __init__(self, host, records):
        zone = host.directory / "zone"
        zone.write_text("".join(f"{address} {name}\n" for name, address in records))
        self._configuration = host.directory / "resolv.conf"
        self._configuration.write_text(f"nameserver {host.address}\n")
        self.process = host.popen([
            "sh", "-c", 'exec "$@" 2>&1', "dnsmasq", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=",
            f"--listen-address={host.address}", "--bind-interfaces", "--no-resolv", "--no-hosts", f"--addn-hosts={zone}", "--local=/example.org/",
            "--local-ttl=60", "--no-round-robin", "--log-queries", "--log-facility=-"])
        self.process.wait_for_line("started, version")
        # It reads the zone after it has said so.
        self.process.wait_for_line(f"read {zone}")

    def serve(self, *hosts):
        """These ask here from now on, as every program of theirs does, through the system's resolver."""
        for host in hosts:
            host.resolv_conf = self._configuration
