"""`ra-relay ban`, beside a relay that runs: who is shut out loses what there is within five seconds, and gets no more."""

import json
import os
import sqlite3
import subprocess
import time

import pytest
from conftest import free_port
from rendezvous import Client, Gone
from scenarios import RA_RELAY, require
from scenarios.waiting import eventually
from test_contacts import Person, people, text
from test_metrics import samples

#: The issue's bound, from the command's end to the ban's hold.
WITHIN = 5


def ban(relay, *words, check=True):
    done = subprocess.run(
        [RA_RELAY, "ban", *map(str, words), "--state", relay.folder / "state"], capture_output=True, text=True, timeout=20)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture
def watched(make_relay):
    port = free_port()
    relay = make_relay("--metrics", f"127.0.0.1:{port}", "--log-format", "json")
    relay.metrics_port = port
    return relay


def talking(relay, transport="udp", address="127.0.0.1"):
    """coturn's clients, which talk for longer than any test, once they have allocations."""
    require("turnutils_uclient", lab=False)
    port = relay.tls_port if transport in ("tls", "dtls") else relay.port
    client = relay.popen([
        "turnutils_uclient", "-v", "-L", address, "-p", port, "-u", relay.user, "-w", relay.password, "-n", 100_000, "-m", 2,
        "-l", 170, "-z", 20, "-y", "-c", *["-t"] * (transport in ("tcp", "tls")), *["-S"] * (transport in ("tls", "dtls")), "127.0.0.1"])
    eventually(lambda: allocations(relay) >= 2, "they have allocations", timeout=30)
    relayed(relay, grows=True)
    return client


def allocations(relay):
    return sum(value for name, value in samples(relay.metrics_port).items() if name.startswith("ra_relay_allocations{"))


def relayed(relay, grows):
    """Waits until packets are relayed, or says whether any were within a second."""
    def count():
        return samples(relay.metrics_port)['ra_relay_relayed_packets_total{direction="to_client"}']
    before = count()
    if grows:
        eventually(lambda: count() > before, "packets are relayed", timeout=30)
        return True
    time.sleep(1)  # nothing can be waited for: what is seen is that nothing comes
    return count() > before


def ends_within_bound(relay):
    began = time.monotonic()
    eventually(lambda: allocations(relay) == 0, "the allocations have ended", timeout=4 * WITHIN)
    return time.monotonic() - began


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls", "dtls"])
@pytest.mark.parametrize("what", ["user", "address"])
def test_a_banned_client_loses_its_allocation_within_five_seconds(watched, transport, what, record_property):
    talking(watched, transport, "127.0.0.7")
    ban(watched, "add", *["--user", watched.user] if what == "user" else ["--address", "127.0.0.7"])
    took = ends_within_bound(watched)
    record_property("seconds", round(took, 1))
    assert took < WITHIN
    assert not relayed(watched, grows=False)
    now = samples(watched.metrics_port)
    assert now['ra_relay_allocations_ended_total{reason="banned"}'] >= 2
    assert now[f'ra_relay_bans{{kind="{what}"}}'] == 1
    assert now["ra_relay_bans_read_timestamp_seconds"] > time.time() - 10
    assert allocations(watched) == 0


def test_another_user_and_another_address_notice_nothing(watched):
    client = talking(watched, "udp", "127.0.0.7")
    ban(watched, "add", "--user", "mallory")
    ban(watched, "add", "--address", "127.0.0.8")
    ban(watched, "add", "--address", "2001:db8::1")
    eventually(lambda: samples(watched.metrics_port)['ra_relay_bans{kind="address"}'] == 2, "the relay has read them", timeout=WITHIN)
    assert relayed(watched, grows=True) and client.exit_code is None
    assert samples(watched.metrics_port)['ra_relay_allocations_ended_total{reason="banned"}'] == 0


def test_a_banned_address_loses_its_websocket_and_gets_no_other(watched):
    shut_out, other = Client(watched.port, source="127.0.0.7"), Client(watched.port, source="127.0.0.8")
    lookup = shut_out.create()["lookup"]
    other.create()
    ban(watched, "add", "--address", "127.0.0.7/32", "--for", "1h", "--reason", "a test")
    shut_out.socket.settimeout(WITHIN)
    with pytest.raises(Gone):
        shut_out.hear()
    with pytest.raises(Gone):
        Client(watched.port, source="127.0.0.7")
    # Its invitation is one whose sharer is away, and everybody else is served.
    assert Client(watched.port, source="127.0.0.9").ask("meet", version=1, lookup=lookup)["type"] == "gone"
    assert other.ask("extend", lookup="000000", lifetime=60)["type"] == "error"
    now = samples(watched.metrics_port)
    assert now['ra_relay_banned_connections_total{result="closed"}'] == 1
    assert now['ra_relay_banned_connections_total{result="refused"}'] >= 1
    ban(watched, "remove", "--address", "127.0.0.7")
    eventually(lambda: serves(watched, "127.0.0.7"), "who is let in again is served", timeout=WITHIN)


