"""Rules, alerts and the dashboard name metrics and labels that the relay has, and promtool takes the rules."""

import json
import re
import sys

import pytest
import yaml
from deployed import DEPLOY, ROOT, need_root, netns, page, run, running
from scenarios import RA_RELAY, require

RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "ra-relay.json").read_text())
METRIC = re.compile(r"\b(ra_relay_\w+|process_\w+)")
SELECTOR = re.compile(r"\b(ra_relay_\w+|process_\w+)\{([^}]*)\}")
#: Prometheus puts these on every series.
SCRAPED = {"job", "instance", "le"}
#: An Allocate for UDP without credentials, which is refused: error codes are counted from the first time they were sent.
REFUSED = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(20)
    client.sendto(bytes.fromhex("000300082112a442" + "00" * 12 + "0019000411000000"), ("127.0.0.1", 3478))
    assert client.recv(1500)[:2] == bytes.fromhex("0113")
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """What a relay with a certificate exports: each metric's name, and the values of its labels."""
    require("curl", "openssl", lab=False)
    need_root()
    folder = tmp_path_factory.mktemp("relay")
    with running(netns(RA_RELAY, "serve", "--listen", "127.0.0.1", "--also-listen", "", "--tls-self-signed",
                       "--state", folder / "state", "--metrics", "127.0.0.1:9478")) as (relay, _):
        run("nsenter", "--net", "--target", relay.pid, sys.executable, "-c", REFUSED)
        status, text = page(relay, "/metrics", port=9478)
    assert status == 200
    (folder / "metrics").write_text(text)
    run("sh", "-c", 'promtool check metrics <"$0"', folder / "metrics")
    found = {}
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, labels = re.match(r"(\w+)(?:\{(.*)\})? ", line).groups()
        values = found.setdefault(name, {})
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels or ""):
            values.setdefault(label, set()).add(value)
    assert len(found) > 30
    return found


def queries():
    for group in RULES:
        for rule in group["rules"]:
            yield rule.get("alert") or rule["record"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_a_query_names_what_the_relay_exports(exported, where, query):
    recorded = {rule["record"] for group in RULES for rule in group["rules"] if "record" in rule}
    named = [name for name in METRIC.findall(re.sub(r"\b\w+:\w+:\w+\b", "", query))]
    assert named or recorded & set(re.findall(r"\b\w+:\w+:\w+\b", query)) or "up{" in query
    for name in named:
        assert name in exported, f"{where}: {name}"
    for name, labels in SELECTOR.findall(query):
        for label, sign, value in re.findall(r'(\w+)(=~|=)"([^"]*)"', labels):
            if label in SCRAPED:
                continue
            assert label in exported[name], f"{where}: {name} has no {label}"
            wanted = value.split("|") if sign == "=~" else [value]
            assert label == "code" or set(wanted) <= exported[name][label], f"{where}: {name}{{{label}={value}}}"


def test_promtool_takes_the_rules_and_their_tests():
    require("promtool", lab=False)
    folder = DEPLOY / "prometheus"
    run("promtool", "check", "rules", folder / "rules.yml")
    run("promtool", "check", "config", folder / "scrape.yml")
    run("promtool", "test", "rules", folder / "rules_test.yml")


def test_every_alert_has_its_place_in_the_runbook():
    headings = {line.lstrip("# ") for line in (ROOT / "docs" / "operations.md").read_text().splitlines() if line.startswith("#")}
    for group in RULES:
        for rule in group["rules"]:
            if "alert" in rule:
                assert rule["annotations"]["runbook"] in headings, rule["alert"]


def test_the_dashboard_shows_what_an_operator_looks_for():
    text = json.dumps(DASHBOARD["panels"])
    for name in ("ra_relay_allocations{", "ra_relay_relayed_bytes_total", "ra_relay_dropped_packets_total",
                 "ra_relay_requests_refused_total", "process_cpu_seconds_total", "ra_relay_certificate_expiry_timestamp_seconds",
                 "ra_relay_draining", "ra_relay_ready"):
        assert name in text
    identities = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(identities)) == len(identities)
