"""The configuration of a router's miniupnpd: UPnP IGD, NAT-PMP and PCP as real routers have them."""

import uuid

from . import nat

#: What the router offers to hosts that want a port opened.
MAPPING_MODES = {
    "none": "nothing",
    "all": "UPnP IGD 2, NAT-PMP and PCP",
    "upnp": "UPnP IGD alone",
    "igd1": "UPnP IGD 1 alone, as older routers have it",
    "nat-pmp": "NAT-PMP alone",
    "pcp": "PCP alone",
    "pcp-peer": "PCP that opens no port (MAP) and tells where one peer sees us (PEER)",
    "dead": "everything is accepted and nothing works: the mappings never reach the packet filter's hooks",
}


def configuration(mode, directory, *, ipv6=False, is_restarted=False):
    """The text of miniupnpd.conf for a router with interfaces `wan` and `lan`; with `ipv6` it opens its firewall for IPv6 as well.

    Its epoch is the machine's uptime, as that of a router that has run for long, until it is restarted."""
    upnp = mode in ("all", "upnp", "igd1", "dead")
    port_5351 = mode in ("all", "nat-pmp", "pcp", "pcp-peer", "dead")
    settings = {
        "ext_ifname": "wan",
        "listening_ip": "lan",
        "ipv6_disable": _yes(not ipv6),
        "enable_upnp": _yes(upnp),
        "enable_natpmp": _yes(port_5351),
        "secure_mode": "yes",
        "min_lifetime": 120,
        "max_lifetime": 86400,
        "upnp_table_name": nat.FILTER_TABLE,
        "upnp_nat_table_name": nat.NAT_TABLE,
        "upnp_forward_chain": nat.UPNP_FORWARD_CHAIN,
        # What MAP makes has no place; rules that deny it would have the daemon try 64,000 ports, one by one.
        "upnp_nat_chain": "nowhere" if mode == "pcp-peer" else nat.UPNP_PREROUTING_CHAIN,
        "upnp_nat_postrouting_chain": nat.UPNP_POSTROUTING_CHAIN,
        "friendly_name": "Lab router",
        "uuid": uuid.uuid5(uuid.NAMESPACE_URL, str(directory)),
        "force_igd_desc_v1": _yes(mode == "igd1"),
        "lease_file": directory / "leases",
        "notify_interval": 60,
        "system_uptime": _yes(not is_restarted),
        "http_port": 49000,  # routers have the same one after a restart, and open it for nobody
    }
    lines = [f"{key}={value}" for key, value in settings.items()]
    return "\n".join(lines + ["allow 1024-65535 0.0.0.0/0 0-65535", "deny 0-65535 0.0.0.0/0 0-65535"]) + "\n"


def _yes(value):
    return "yes" if value else "no"
