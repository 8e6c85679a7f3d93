"""A small internet with real home routers, made of network namespaces.

    from lab import Lab, Home

    with Lab(sharer=Home(nat="plain", mapping="all"), helper=Home(nat="symmetric")) as lab:
        relay = lab.relay.popen(["ra-relay", "serve"])
        relay.wait_for_line("ra-relay ready")
        lab.sharer.run(["ra-probe", "--relay", f"http://{lab.relay.address}:3478", "3478"])
"""

from .commands import LabError, why_not_here
from .home import Home
from .host import Host
from .loopback import Loopback
from .miniupnpd import MAPPING_MODES
from .nat import NAT_KINDS
from .process import Process, TimedOut
from .router import Router
from .scenario import Lab

__all__ = [
    "Home", "Host", "Lab", "LabError", "Loopback", "MAPPING_MODES", "NAT_KINDS", "Process", "Router", "TimedOut", "why_not_here",
]
