"""SIGHUP: what changes, what waits for a restart, and that a mistake changes nothing."""

import datetime
import json
import pathlib
import signal
import time

import pytest
from conftest import free_port
from test_metrics import samples

RELOADS = "ra_relay_configuration_reloads_total"


class Reloaded:
    """A relay with a file of its own, and a log in JSON."""

    def __init__(self, make_relay, folder):
        self.file, self.metrics = folder / "relay.toml", free_port()
        self.file.write_text("")
        self.relay = make_relay(
            "--config", self.file, "--metrics", f"127.0.0.1:{self.metrics}", "--log-format", "json")

    def reload(self, text, is_logged=True):
        """Writes the file, and returns the metrics and the new lines of the log when the relay has read it."""
        lines, before = len(self.log), self.count()
        self.file.write_text(text)
        self.relay.process.signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while self.count() == before:
            assert time.monotonic() < end, self.relay.process.errors
        # The line follows the count.
        while is_logged and len(self.log) == lines:
            assert time.monotonic() < end, self.relay.process.errors
        return samples(self.metrics), self.log[lines:]

    def count(self):
        now = samples(self.metrics)
        return now[f'{RELOADS}{{result="success"}}'] + now[f'{RELOADS}{{result="failure"}}']

    @property
    def log(self):
        return [json.loads(line) for line in self.relay.process.errors.splitlines()]


@pytest.fixture
def reloaded(make_relay, tmp_path):
    return Reloaded(make_relay, tmp_path)


def test_the_log_names_what_changed_and_what_waits(reloaded):
    now, _ = reloaded.reload("quota-total = 5\nworkers = 1\n")
    assert now["ra_relay_allocations_limit"] == 5
    assert now[f'{RELOADS}{{result="success"}}'] == 1 and now["ra_relay_configuration_last_reload_successful"] == 1
    told = {line["message"]: line for line in reloaded.log}
    assert told["reloaded"]["changed"] == ["quota-total"]
    end = time.monotonic() + 20
    while "not changed before a restart" not in told:
        assert time.monotonic() < end, told
        told = {line["message"]: line for line in reloaded.log}
    assert told["not changed before a restart"]["keys"] == ["workers"]
    assert told["not changed before a restart"]["level"] == "warning"


@pytest.mark.parametrize("mistake", ["file", "certificate"])
def test_a_mistake_changes_nothing_at_all(reloaded, mistake):
    before = samples(reloaded.metrics)
    text = "quota-total = 5\n"
    if mistake == "file":
        text += "no-such-key = 1\n"
    else:
        pathlib.Path(reloaded.relay.key).write_text("no key\n")
    now, lines = reloaded.reload(text)
    assert now[f'{RELOADS}{{result="failure"}}'] == 1 and now["ra_relay_configuration_last_reload_successful"] == 0
    for same in ("ra_relay_allocations_limit", "ra_relay_certificate_expiry_timestamp_seconds",
                 "ra_relay_configuration_last_reload_success_timestamp_seconds"):
        assert now[same] == before[same], same
    assert lines[-1]["message"] == "the configuration is not taken over" and lines[-1]["level"] == "warning"
    assert ("no-such-key" if mistake == "file" else pathlib.Path(reloaded.relay.key).name) in lines[-1]["error"]
    assert not [line for line in lines if line["message"] in ("reloaded", "the certificate")]


def test_the_log_level_follows(reloaded):
    reloaded.reload('log-level = "error"\n')
    now, _ = reloaded.reload('quota-total = 5\nlog-level = "error"\n', is_logged=False)
    assert now["ra_relay_allocations_limit"] == 5
    reloaded.reload('log-level = "info"\n', is_logged=False)
    reloaded.reload("quota-total = 6\n")
    told = [line["changed"] for line in reloaded.log if line["message"] == "reloaded"]
    assert told == [["log-level"], ["quota-total"]]


def test_a_line_for_programs_has_numbers_and_a_time(reloaded):
    log = reloaded.log
    for line in log:
        assert datetime.datetime.fromisoformat(line["time"]).tzinfo is not None
        assert line["level"] in ("trace", "debug", "info", "notice", "warning", "error")
    listening = next(line for line in log if line["message"] == "listening")
    assert reloaded.relay.port in listening["tcp"]
    assert next(line for line in log if line["message"] == "the certificate")["self-signed"] is False
