"""What is measured: each profile is one way to load a server, and what the issue wants of it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Profile:
    name: str
    title: str
    way: str = "up"
    size: int = 1000
    allocations: int = 20
    #: Packets in a row for one allocation.
    burst: int = 8
    tail: int = 0
    #: Senders hand over trains, and the kernel of the receiver gets them whole.
    gso: bool = False
    #: Senders hand over trains and their device cuts them: the receiver gets single packets, the sender has time left.
    cut: bool = True
    rate: float | None = None
    window: int = 512
    #: The highest ratio of server CPU time per delivered packet to Debian's coturn and to the newer one.
    debian: float | None = None
    newer: float | None = None
    #: The lowest ratio of delivered packets per second.
    debian_rate: float | None = None
    newer_rate: float | None = None
    #: Part of `--quick`.
    quick: bool = False

    def arguments(self):
        chosen = ["--way", self.way, "--size", self.size, "--allocations", self.allocations, "--burst", self.burst,
                  "--tail", self.tail, "--window", self.window]
        if self.gso or (self.cut and self.burst > 1):
            chosen.append("--gso")
        if self.rate:
            chosen += ["--rate", self.rate]
        return chosen

    @property
    def cuts(self):
        return self.cut and not self.gso


def data_plane():
    many = []
    for way in ("up", "down", "echo"):
        for size in (1000, 100):
            for allocations in (20, 1, 1000):
                aimed = {"debian": 0.40, "newer": 0.65} if size == 1000 and allocations == 20 and way != "echo" else {}
                if aimed:
                    aimed |= {"debian_rate": 1.8, "newer_rate": 1.3}
                window = 1024 if allocations == 1000 else 512
                many.append(Profile(
                    f"{way}-{size}-{allocations}", f"{size} B, {allocations} allocation{'s' * (allocations > 1)}, {way}",
                    way=way, size=size, allocations=allocations, window=window, quick=bool(aimed) and way == "up", **aimed))
    for way in ("up", "down"):
        many.append(Profile(
            f"{way}-1000-20-long", f"1000 B, 20 allocations, {way}, 32 in a row", way=way, burst=32, debian=0.40, newer=0.65,
            debian_rate=1.8, newer_rate=1.3))
        many.append(Profile(
            f"{way}-1000-20-mixed", f"1000 B, 20 allocations, {way}, 1 in a row", way=way, burst=1, debian=0.40, newer=0.65))
        many.append(Profile(
            f"{way}-1000-20-plain", f"1000 B, 20 allocations, {way}, sendmmsg of 32", way=way, burst=32, cut=False,
            debian=0.40, newer=0.65))
    for way in ("up", "down"):
        many.append(Profile(
            f"trains-{way}", f"16 × 1200 B + 300 B, {way}", way=way, size=1200, burst=16, tail=300, debian=0.40, newer=0.50))
    for way in ("up", "down"):
        many.append(Profile(
            f"gso-{way}", f"senders with GSO, 16 × 1200 B, {way}", way=way, size=1200, burst=16, gso=True, debian=0.20,
            newer=0.60, quick=way == "up"))
    for way in ("up", "down"):
        many.append(Profile(
            f"paced-{way}", f"20 kpps offered, {way}", way=way, burst=1, rate=20_000, debian=0.80, newer=0.95))
    return many
