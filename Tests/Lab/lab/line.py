"""A line to the internet that takes its time: each packet is held, on its way out and on its way in."""

import pathlib
import sys

from .host import Host


class Line(Host):
    """A box in the middle with interfaces `near` and `far`, without an address. Nobody sees it but by the time it takes."""

    def start(self, delay):
        """Begins to carry frames, each `delay` seconds late. Both interfaces must be there."""
        # What kernels leave for network cards to do (checksums, segments) nobody would do here.
        for interface in ("near", "far"):
            self.run(["ethtool", "-K", interface, "tx", "off", "tso", "off", "gso", "off", "gro", "off"])
        carrier = self.popen([sys.executable, pathlib.Path(__file__).with_name("slow_line.py"), "near", "far", delay])
        carrier.wait_for_line("ready")
