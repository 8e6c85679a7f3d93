"""Which addresses a relay forwards to, said by Python's `ipaddress`: a second opinion on `PeerPolicy`.

`python Tests/House/peer_policy.py` writes Tests/RelayTests/Vectors/peer-policy.txt anew; the house's tests compare it with
this file, and RelayTests tries every line of it in every way out. So neither side can move alone.
"""

import ipaddress
import pathlib
import random

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "RelayTests" / "Vectors" / "peer-policy.txt"

#: Where IANA's registries (as of 2025) say something else than some Python's `ipaddress`, most specific first, with the
#: reason. True: globally reachable.
CORRECTIONS = [
    ("192.0.0.9/32", True, "Port Control Protocol anycast, RFC 7723: Python before 3.13 has no exceptions"),
    ("192.0.0.10/32", True, "TURN anycast, RFC 8155"),
    ("192.0.0.0/24", False, "protocol assignments: Python before 3.13 knows /29 and 192.0.0.170/31 of it"),
    ("192.88.99.0/24", False, "6to4 relay anycast, deprecated by RFC 7526: Python calls it global"),
    ("100.64.0.0/10", False, "shared address space, RFC 6598: neither private nor global to Python"),
    ("2001:1::1/128", True, "PCP anycast"),
    ("2001:1::2/128", True, "TURN anycast"),
    ("2001:1::3/128", True, "DNS-SD SRP anycast, RFC 9665"),
    ("2001:3::/32", True, "AMT, RFC 7450"),
    ("2001:4:112::/48", True, "AS112, RFC 7535"),
    ("2001:20::/28", True, "ORCHIDv2, RFC 7343"),
    ("2001:30::/28", True, "drone remote identification, RFC 9374"),
    ("3fff::/20", False, "documentation, RFC 9637: newer than Python 3.13"),
]
CORRECTIONS = [(ipaddress.ip_network(block), reachable) for block, reachable, _ in CORRECTIONS]

GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
COMPATIBLE = ipaddress.ip_network("::/96")


def is_allowed(address):
    """DESIGN.md's rule: globally reachable by the registries; embedded IPv4 judged as itself; Teredo and compatible never."""
    if address.version == 6:
        if address.teredo or address in COMPATIBLE:
            return False
        embedded = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            embedded = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if embedded:
            return is_allowed(embedded)
        if address not in GLOBAL_UNICAST:
            return False
    for block, reachable in CORRECTIONS:
        if address.version == block.version and address in block:
            return reachable
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def edges(block):
    """First and last address of a block, and its neighbours."""
    for number in (int(block[0]) - 1, int(block[0]), int(block[-1]), int(block[-1]) + 1):
        if 0 <= number < 1 << block.max_prefixlen:
            yield (ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address)(number)


def in_other_clothes(address):
    """An IPv4 address as IPv6 ones that embed it: mapped, compatible, NAT64, 6to4, Teredo (server, and client inverted)."""
    number = int(address)
    for text in ("::ffff:0:0", "::", "64:ff9b::"):
        yield ipaddress.IPv6Address(int(ipaddress.IPv6Address(text)) | number)
    yield ipaddress.IPv6Address(0x2002 << 112 | number << 80 | 1)
    yield ipaddress.IPv6Address(0x2001_0000 << 96 | number << 64)
    yield ipaddress.IPv6Address(0x2001_0000 << 96 | number ^ 0xFFFF_FFFF)


def addresses():
    """Every edge of every range that Python, the registries or DESIGN.md know, in all clothes, and some from anywhere."""
    ipv4, ipv6 = ipaddress._IPv4Constants, ipaddress._IPv6Constants
    blocks = set(ipv4._private_networks) | {ipv4._multicast_network, ipv4._reserved_network, ipv4._linklocal_network}
    blocks |= set(ipv6._private_networks) | set(ipv6._reserved_networks)
    blocks |= {ipv6._multicast_network, ipv6._linklocal_network, ipv6._sitelocal_network}
    blocks |= {block for block, _ in CORRECTIONS} | {GLOBAL_UNICAST, NAT64, COMPATIBLE}
    blocks |= {ipaddress.ip_network(text) for text in ("2001::/32", "2002::/16", "::ffff:0:0/96", "64:ff9b:1::/48", "5f00::/16")}
    found = {address for block in blocks for address in edges(block)}
    seeded = random.Random(8656)
    found |= {ipaddress.IPv4Address(seeded.getrandbits(32)) for _ in range(100)}
    found |= {ipaddress.IPv6Address(1 << 125 | seeded.getrandbits(125)) for _ in range(100)}
    found |= {ipaddress.IPv6Address(seeded.getrandbits(128)) for _ in range(50)}
    for address in [address for address in found if address.version == 4]:
        found |= set(in_other_clothes(address))
    return sorted(found, key=lambda address: (address.version, int(address)))


def vectors():
    return "".join(f"{address} {'allowed' if is_allowed(address) else 'refused'}\n" for address in addresses())


if __name__ == "__main__":
    VECTORS.parent.mkdir(exist_ok=True)
    VECTORS.write_text(vectors())
