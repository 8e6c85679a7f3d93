"""The vectors that RelayTests tries are what Python's `ipaddress` says today."""

import ipaddress

import peer_policy


def test_the_vectors_are_what_python_says():
    known = dict(line.split() for line in peer_policy.VECTORS.read_text().splitlines())
    assert len(known) > 900 and {"allowed", "refused"} == set(known.values())
    for text, verdict in known.items():
        assert verdict == ("allowed" if peer_policy.is_allowed(ipaddress.ip_address(text)) else "refused"), text


def test_every_edge_that_this_python_knows_is_among_them():
    known = {line.split()[0] for line in peer_policy.VECTORS.read_text().splitlines()}
    edges = {str(address) for block, _ in peer_policy.CORRECTIONS for address in peer_policy.edges(block)}
    edges |= {str(address) for block in ipaddress._IPv4Constants._private_networks for address in peer_policy.edges(block)}
    missing = edges - known
    assert not missing, f"python Tests/House/peer_policy.py adds {sorted(missing)[:3]}"
