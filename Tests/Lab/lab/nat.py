"""The kinds of NAT, each as an nftables ruleset. Pure text: nothing here touches the system.

nft 1.0.6 wants every statement of a chain on a line of its own.
"""

#: What each kind does, in the words of RFC 4787.
NAT_KINDS = {
    "plain": "endpoint-independent mapping, address-and-port-dependent filtering: most home routers",
    "symmetric": "address-and-port-dependent mapping: every destination sees another port",
    "full-cone": "endpoint-independent mapping and filtering: anybody may answer",
    "cgn": "two plain routers in a row, as with a carrier-grade NAT",
    "udp-blocked": "plain for TCP, no UDP: the hotel",
    "https-only": "nothing but TCP to port 443 gets out: the office",
    "rdp-only": "nothing but TCP to port 3389 gets out: the office that knew Remote Assistance",
    "tls-only": "nothing but TLS to port 443 gets out: the office that looks inside",
    "proxy-only": "nothing gets out but through the router's HTTP proxy, which connects to port 443 alone: the bank",
    "none": "no router: the host is on the internet itself",
}

FILTER_TABLE = "filter"
NAT_TABLE = "nat"
UPNP_FORWARD_CHAIN = "upnp_forward"
UPNP_PREROUTING_CHAIN = "upnp_prerouting"
UPNP_POSTROUTING_CHAIN = "upnp_postrouting"

#: The one TCP port that these let out.
_ONLY_PORT = {"https-only": 443, "rdp-only": 3389, "tls-only": 443}
#: The first data of a connection is its third packet, behind a TCP header of 32 bytes; TLS begins with the byte 22 (RFC 8446
#: §5.1). A reset, since the third packet sent again would be the fourth.
_TLS_ONLY = "iifname lan tcp dport 443 tcp flags & (syn|psh) == psh ct original packets 3 @th,256,8 != 22 reject with tcp reset"

#: One protocol of the two on UDP 5351, by the version in the datagram's first byte
#: (RFC 6886 §3: 0, RFC 6887 §7.1: 2).
_VERSION_BYTE = {"nat-pmp": 2, "pcp": 0, "pcp-peer": 0}


def ruleset(kind, *, lan_host, mapping="none", loss=0):
    """The ruleset of a router with interfaces `wan` and `lan`. `lan_host` is who gets everything
    of a full cone; `mapping` a mode of miniupnpd; `loss` percent of forwarded packets vanish."""
    works = mapping != "dead"
    lines = [
        f"table inet {FILTER_TABLE} {{",
        "  chain input {",
        "    type filter hook input priority 0; policy drop;",
        *_rules(
            "iifname lo accept",
            mapping in _VERSION_BYTE
            and f"iifname lan udp dport 5351 @th,64,8 {_VERSION_BYTE.get(mapping)} drop",
            "iifname lan accept",
            "ct state established,related accept",
            "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept",
        ),
        "  }",
        f"  chain {UPNP_FORWARD_CHAIN} {{",
        "  }",
        "  chain forward {",
        "    type filter hook forward priority 0; policy drop;",
        *_rules(
            loss and ("drop" if loss == 100 else f"numgen random mod 100 < {loss} drop"),
            kind == "udp-blocked" and "meta l4proto udp drop",
            kind in _ONLY_PORT and "iifname lan meta l4proto != tcp drop",
            kind in _ONLY_PORT and f"iifname lan tcp dport != {_ONLY_PORT.get(kind)} drop",
            kind == "tls-only" and _TLS_ONLY,
            kind == "proxy-only" and "iifname lan drop",
            "ct state established,related accept",
            "iifname lan accept",
            kind == "full-cone" and "ct status dnat accept",
            works and f"jump {UPNP_FORWARD_CHAIN}",
        ),
        "  }",
        "}",
        f"table inet {NAT_TABLE} {{",
        f"  chain {UPNP_PREROUTING_CHAIN} {{",
        "  }",
        f"  chain {UPNP_POSTROUTING_CHAIN} {{",
        "  }",
        "  chain prerouting {",
        "    type nat hook prerouting priority -100; policy accept;",
        *_rules(
            works and f"iifname wan jump {UPNP_PREROUTING_CHAIN}",
            kind == "full-cone" and f"iifname wan meta nfproto ipv4 meta l4proto udp dnat ip to {lan_host}",
        ),
        "  }",
        "  chain postrouting {",
        "    type nat hook postrouting priority 100; policy accept;",
        *_rules(
            works and f"oifname wan jump {UPNP_POSTROUTING_CHAIN}",
            f"oifname wan meta nfproto ipv4 masquerade{' fully-random' if kind == 'symmetric' else ''}",
        ),
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _rules(*rules):
    return [f"    {rule}" for rule in rules if rule]
