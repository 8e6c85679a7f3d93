"""The relay's switchboard, spoken to by a client that is not ours: keys and proofs come from another library."""

import base64
import json
import os
import pathlib
import subprocess
import urllib.request

import pytest
from conftest import free_port
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rendezvous import Client, Gone
from scenarios import RA_RELAY
from test_hostile_input import resident
from test_metrics import samples


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def lv_cat(*parts):
    """As in draft-irtf-cfrg-cpace, for parts of less than 128 bytes."""
    return b"".join(bytes([len(part)]) + part for part in parts)


class Person:
    """A key, and connections that prove it."""

    def __init__(self):
        self.secret = Ed25519PrivateKey.generate()
        self.key = self.secret.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def connect(self, port, *, host=b"relay.example.org", signed=None, **options):
        client = Client(port, path=b"/contacts", host=host, **options)
        challenge = client.ask("identify", version=1, key=text(self.key))
        nonce = base64.urlsafe_b64decode(challenge["nonce"] + "=")
        statement = lv_cat(b"ra-contacts/1 identify", signed or host.split(b":")[0].lower(), nonce, self.key)
        client.proven = client.ask("prove", proof=text(self.secret.sign(statement)))
        return client

    def present(self, port, name, *allow, strangers=False, **options):
        client = self.connect(port, **options)
        assert client.ask("register", name=name) == {"type": "registered", "name": name}
        keys = text(b"".join(key for key in allow))
        assert client.ask("present", name=name, allow=keys, strangers=strangers) == {"type": "present", "name": name}
        return client


@pytest.fixture
def relay(make_relay):
    port = free_port()
    relay = make_relay("--metrics", f"127.0.0.1:{port}")
    relay.metrics_port = port
    return relay


def people(relay, *words):
    return subprocess.run(
        [RA_RELAY, "people", *words, "--state", relay.folder / "state"], capture_output=True, text=True, timeout=20)


def test_a_call_from_one_person_to_another(relay):
    ann, bob = Person(), Person()
    callee = bob.present(relay.port, "bob", ann.key)
    caller = ann.connect(relay.port)
    assert caller.proven == {"type": "identified"}
    assert caller.ask("look", name="bob") == {"type": "person", "name": "bob", "key": text(bob.key)}
    assert caller.ask("presence", name="bob") == {"type": "presence", "name": "bob", "here": True, "key": text(bob.key)}
    caller.say("call", call="0" * 26, to="bob", key=text(bob.key), kind="ring", payload="sealed")
    called = callee.hear()
    assert called == {
        "type": "called", "call": called["call"], "from": text(ann.key), "kind": "ring", "payload": "sealed"}
    callee.say("answer", call=called["call"], payload="yes")
    assert caller.hear() == {"type": "answered", "call": "0" * 26, "payload": "yes"}
    callee.close()
    assert caller.hear() == {"type": "hung-up", "call": "0" * 26}
    assert caller.ask("presence", name="bob") == {"type": "presence", "name": "bob", "here": False}
    counted = samples(relay.metrics_port)
    assert counted['ra_relay_calls_total{result="passed_on"}'] == 1
    assert (counted["ra_relay_people_present"], counted["ra_relay_contact_connections"]) == (0, 1)


def test_a_proof_for_another_relay_is_none(relay):
    client = Person().connect(relay.port, signed=b"evil.example.org")
    assert client.proven == {"type": "error", "code": "not-proven", "of": "identify"}
    with pytest.raises(Gone):
        client.hear()
    assert samples(relay.metrics_port)['ra_relay_identity_proofs_total{result="wrong"}'] == 1


def test_a_relay_that_knows_its_name_takes_no_proof_for_another(make_relay):
    relay = make_relay("--public-url", "https://relay.example.org")
    assert Person().connect(relay.port).proven == {"type": "identified"}
    assert Person().connect(relay.port, host=f"127.0.0.1:{relay.port}".encode()).proven == {"type": "identified"}
    assert Person().connect(relay.port, host=b"LOCALHOST").proven == {"type": "identified"}
    for host in (b"evil.example.org", b"203.0.113.9", b"[2001:db8::1]"):
        with pytest.raises(Gone):
            Person().connect(relay.port, host=host)


def test_where_contacts_are_is_in_the_description(relay):
    with urllib.request.urlopen(f"http://127.0.0.1:{relay.port}/.well-known/ra-relay", timeout=20) as answer:
        assert json.load(answer)["contacts"] == f"wss://127.0.0.1:{relay.port}/contacts"


def test_pages_of_others_are_refused(relay):
    assert Client(relay.port, path=b"/contacts", fields=b"Origin: http://relay\r\n").status == 101
    with pytest.raises(Gone):
        Client(relay.port, path=b"/contacts", fields=b"Origin: http://evil.example.org\r\n")


def test_the_longest_list_fits_and_a_longer_message_closes_the_connection(relay):
    ann = Person()
    client = ann.present(relay.port, "ann", *(os.urandom(32) for _ in range(500)))
    with pytest.raises(Gone):
        client.say("later", text="x" * 25_000)
        client.hear()


def test_names_are_listed_and_freed(relay):
    ann, eve = Person(), Person()
    assert people(relay, "list").stdout == "Nobody has a name here.\n"
    first = ann.present(relay.port, "ann")
    (line,) = people(relay, "list", "--json").stdout.splitlines()
    assert (json.loads(line)["name"], json.loads(line)["key"]) == ("ann", text(ann.key))
    second = eve.connect(relay.port)
    assert second.ask("register", name="ann") == {"type": "error", "code": "name-taken", "of": "register", "name": "ann"}
    assert people(relay, "remove", "ann").stdout == "free again: ann\n"
    assert people(relay, "remove", "ann").returncode == 1
    assert people(relay, "remove", "no name").returncode == 2
    assert second.ask("register", name="ann") == {"type": "registered", "name": "ann"}
    first.close()


def test_who_may_register_is_the_relays_policy(make_relay, tmp_path):
    file = tmp_path / "relay.toml"
    file.write_text('may-register = ["192.0.2.0/24"]\n')
    relay = make_relay("--config", file)
    client = Person().connect(relay.port)
    assert client.ask("register", name="ann") == {"type": "error", "code": "not-allowed", "of": "register", "name": "ann"}


def test_a_person_who_is_present_costs_less_than_20_kb(make_relay, tmp_path):
    file = tmp_path / "relay.toml"
    file.write_text("new-names-per-hour = 1000\n")
    relay = make_relay("--config", file)
    keys = [os.urandom(32) for _ in range(100)]
    process = pathlib.Path(f"/proc/{relay.process.pid}")

    def some(first, count):
        return [
            Person().present(relay.port, f"person{number}", *keys, source=f"127.0.{number // 100 + 1}.1")
            for number in range(first, first + count)]

    # What the first ones need is there for all.
    clients = some(0, 200)
    before = resident(process)
    clients += some(200, 800)
    each = (resident(process) - before) / 800
    print(f"{each / 1024:.1f} KB a client")
    assert each < 20 * 1024
    for client in clients:
        client.close()
