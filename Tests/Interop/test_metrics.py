"""What Prometheus and an operator are told by a relay that works."""

import json
import os
import stat
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import free_port
from scenarios import RA_RELAY, require
from test_turnutils import CLIENTS, MESSAGES, command


@pytest.fixture
def watched(make_relay):
    port = free_port()
    relay = make_relay("--metrics", f"127.0.0.1:{port}")
    relay.metrics_port = port
    return relay


def page(port, path):
    """Status and text of a page."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(port):
    text = page(port, "/metrics")[1]
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}


def traffic(relay, transport="udp"):
    client = relay.popen(command(relay, transport, "channels", False, ["-y"]))
    assert client.wait(60) == 0


def test_promtool_finds_nothing_to_complain_about(watched):
    require("promtool", "turnutils_uclient", lab=False)
    traffic(watched)
    text = page(watched.metrics_port, "/metrics")[1]
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_what_is_relayed_is_counted_as_the_client_counts_it(watched, transport):
    require("turnutils_uclient", lab=False)
    before = samples(watched.metrics_port)
    traffic(watched, transport)
    after = samples(watched.metrics_port)
    assert after[f'ra_relay_allocations_made_total{{transport="{transport}"}}'] >= 2
    sent = CLIENTS * MESSAGES
    for direction in ("to_peer", "to_client"):
        assert after[f'ra_relay_relayed_packets_total{{direction="{direction}"}}'] == sent
        assert after[f'ra_relay_relayed_bytes_total{{direction="{direction}"}}'] == sent * 170
    assert after['ra_relay_request_duration_seconds_count'] == sum(
        value for name, value in after.items() if name.startswith("ra_relay_requests_total{"))
    assert after["ra_relay_ready"] == 1 and after["ra_relay_draining"] == 0
    falling = {name for name, value in after.items()
               if name.split("{")[0].endswith("_total") and value < before.get(name, 0)}
    assert not falling


def test_a_wrong_password_is_seen(watched):
    require("turnutils_uclient", lab=False)
    watched.password = "guess"
    assert watched.popen(command(watched, "udp", "channels", False, ["-y"])).wait(30) != 0
    assert samples(watched.metrics_port)['ra_relay_authentication_failures_total{reason="credentials"}'] > 0


def test_no_user_and_no_address_is_named(watched):
    require("turnutils_uclient", lab=False)
    traffic(watched)
    text = page(watched.metrics_port, "/metrics")[1]
    for secret in (watched.user, watched.password, "127.0.0.1", watched.realm):
        assert secret not in text


def test_metrics_are_nowhere_else_and_health_is_everywhere(watched):
    assert page(watched.port, "/metrics")[0] == 404
    for port in (watched.port, watched.metrics_port):
        assert page(port, "/healthz") == (200, "ok\n")
        assert page(port, "/readyz") == (200, "ready\n")
    assert page(watched.metrics_port, "/.well-known/ra-relay")[0] == 404


def status(*arguments, **environment):
    return subprocess.run(
        [RA_RELAY, "status", *map(str, arguments)], capture_output=True, text=True, timeout=20,
        env={**os.environ, **environment})


def test_status_tells_a_person_and_a_program(relay):
    require("turnutils_uclient", lab=False)
    traffic(relay)
    asked = status("--state", relay.folder / "state")
    assert asked.returncode == 0, asked.stderr
    for part in ("serving", relay.realm, f"UDP 127.0.0.1:{relay.port}", "certificate  until ", f"to_peer {CLIENTS * MESSAGES}", "packets/s"):
        assert part in asked.stdout, asked.stdout
    told = json.loads(status("--json", "--state", relay.folder / "state").stdout)
    assert told["pid"] == relay.process.pid
    assert {f"127.0.0.1:{relay.port}", f"[::1]:{relay.port}"} <= set(told["listeners"]["tcp"])
    assert told["relayed"]["packets"] == {"to_peer": CLIENTS * MESSAGES, "to_client": CLIENTS * MESSAGES}
    assert told["allocations"]["made"] >= 4 and told["allocations"]["limit"] > 0
    assert told["is_ready"] is True and told["rates"]["interval"] >= 1
    assert len(told["workers"]) == os.cpu_count()


def test_status_finds_the_relay_by_its_file_too(relay):
    file = relay.folder / "relay.toml"
    file.write_text(f'state = "{relay.folder / "state"}"\n')
    assert status("--config", file).returncode == 0


def test_the_status_socket_is_its_owners_alone(relay):
    socket = relay.folder / "state" / "status.sock"
    assert stat.S_ISSOCK(socket.stat().st_mode) and stat.S_IMODE(socket.stat().st_mode) == 0o600


def test_status_says_when_no_relay_runs(tmp_path):
    require(lab=False)
    asked = status("--state", tmp_path / "nowhere")
    assert asked.returncode == 3
    assert f"No relay is running with the state directory {tmp_path / 'nowhere'}" in asked.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_killed_relay_leaves_a_name_that_the_next_one_takes(relay):
    relay.process.kill()
    assert status("--state", relay.folder / "state").returncode == 3
    relay.start()
    told = json.loads(status("--json", "--state", relay.folder / "state").stdout)
    assert told["pid"] == relay.process.pid
