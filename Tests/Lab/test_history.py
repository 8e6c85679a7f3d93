"""A person who was connected over the relay asks why, and is told what was tried, how long it took and why it failed."""

import datetime
import json

import pytest
from lab import Home
from scenarios import RA_CONNECT, Assistance, require

SYMMETRIC = Home(nat="symmetric")


@pytest.fixture(scope="module")
def session():
    """A session that was relayed, and is over; `connected` are the two events."""
    require("Xvfb")
    with Assistance(SYMMETRIC, SYMMETRIC) as assistance:
        assistance.connected = assistance.connect()
        assistance.consent_to_view()
        assistance.helper.wait_for_event("first-frame")
        assistance.stop_in_order()
        yield assistance


def history(host, *options):
    return host.run([RA_CONNECT, "history", *options], timeout=30).stdout


def read(session, side):
    """The last session as this side's program tells it to programs, and to people."""
    host = getattr(session.lab, side)
    text = history(host, "--last", "--json")
    assert text.count("\n") == 1
    return json.loads(text), history(host, "--last")


@pytest.mark.parametrize("side, other, name", [("sharer", "helper", "Helge"), ("helper", "sharer", "Sharon")])
def test_a_relayed_session_is_explained_pair_by_pair(session, side, other, name):
    record, text = read(session, side)
    connected = session.connected[side == "helper"]
    assert (record["role"], record["peer"], record["ended"]["reason"]) == (side, name, "finished")
    assert record["elapsed_ms"] == connected["elapsed_ms"]
    assert record["path"]["kind"] == "relayed"
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(record["started"])
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=10)

    # What two symmetric NATs leave: each other's own addresses and the ports that the relay saw lead nowhere.
    here, there = getattr(session.lab, side), getattr(session.lab, other)
    tried = record["tried"]
    ways = {(row["kind"], row["local"].rpartition(":")[0], row["remote"].rpartition(":")[0]) for row in tried}
    assert {("direct", here.address4, there.address4), ("punched", here.address4, there.public_address)} <= ways
    for row in tried:
        assert row["why"], row
        assert (row["kind"] == "relayed") or row["result"] in ("failed", "frozen"), row
        # Those whose turn had not come when another path was there have no time.
        assert row.get("ms") is not None or row["result"] == "frozen", row
        assert row.get("ms", 0) >= 0
    chosen = [row for row in tried if row["why"] == "chosen"]
    assert [(row["local"], row["remote"], row["result"]) for row in chosen] == [
        (record["path"]["local"], record["path"]["remote"], "succeeded")]

    # The same for people: one line for each, and what to do about it.
    lines = text.splitlines()
    assert lines[1].startswith(f"Connected after {record['elapsed_ms']} ms over udp, relayed: ")
    table = lines.index(next(line for line in lines if line.split() == ["LOCAL", "REMOTE", "KIND", "RESULT", "TIME", "WHY"]))
    for row, line in zip(tried, lines[table + 1:], strict=False):
        time = f"{row['ms']} ms" if row.get("ms") is not None else "-"
        assert line.split() == [row["local"], row["remote"], row["kind"], row["result"], *time.split(), *row["why"].split()]
    assert lines[-1] == f"→ {record['advice']}" and "ra-probe" in record["advice"]


def test_the_sharer_can_read_what_was_allowed_when_and_how_much_was_sent(session):
    record, text = read(session, "sharer")
    assert [(each["what"], each.get("kind"), each.get("by")) for each in record["consents"]] == [
        ("asked", "view", None), ("granted", "view", "sharer")]
    times = [datetime.datetime.fromisoformat(each["at"]) for each in record["consents"]]
    assert datetime.datetime.fromisoformat(record["started"]) <= times[0] <= times[1]
    assert record["verified"] == "code" and len(record["fingerprint"].split(":")) == 32
    assert record["sent"]["pictures"] > 0 and record["sent"]["bytes"] > 100
    assert record["received"] == {"inputs": 0, "messages": 0}
    table = next(number for number, line in enumerate(text.splitlines()) if line.split() == ["WHEN", "WHAT", "OF", "BY"])
    assert text.splitlines()[table + 2].split()[-3:] == ["granted", "view", "sharer"]
    # The helper's side knows what it was told.
    assert [each["what"] for each in read(session, "helper")[0]["consents"]] == ["granted"]


def test_the_list_has_a_line_for_each_session_and_is_its_owners_alone(session):
    lines = history(session.lab.sharer).splitlines()
    assert len(lines) == 1 and "you shared your screen with Helge, relayed over udp" in lines[0]
    kept = session.lab.sharer.home / ".local/state/ra-connect/history.jsonl"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_who_has_had_no_session_is_told_so(session):
    assert history(session.lab.relay, "--last") == "There was no session yet.\n"
    assert history(session.lab.relay, "--last", "--json") == ""
