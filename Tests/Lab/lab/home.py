"""A home to be built: what kind of NAT it is behind and what its router offers."""

from dataclasses import dataclass

from .commands import LabError
from .miniupnpd import MAPPING_MODES
from .nat import NAT_KINDS


@dataclass(frozen=True)
class Home:
    """One side of a scenario. `loss` is the percentage of packets that its router drops; `delay` what a packet takes on its
    line to the internet, each way, in seconds; `proxy_password` is what the proxy of a `proxy-only` router asks for, as
    `NAME:PASSWORD`."""

    nat: str = "plain"
    mapping: str = "none"
    loss: int = 0
    proxy_password: str = ""
    delay: float = 0.0

    def __post_init__(self):
        if self.nat not in NAT_KINDS:
            raise LabError(f"no such NAT: {self.nat} (there are {', '.join(NAT_KINDS)})")
        if self.mapping not in MAPPING_MODES:
            raise LabError(f"no such mapping: {self.mapping} (there are {', '.join(MAPPING_MODES)})")
        if self.nat == "none" and self.mapping != "none":
            raise LabError("a host directly on the internet has no router that could map a port")
        if self.proxy_password and self.nat != "proxy-only":
            raise LabError("only a proxy-only router has a proxy that could ask for a password")
        if not 0 <= self.loss <= 100:
            raise LabError("loss is a percentage, 0 to 100")
        if not 0 <= self.delay <= 10:
            raise LabError("delay is in seconds, 10 at most")

    def __str__(self):
        extras = [f"mapping {self.mapping}"] * (self.mapping != "none") + [f"loss {self.loss} %"] * (self.loss > 0)
        extras += [f"delay {1000 * self.delay:g} ms"] * (self.delay > 0)
        return ", ".join([self.nat, *extras])