@pytest.mark.parametrize("what", ["person", "key"])
def test_a_banned_person_is_shut_out_within_five_seconds_and_absent_to_others(watched, what, record_property):
    ann, carol = Person(), Person()
    theirs, ours = carol.present(watched.port, "carol", ann.key), ann.present(watched.port, "ann", carol.key)
    assert ours.ask("presence", name="carol")["here"]
    known = {one["name"]: one for one in map(json.loads, people(watched, "list", "--json").stdout.splitlines())}
    fingerprint = known["carol"]["fingerprint"]
    added = ban(watched, "add", *["--person", "carol"] if what == "person" else ["--key", fingerprint.lower()], "--json")
    added_at = time.monotonic()
    added = json.loads(added.stdout)
    assert (added["person"], added["key"]) == ("carol" if what == "person" else None, fingerprint)
    assert theirs.hear() == {"type": "error", "code": "banned"}
    took = time.monotonic() - added_at
    with pytest.raises(Gone):
        theirs.hear()
    record_property("seconds", round(took, 1))
    assert took < WITHIN
    # Neither with that name nor with another one; to others nobody is there.
    assert carol.connect(watched.port).proven == {"type": "error", "code": "banned", "of": "identify"}
    assert ours.ask("presence", name="carol") == {"type": "presence", "name": "carol", "here": False}
    assert ours.ask("call", call="0" * 26, to="carol", key=text(carol.key), kind="ring", payload="x") == {
        "type": "unavailable", "call": "0" * 26}
    # The name is nobody else's, whatever the ban was of.
    assert Person().connect(watched.port).ask("register", name="carol")["code"] == "name-taken"
    now = samples(watched.metrics_port)
    assert now[f'ra_relay_bans{{kind="{what}"}}'] == 1 and now['ra_relay_bans{kind="key"}'] == 1
    assert now['ra_relay_banned_people_total{result="closed"}'] == 1 and now['ra_relay_banned_people_total{result="refused"}'] == 1
    ban(watched, "remove", *["--person", "carol"] if what == "person" else ["--key", fingerprint])
    eventually(lambda: carol.connect(watched.port).proven == {"type": "identified"}, "carol is let in again", timeout=WITHIN)


def test_a_person_who_is_banned_stays_so_over_a_restart_and_nobody_takes_the_name(watched):
    carol = Person()
    carol.present(watched.port, "carol")
    ban(watched, "add", "--person", "carol", "--reason", "rings at night")
    ban(watched, "add", "--person", "nobody-yet")
    watched.process.kill()
    watched.start()
    assert carol.connect(watched.port).proven["code"] == "banned"  # from the first connection on
    assert Person().connect(watched.port).ask("register", name="nobody-yet")["code"] == "name-taken"
    listed = json.loads(ban(watched, "list", "--json").stdout)["bans"]
    assert [(one["person"], one["key"] is None, one["user"]) for one in listed] == [("carol", False, None), ("nobody-yet", True, None)]
    assert ban(watched, "list").stdout.splitlines() == [
        f"person carol with the key {listed[0]['key']}, until it is removed: rings at night", "person nobody-yet, until it is removed"]
    # A name that is freed stays banned, and its key is another ban's matter.
    assert people(watched, "remove", "carol").returncode == 0
    eventually(lambda: carol.connect(watched.port).proven == {"type": "identified"}, "the key has no banned name", timeout=WITHIN)
    assert carol.connect(watched.port).ask("register", name="carol")["code"] == "name-taken"


def test_who_was_given_a_banned_name_by_a_relay_that_did_not_know_of_the_ban_is_not_shut_out(watched):
    ban(watched, "add", "--person", "carol")
    ann = Person()
    given = int(time.time()) + 1
    with sqlite3.connect(watched.folder / "state" / "ra-relay.sqlite") as database:
        database.execute("INSERT INTO person (name, key, registered, seen) VALUES ('carol', ?, ?, ?)", (ann.key, given, given))
    read = "ra_relay_bans_read_timestamp_seconds"
    eventually(lambda: samples(watched.metrics_port)[read] > given, "the bans were read since", timeout=2 * WITHIN)
    now = samples(watched.metrics_port)
    assert now['ra_relay_bans{kind="person"}'] == 1 and now['ra_relay_bans{kind="key"}'] == 0
    client = ann.connect(watched.port)
    assert client.proven == {"type": "identified"}
    assert client.ask("present", name="carol", allow="", strangers=False)["code"] == "not-yours"
    assert client.ask("register", name="carol")["code"] == "name-taken"
    ann.present(watched.port, "ann")


def serves(relay, source):
    try:
        client = Client(relay.port, source=source, timeout=2)
    except Gone:
        return False
    client.close()
    return client.status == 101


def test_a_ban_ends_by_itself_and_outlives_the_relay(watched):
    ban(watched, "add", "--address", "127.0.0.7", "--for", "8s")
    until = time.time() + 8
    watched.process.kill()
    watched.start()
    assert not serves(watched, "127.0.0.7") or time.time() > until  # from the first connection on
    eventually(lambda: serves(watched, "127.0.0.7"), "the ban is over", timeout=20)
    assert json.loads(ban(watched, "list", "--json").stdout) == {"bans": []}


