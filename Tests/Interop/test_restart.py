"""A relay that dies under load and comes back: clients that allocate again lose nothing but the outage."""

import json

import pytest
from others import pion
from scenarios import require

PAIRS = 8


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_clients_that_allocate_again_lose_nothing_but_the_outage(relay, transport):
    """Each pair sends a message when the one before has come back, and allocates anew when one has not.

    So a message that is lost begins an outage. There is one for each pair, as there is one restart."""
    require("go", lab=False)
    clients = relay.popen([pion(), "-transport", transport, "-server", f"127.0.0.1:{relay.port}", "-user", relay.user,
                           "-password", relay.password, "-pairs", PAIRS, "-patience", "3s", "load"])
    clients.wait_for_line("all talk, round 0")
    relay.process.kill()
    relay.start()
    clients.wait_for_line("all talk, round 1", timeout=40)
    clients.close_input()
    assert clients.wait(20) == 0, clients.errors
    seen = json.loads(clients.lines[-1])
    assert len(seen) == PAIRS
    for pair in seen:
        assert "error" not in pair, pair
        before, after = pair["bounced"]
        assert before >= 20 and after >= 20
        assert len(pair["outages"]) == 1, pair
