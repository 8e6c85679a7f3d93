"""Two network namespaces joined by a pair of veth, made for one run and taken away with it."""

import os
import subprocess

CLIENT, SERVER = "11.22.33.1", "11.22.33.2"
#: Every address of these belongs to the client's side: an allocation's client, and its peer, have one each.
CLIENTS, PEERS = "11.22.64", "11.22.128"


class Network:
    def __init__(self):
        self.client, self.server = f"ra-bench-c{os.getpid()}", f"ra-bench-s{os.getpid()}"
        self.inside, self.outside = f"rbc{os.getpid()}", f"rbs{os.getpid()}"

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def make(self):
        for name in (self.client, self.server):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "link", "add", self.inside, "netns", self.client, "type", "veth",
            "peer", "name", self.outside, "netns", self.server)
        for name, device, address in ((self.client, self.inside, CLIENT), (self.server, self.outside, SERVER)):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
        for prefix in (CLIENTS, PEERS):
            run("ip", "-n", self.client, "route", "add", "local", f"{prefix}.0/18", "dev", "lo")
            run("ip", "-n", self.server, "route", "add", f"{prefix}.0/18", "via", CLIENT)
        self.cuts = None
        self.joins = None

    def cut_at_the_sender(self, wanted):
        """Whether the senders' device cuts their trains, as a wire without offload does, or lets them through whole."""
        if wanted != self.cuts:
            run("ip", "netns", "exec", self.client, "ethtool", "-K", self.inside, "tx-udp-segmentation",
                "off" if wanted else "on")
            self.cuts = wanted

    def join_at_the_server(self, wanted):
        """Whether the server's device joins a sender's packets before its kernel sees them, as network cards do unless told
        otherwise (GRO): those that come within 20 µs of each other. A veth by itself hands on each packet as it comes, and
        with GRO alone it joins only what has come from another machine."""
        if wanted != self.joins:
            state = "on" if wanted else "off"
            run("ip", "netns", "exec", self.server, "ethtool", "-K", self.outside, "gro", state, "rx-udp-gro-forwarding", state)
            for knob, value in (("gro_flush_timeout", 20_000), ("napi_defer_hard_irqs", 2)):
                run("ip", "netns", "exec", self.server, "sh", "-c",
                    f"echo {value if wanted else 0} > /sys/class/net/{self.outside}/{knob}")
            self.joins = wanted

    def remove(self):
        for name in (self.client, self.server):
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)


def run(*arguments):
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
