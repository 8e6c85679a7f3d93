"""What is measured, by name."""

from .loads import Allocations, LoadedRoundTrip, Memory, Packets, RoundTrip, Stream


def every():
    return [*data_plane(), *streams(), *others()]


def data_plane():
    many = []
    for way in ("up", "down"):
        for size in (1000, 100):
            title = f"{size} B, 20 allocations, {way}"
            name = f"{way}-{size}-20"
            quick = way == "up" and size == 1000
            many += [
                Packets(f"{name}-plain", f"{title}, sendmmsg of 32", way=way, size=size, burst=32, cut=False, quick=quick),
                Packets(f"{name}-card", f"{title}, sendmmsg of 32, joined by the server's device",
                        way=way, size=size, burst=32, cut=False, joins=True),
                Packets(f"{name}-long", f"{title}, 32 in a row", way=way, size=size, burst=32, quick=quick),
                Packets(name, f"{title}, 8 in a row", way=way, size=size),
                Packets(f"{name}-mixed", f"{title}, 1 in a row", way=way, size=size, burst=1),
            ]
    for way in ("up", "down", "echo"):
        for size in (1000, 100):
            for allocations in (20, 1, 1000):
                if allocations == 20 and way != "echo":
                    continue
                many.append(Packets(
                    f"{way}-{size}-{allocations}", f"{size} B, {allocations} allocation{'s' * (allocations > 1)}, {way}, 8 in a row",
                    way=way, size=size, allocations=allocations, window=1024 if allocations == 1000 else 512))
    for way in ("up", "down"):
        many.append(Packets(
            f"trains-{way}", f"16 × 1200 B + 300 B, {way}", way=way, size=1200, burst=16, tail=300, quick=way == "up"))
    for way in ("up", "down"):
        many.append(Packets(
            f"gso-{way}", f"senders with GSO, 16 × 1200 B, {way}", way=way, size=1200, burst=16, gso=True, quick=way == "up"))
    for way in ("up", "down"):
        many.append(Packets(
            f"paced-{way}", f"20 kpps offered, 1 in a row, {way}", way=way, burst=1, rate=20_000, quick=way == "up"))
    return many


def streams():
    return [
        Stream(f"{transport}-{way}{suffix}", f"{transport.upper()}, 1000 B, 20 allocations, {way}, {burst} in a row",
               way=way, transport=transport, burst=burst, quick=transport == "tls" and burst > 1)
        for transport in ("tcp", "tls") for way in ("up", "down") for suffix, burst in (("", 8), ("-mixed", 1))]


def others():
    return [
        RoundTrip("trip-1k", "round trip added at 1 kpps"),
        LoadedRoundTrip("trip-80", "round trip added at 80 % of each server's own saturation (1000 B, 8 in a row, up)"),
        Memory("memory", "memory of an allocation with a channel, of 2,000", quick=True),
        Allocations("allocations", "allocations, 64 outstanding", quick=True),
    ]
