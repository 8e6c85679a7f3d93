"""A network namespace: made, wired to others by veth pairs, configured, and removed."""

from . import keeper as keeper_module
from .commands import LabError, tool


class Namespace:
    """One namespace by its name in /run/netns. Interfaces inside need no unique names."""

    def __init__(self, name, keeper):
        self.name = name
        self._keeper = keeper
        keeper.holds("namespace", name)  # before it exists: an interrupt in between leaves nothing behind
        tool("ip", "netns", "add", name)
        # Addresses are ours and known to be unique: no second of waiting for duplicate detection.
        self.sysctl(net__ipv6__conf__default__accept_dad=0, net__ipv6__conf__all__accept_dad=0)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        return tool("ip", "-n", self.name, *arguments)

    def nft(self, rules):
        """Loads a ruleset (a whole file's text) in this namespace."""
        return tool("ip", "netns", "exec", self.name, "nft", "-f", "-", stdin=rules)

    def exec(self, *arguments):
        """Runs a tool inside."""
        return tool("ip", "netns", "exec", self.name, *arguments)

    def sysctl(self, **settings):
        """Sets kernel values, written with `__` for a dot: `net__ipv4__ip_forward=1`."""
        written = [f"{key.replace('__', '.')}={value}" for key, value in settings.items()]
        tool("ip", "netns", "exec", self.name, "sysctl", "-qw", *written)

    def wire(self, interface, other, other_interface):
        """Joins two namespaces with a cable; both ends are up."""
        self.ip("link", "add", interface, "type", "veth", "peer", "name", other_interface, "netns", other.name)
        self.ip("link", "set", interface, "up")
        other.ip("link", "set", other_interface, "up")

    def assign(self, interface, *addresses):
        """Gives an interface addresses with their prefix lengths."""
        for address in addresses:
            self.ip("address", "add", address, "dev", interface)

    def route(self, destination, gateway):
        self.ip("route", "replace", destination, "via", gateway)

    def remove(self):
        keeper_module.remove_namespace(self.name)
        self._keeper.released("namespace", self.name)

    @property
    def exists(self):
        try:
            return self.name in tool("ip", "netns", "list").split()
        except LabError:
            return False

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"
