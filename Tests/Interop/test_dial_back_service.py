"""The relay's dial-back, by its HTTP page: whoever asks is tried from outside, and nobody else."""

import http.client
import json
import socket
import threading
import time

import pytest
from conftest import free_port
from test_metrics import samples
from test_reload import Reloaded

NONCE = "000102030405060708090a0b"
CALL = bytes.fromhex("00010008" "2112a442" + NONCE + "8028" "0004")


def ask(relay, *, transport="tcp", port, source=None, method="POST", headers=None, **more):
    fields = {"transport": transport, "port": port, "nonce": NONCE, **more}
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=20, source_address=source and (source, 0))
    connection.request(method, "/dial-back?" + "&".join(f"{name}={value}" for name, value in fields.items()), headers=headers or {})
    answer = connection.getresponse()
    body = answer.read().decode()
    return answer.status, json.loads(body) if body.startswith("{") else body


def description(relay):
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=20)
    connection.request("GET", "/.well-known/ra-relay")
    return json.load(connection.getresponse())


def bound(kind, address="127.0.0.1"):
    made = socket.socket(socket.AF_INET, kind)
    made.bind((address, 0))
    made.settimeout(20)
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made, made.getsockname()[1]


def test_the_relay_says_where_it_can_be_asked(relay):
    assert description(relay)["probe"]["dial_back"] == "/dial-back"


def test_over_tcp_a_listener_gets_the_nonce(relay):
    listener, port = bound(socket.SOCK_STREAM)
    assert ask(relay, port=port) == (200, {"address": "127.0.0.1", "result": "open"})
    caller, _ = listener.accept()
    caller.settimeout(20)
    heard = b""
    while piece := caller.recv(100):
        heard += piece
    assert heard[:24] == CALL and len(heard) == 28


def test_over_tcp_a_closed_port_is_refused(relay):
    assert ask(relay, port=free_port()) == (200, {"address": "127.0.0.1", "result": "refused"})


def test_over_udp_an_answer_makes_it_open(relay):
    listener, port = bound(socket.SOCK_DGRAM)

    def answer():
        call, caller = listener.recvfrom(100)
        assert call[:24] == CALL and caller[1] != relay.port
        # XOR-MAPPED-ADDRESS of 127.0.0.1:1
        listener.sendto(bytes.fromhex("0101000c2112a442" + NONCE + "00200008" "00012113" "5e12a443"), caller)

    answering = threading.Thread(target=answer)
    answering.start()
    assert ask(relay, transport="udp", port=port) == (200, {"address": "127.0.0.1", "result": "open"})
    answering.join()


def test_over_udp_silence_is_filtered_after_four_calls_and_not_more(relay):
    listener, port = bound(socket.SOCK_DGRAM)
    assert ask(relay, transport="udp", port=port)[1]["result"] == "filtered"
    listener.setblocking(False)
    calls = []
    with pytest.raises(BlockingIOError):
        while True:
            calls.append(listener.recv(100))
    assert len(calls) == 4 and set(map(len, calls)) == {28}


def test_a_listeners_port_can_be_the_one_that_calls(relay):
    listener, port = bound(socket.SOCK_DGRAM)
    assert ask(relay, transport="udp", port=port, via=relay.port)[1]["result"] == "sent"
    assert listener.recvfrom(100)[1] == ("127.0.0.1", relay.port)
    assert ask(relay, transport="udp", port=port, via=free_port())[0] == 400


def test_the_asker_alone_is_dialled(relay):
    """Two addresses listen at one port: the one that asks from there is called."""
    first, port = bound(socket.SOCK_STREAM, "127.0.0.2")
    second = socket.create_server(("127.0.0.3", port))
    assert ask(relay, port=port, source="127.0.0.3")[1] == {"address": "127.0.0.3", "result": "open"}
    second.settimeout(20)
    second.accept()
    first.setblocking(False)
    with pytest.raises(BlockingIOError):
        first.accept()


def test_what_is_not_dialled_is_said_and_counted(make_relay):
    metrics = free_port()
    relay = make_relay("--metrics", f"127.0.0.1:{metrics}")
    listener, port = bound(socket.SOCK_STREAM)
    status, answer = ask(relay, port=22)
    assert status == 403 and "443" in answer["why"]
    status, answer = ask(relay, port=port, source="127.0.0.9")
    assert status == 403 and "127.0.0.9" in answer["why"], "deny-peer is for every way out"
    assert ask(relay, port=port, headers={"Origin": "https://evil.example"})[0] == 403
    assert ask(relay, port=port, method="GET")[0] == 405
    assert ask(relay, port=port, host="192.0.2.1")[0] == 400
    begin, results = time.monotonic(), [200]
    while results[-1] == 200:
        results.append(ask(relay, port=port)[0])
    del results[0]
    assert results[-1] == 429 and 60 <= results.count(200) <= 61 + time.monotonic() - begin
    counted = samples(metrics)
    assert counted['ra_relay_dial_backs_total{transport="tcp",result="open"}'] == results.count(200)
    assert counted['ra_relay_dial_backs_refused_total{reason="port"}'] == 1
    assert counted['ra_relay_dial_backs_refused_total{reason="address"}'] == 1
    assert counted['ra_relay_dial_backs_refused_total{reason="rate"}'] == results.count(429)


def test_the_peer_policy_is_asked(make_relay):
    relay = make_relay("--deny-peer", "127.0.0.0/8")
    _, port = bound(socket.SOCK_STREAM)
    assert ask(relay, port=port)[0] == 403


def test_a_reload_turns_it_off_and_on(make_relay, tmp_path):
    reloaded = Reloaded(make_relay, tmp_path)
    _, port = bound(socket.SOCK_STREAM)
    assert ask(reloaded.relay, port=port)[1]["result"] == "open"
    reloaded.reload("dial-back = false\n")
    assert ask(reloaded.relay, port=port)[0] == 405, "there is no such page to post to"
    assert "dial_back" not in description(reloaded.relay)["probe"]
    reloaded.reload("dial-back = true\n")
    assert ask(reloaded.relay, port=port)[1]["result"] == "open"