def test_the_log_names_nobody(watched):
    ban(watched, "add", "--user", "carol-the-flooder", "--reason", "a reason")
    def told():
        return [line for line in map(json.loads, watched.process.errors.splitlines()) if line["message"] == "the bans have changed"]
    line = eventually(told, "the log speaks of it", timeout=WITHIN)[0]
    assert (line["users"], line["addresses"], line["connections-closed"], line["level"]) == (1, 0, 0, "notice")
    assert "carol" not in watched.process.errors and "a reason" not in watched.process.errors


def test_what_is_printed(watched):
    added = json.loads(ban(watched, "add", "--user", "carol", "--for", "1h", "--reason", "floods", "--json").stdout)
    assert (added["user"], added["address"], added["reason"]) == ("carol", None, "floods")
    assert added["added"] < added["expires"]
    assert ban(watched, "add", "--address", "2001:db8:1:2ab::7").stdout == "banned: address 2001:db8:1:200::/56, until it is removed\n"
    assert ban(watched, "add", "--address", "::ffff:192.0.2.7").stdout == "banned: address 192.0.2.7/32, until it is removed\n"
    listed = json.loads(ban(watched, "list", "--json").stdout)["bans"]
    assert [one["address"] or one["user"] for one in listed] == ["192.0.2.7/32", "2001:db8:1:200::/56", "carol"]
    assert ban(watched, "list").stdout.splitlines()[-1] == f"user carol, until {added['expires']}: floods"
    assert json.loads(ban(watched, "remove", "--user", "carol", "--json").stdout) == {"removed": True}
    again = ban(watched, "remove", "--user", "carol", check=False)
    assert again.returncode == 1 and "there is no ban of user carol" in again.stderr
    for text in ("192.0.2.7", "2001:db8:1:2ff::"):
        ban(watched, "remove", "--address", text)
    assert ban(watched, "list").stdout == "Nobody is banned.\n"


@pytest.mark.parametrize(("words", "says"), [
    (["add"], "Say whom"), (["add", "--user", "a", "--address", "192.0.2.7"], "Say whom"), (["add", "--user", ""], "--user"),
    (["add", "--address", "alice"], "write an address such as"), (["add", "--address", "192.0.2.7/24"], "write 192.0.2.0/24"),
    (["add", "--address", "0.0.0.0/0"], "shortest prefix is /8"), (["add", "--user", "a", "--for", "soon"], "is not a time"),
    (["remove"], "Say whom"), (["add", "--person", "a", "--user", "a"], "Say whom"), (["add", "--person", "a@b"], "no @"),
    (["add", "--key", "carol"], "six groups of four"),
])
def test_a_wrong_command_says_what_is_right(watched, words, says):
    done = ban(watched, *words, check=False)
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_without_a_store_it_says_where_to_look(tmp_path):
    require(lab=False)
    done = subprocess.run([RA_RELAY, "ban", "list", "--state", tmp_path], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "no store in" in done.stderr
    assert not os.listdir(tmp_path)


def test_a_store_of_the_release_before_gets_the_bans(tmp_path):
    """Its tables are those of the first version, and its invitations stay."""
    require(lab=False)
    tmp_path.chmod(0o700)
    with sqlite3.connect(tmp_path / "ra-relay.sqlite") as database:
        database.executescript("""
            CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
            INSERT INTO grdb_migrations VALUES ('1 invitations');
            CREATE TABLE invitation (
                lookup TEXT PRIMARY KEY NOT NULL, label TEXT NOT NULL, ownerDigest BLOB NOT NULL, source TEXT NOT NULL,
                created INTEGER NOT NULL, expires INTEGER NOT NULL, ceiling TEXT NOT NULL, allowedUses INTEGER NOT NULL,
                uses INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
            CREATE INDEX invitationBySource ON invitation (source, expires);
            CREATE INDEX invitationByExpiry ON invitation (expires);
            INSERT INTO invitation VALUES ('ABC123', '0', x'00', 's', 1, 4000000000, 'view', 1, 0, 'open');
            """)
    done = subprocess.run([RA_RELAY, "ban", "add", "--user", "carol", "--state", tmp_path], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(tmp_path / "ra-relay.sqlite") as database:
        assert database.execute("SELECT kind, subject FROM ban").fetchall() == [("user", "carol")]
        assert database.execute("SELECT lookup FROM invitation").fetchall() == [("ABC123",)]
        # A later version may know more kinds.
        database.execute("INSERT INTO ban VALUES ('galaxy', 'M31', 1, NULL, '')")
    listed = subprocess.run([RA_RELAY, "ban", "list", "--json", "--state", tmp_path], capture_output=True, text=True, timeout=20)
    assert [one["user"] for one in json.loads(listed.stdout)["bans"]] == ["carol"]
