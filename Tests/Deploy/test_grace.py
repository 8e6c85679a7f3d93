"""Whoever stops a relay waits longer than the relay waits for its clients."""

import re

import pytest
from deployed import DEPLOY

BOUNDS = {
    "systemd/ra-relay.service": r"^TimeoutStopSec=(\d+)$",
    "kubernetes/ra-relay.yaml": r"^ +terminationGracePeriodSeconds: (\d+)$",
    "container/compose.yaml": r"^ +stop_grace_period: (\d+)s$",
}


@pytest.mark.parametrize("file", BOUNDS)
def test_a_drain_is_not_cut_short(file):
    minutes = int(re.search(r'^# drain-deadline = "(\d+)m"  # default$', (DEPLOY / "ra-relay.toml").read_text(), re.M)[1])
    assert int(re.search(BOUNDS[file], (DEPLOY / file).read_text(), re.M)[1]) >= minutes * 60 + 10
