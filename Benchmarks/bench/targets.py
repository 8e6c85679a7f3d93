"""The table of what is to be reached, and which profile says so."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Line:
    title: str
    #: Each of these has to reach it.
    profiles: tuple
    key: str
    debian: float | None = None
    newer: float | None = None
    #: Whether less is better.
    most: bool = True
    #: Other patterns of the same: printed with the same targets, but nobody asks for them.
    variants: tuple = ()
    #: Whether it is about what something costs (CPU time, memory), which other work on the machine hardly changes, and
    #: not about what is done in a time. `--quick` fails for these alone.
    steady: bool = True

    def limit(self, server):
        return getattr(self, server)

    def met(self, server, value):
        limit = self.limit(server)
        return value <= limit if self.most else value >= limit

    def missed_by_far(self, server, value, multiple):
        limit = self.limit(server)
        return value > limit * multiple if self.most else value < limit / multiple


def both(*names):
    return tuple(f"{way}-1000-20{name}" for name in names for way in ("up", "down"))


# "1000 B, 20 allocations" leaves open how many packets of one allocation follow each other. The ratios between the
# others that were measured for the design appear here with senders that use sendmmsg of 32.
LINES = (
    Line("1000 B, 20 allocations, up and down", both("-plain"), "cpu", 0.40, 0.65, variants=both("-card", "-long", "", "-mixed")),
    Line("trains of 16 × 1200 B + tail", ("trains-up", "trains-down"), "cpu", 0.40, 0.50),
    Line("senders with GSO", ("gso-up", "gso-down"), "cpu", 0.20, 0.60),
    Line("20 kpps offered, nothing to batch", ("paced-up", "paced-down"), "cpu", 0.80, 0.95),
    # Senders whose trains are cut at their device have time left to saturate a server, the others mostly not.
    Line("delivered packets per second, saturated", both("-long"), "rate", 1.8, 1.3, most=False,
         variants=both("", "-plain", "-mixed"), steady=False),
    Line("memory per allocation, process", ("memory",), "process", 0.15),
    Line("allocations per second", ("allocations",), "rate", 3.0, most=False, steady=False),
    Line("round trip added at 80 % load, p50", ("trip-80",), "added_p50", 0.9, variants=("trip-1k",), steady=False),
    Line("round trip added at 80 % load, p99", ("trip-80",), "added_p99", 0.5, variants=("trip-1k",), steady=False),
    Line("TLS, bytes per CPU second", ("tls-up", "tls-down"), "bytes_per_cpu", 1.5, most=False,
         variants=("tls-up-mixed", "tls-down-mixed")),
)
