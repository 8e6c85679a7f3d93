"""The load of `Benchmarks/bench-rendezvous` meets, compares all that arrives, and sees what is wrong; how fast is a benchmark's matter."""

import json
import subprocess

import pytest
from scenarios import RA_RELAY, require

LOAD = RA_RELAY.parent / "RendezvousLoad"


@pytest.fixture
def load(relay):
    """Runs the load until it has met, and returns what it says."""
    require(lab=False)
    if not LOAD.exists():
        pytest.skip(f"{LOAD} is not there; `swift build -c release` makes it")

    def run(*options):
        done = subprocess.run(
            [LOAD, "--port", str(relay.port), *map(str, options)], input="\n", capture_output=True, text=True, timeout=60)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]
    return run


def test_every_meeting_is_complete_and_every_message_of_it_is_counted(load):
    code, (present, met) = load("--present", 30, "--rate", 20, "--duration", 2, "--warm-up", 0.5, "--candidates", 3)
    assert code == 0 and present == {"present": 30}
    assert met["failures"] == {} and met["begun"] == met["met"] == 40
    # A share, a tag, a description, three candidates and their end, of either side.
    assert met["message"]["count"] == 40 * 14
    assert met["met_after"]["count"] == met["whole"]["count"] == 40
    assert 0 < met["message"]["p50_ms"] <= met["message"]["p99_ms"] <= met["message"]["p999_ms"]


def test_people_are_there_for_contacts_while_others_meet(load):
    code, (_, met) = load("--present", 10, "--contacts", 40, "--allowed", 100, "--rate", 10, "--duration", 1, "--warm-up", 0)
    assert code == 0 and met["failures"] == {} and met["met"] == 10


def test_more_helpers_than_people_who_wait_is_a_failure_that_is_told(load):
    code, (_, met) = load("--present", 1, "--rate", 1000, "--duration", 0.02, "--warm-up", 0, "--candidates", 0)
    assert code == 0 and met["met"] + sum(met["failures"].values()) == 20
    assert set(met["failures"]) == {"nobody waited"} and met["met"] >= 1


def test_without_a_relay_nobody_waits(relay):
    require(lab=False)
    if not LOAD.exists():
        pytest.skip(f"{LOAD} is not there; `swift build -c release` makes it")
    relay.process.kill()
    done = subprocess.run([LOAD, "--port", str(relay.port), "--present", "2"], input="\n", capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and done.stdout == "" and "connection was closed when 0 of 2 were there" in done.stderr
    relay.start()
