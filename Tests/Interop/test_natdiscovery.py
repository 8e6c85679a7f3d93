"""coturn's `turnutils_natdiscovery` learns from a relay what the NAT between them does: RFC 5780."""

import re

import pytest
from scenarios import require

OTHER = "127.0.0.2"


@pytest.fixture
def relay(make_relay, tmp_path):
    """On two addresses of IPv4, each with the main port and the further one of TLS, which is UDP's too."""
    settings = tmp_path / "relay.toml"
    settings.write_text("nat-discovery = true\n")
    return make_relay("--config", settings, "--listen", OTHER)


def discover(relay, *options):
    require("turnutils_natdiscovery", lab=False)
    client = relay.popen(["turnutils_natdiscovery", *options, "-p", relay.port, "-L", "127.0.0.1", "127.0.0.1"])
    assert client.wait(60) == 0, client.errors
    return "\n".join(client.lines) + client.errors


@pytest.mark.parametrize("padding", [(), ("-P",)], ids=["bare", "padded"])
def test_without_a_nat_mapping_and_filtering_depend_on_nothing(relay, padding):
    text = discover(relay, "-m", "-f", *padding)
    assert "NAT with Endpoint Independent Mapping!" in text, text
    assert "NAT with Endpoint Independent Filtering!" in text, text
    origins = set(re.findall(r"Response origin: : (\S+)", text))
    others = set(re.findall(r"Other addr: : (\S+)", text))
    # Mapping asks at the other address; filtering is answered from the other address and port.
    assert origins == {f"127.0.0.1:{relay.port}", f"{OTHER}:{relay.port}", f"{OTHER}:{relay.tls_port}"}, text
    assert others == {f"{OTHER}:{relay.tls_port}", f"127.0.0.1:{relay.tls_port}"}, text


def test_a_relay_that_was_not_asked_to_says_nothing_of_other_addresses(make_relay):
    text = discover(make_relay("--listen", OTHER), "-f")
    assert "UDP reflexive addr: 127.0.0.1:" in text, text
    assert not re.search("Response origin|Other addr|Independent Filtering", text), text
